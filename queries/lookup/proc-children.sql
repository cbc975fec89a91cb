-- name: proc-children
-- title: A process and all that descend from it
-- tags: process
-- about: What would be ended with it. Children of a process that has ended belong to pid 1 and are not found
--   this way.
-- key: path, cmdline
-- diff-ignore: pid, start_time, parent
-- param: pid  the process
with recursive everything as materialized (
	select pid, start_time, parent, uid, name, path, cmdline from processes
), line (depth, pid, start_time, parent, uid, name, path, cmdline) as (
	select 0, * from everything where pid = cast(:pid as integer)
	union all
	select line.depth + 1, e.* from line join everything e on e.parent = line.pid where line.depth < 64
)
select * from line
