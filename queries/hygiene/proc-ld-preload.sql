-- name: proc-ld-preload
-- title: Processes with a library forced into them
-- tags: process, hygiene
-- attack: T1574.006
-- about: LD_PRELOAD, LD_AUDIT and LD_LIBRARY_PATH make a program load somebody's code. Profilers, test
--   tools and some services (jemalloc, stdbuf, sanitizers) do so honestly: look at whose file it is.
select e.pid, p.uid, p.name, p.path, e.key, e.value, p.cmdline
from processes p join process_envs e using (pid)
where e.key in ('LD_PRELOAD', 'LD_AUDIT')
	or (e.key = 'LD_LIBRARY_PATH'
		and (e.value like '%/tmp%' or e.value like '%/dev/shm%' or e.value like '%/home/%'))
