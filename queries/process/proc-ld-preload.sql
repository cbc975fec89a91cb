-- name: proc-ld-preload
-- title: Processes with a library forced into them
-- tags: process, injection
-- packs: hygiene
-- attack: T1574.006
-- about: LD_PRELOAD, LD_AUDIT and LD_LIBRARY_PATH make a program load somebody's code. Profilers, test
--   tools and some services (jemalloc, stdbuf, fakeroot, sanitizers) do so honestly: those of the
--   system's library directories are left out, the rest is to be looked at: whose file is it?
-- key: path, name_of, value, uid
-- diff-ignore: pid, start_time
select e.pid, p.start_time, p.uid, p.name, p.path, e.key as name_of, e.value, p.cmdline
from processes p join process_envs e using (pid)
where (e.key in ('LD_PRELOAD', 'LD_AUDIT')
		and regex_match(e.value, '^(/usr)?/lib[^: ]*/(libjemalloc|libtcmalloc|libmimalloc|coreutils/libstdbuf|libfakeroot|libeatmydata|libasan|libgtk3-nocsd|libnss_wrapper)[^: /]*(\.so[.0-9]*)?$', 0) is null)
	or (e.key = 'LD_LIBRARY_PATH'
		and regex_match(e.value, '(^|:)/(tmp|var/tmp|dev/shm|home/[^:]*/\.)', 0) is not null)
