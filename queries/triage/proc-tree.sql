-- name: proc-tree
-- title: A process and its ancestors
-- tags: process, triage
-- about: Who started it? Depth 0 is the process itself.
-- param: pid  the process
with recursive line (depth, pid, parent, uid, name, path, cmdline, start_time) as (
	select 0, pid, parent, uid, name, path, cmdline, start_time from processes
	where pid = cast(:pid as integer)
	union all
	select line.depth + 1, p.pid, p.parent, p.uid, p.name, p.path, p.cmdline, p.start_time
	from line join processes p on p.pid = line.parent
	where line.depth < 64 and line.parent > 0
)
select * from line
