-- name: proc-fake-kthread
-- title: Processes that pose as kernel threads
-- tags: process, hygiene
-- attack: T1036.004
-- about: ps shows kernel threads in brackets. They have no program file and descend from pid 2; what
--   has brackets in its name or command line and a program file is lying.
select pid, parent, uid, name, path, cmdline, start_time
from processes
where (cmdline like '[%' or name like '[%') and path != '' and pid != 2 and parent != 2
