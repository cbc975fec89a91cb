-- name: proc-new
-- title: Processes that started lately
-- tags: process
-- packs: triage
-- about: Newest first. What an intruder did in the last minutes is often still running.
-- key: path, cmdline, uid
-- diff-ignore: pid, start_time, parent
-- param: seconds=3600  how long ago at most
select pid, start_time, parent, uid, name, path, cmdline
from processes
where path != '' and start_time > (select unix_time from time) - :seconds
order by start_time desc, pid desc
