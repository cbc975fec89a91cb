-- name: proc-map-odd
-- title: Code mapped from /tmp, memory or deleted files
-- tags: process, injection, memory
-- attack: T1055, T1574.006
-- about: A library that was loaded from /tmp, from a memfd or from a file that is gone by now. After a
--   package upgrade deleted libraries of the system's directories are everywhere: those are left out.
--   JIT compilers map their code from /memfd: or /dev/shm by name: doublemapper (.NET), and some from
--   /tmp/.*; compare hosts of one kind.
-- key: path, map, uid
-- diff-ignore: pid, start_time
select distinct m.pid, p.start_time, p.uid, p.name, p.path, m.path as map, p.cmdline
from process_memory_map m join processes p using (pid)
where m.permissions like '__x%'
	and (m.path like '/tmp/%' or m.path like '/var/tmp/%' or m.path like '/dev/shm/%'
		or m.path like '/memfd:%' or regex_match(m.path, '/\.[^/]*$', 0) is not null
		or (m.path like '%/.%' and m.path not like '/home/%' and m.path not like '/root/%')
		or (m.path like '% (deleted)'
			and regex_match(m.path, '^/(usr|lib[^/]*|bin|sbin|opt|snap|var/lib/docker)/|^/\[aio\]|^/(dev/zero|SYSV)', 0) is null))
	and m.path not like '/memfd:doublemapper%'
	and m.path not like p.path || '%'
