-- name: proc-fake-kthread
-- title: Processes that pose as kernel threads
-- tags: process, malware
-- packs: hygiene
-- attack: T1036.004
-- about: ps shows kernel threads in brackets. They have no program file and descend from pid 2; what
--   has brackets in its name or command line, or the name of a kernel thread, and a program file is
--   lying.
-- key: path, cmdline, uid
-- diff-ignore: pid, parent, start_time
select pid, start_time, parent, uid, name, path, cmdline
from processes
where (cmdline like '[%' or name like '[%' or name like 'kworker/%' or name like 'ksoftirqd/%'
		or name like 'migration/%' or name like 'rcu\_%' escape '\' or name like 'kthread%')
	and path not in ('', '/usr/bin/[', '/bin/[') and pid != 2 and parent != 2
