-- name: proc-new
-- title: Processes that started lately
-- tags: process, triage
-- about: Newest first. What an intruder did in the last minutes is often still running.
-- param: seconds=3600  how long ago at most
select start_time, pid, parent, uid, name, path, cmdline
from processes
where start_time > (select unix_time from time) - :seconds
order by start_time desc, pid desc
