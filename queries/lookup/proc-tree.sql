-- name: proc-tree
-- title: A process and its ancestors
-- tags: process
-- about: Who started it? Depth 0 is the process itself.
-- key: pid, start_time
-- param: pid  the process
with recursive line (depth, pid, start_time, parent, uid, name, path, cmdline) as (
	select 0, pid, start_time, parent, uid, name, path, cmdline from processes
	where pid = cast(:pid as integer)
	union all
	select line.depth + 1, p.pid, p.start_time, p.parent, p.uid, p.name, p.path, p.cmdline
	from line join processes p on p.pid = line.parent
	where line.depth < 64 and line.parent > 0
)
select * from line
