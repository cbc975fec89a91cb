-- name: proc-memfd
-- title: Processes that run from memory, without any file
-- tags: process, malware, memory, fileless
-- packs: hygiene
-- attack: T1620
-- about: memfd_create(2) gives a program a file that no directory has; loaders and implants start from
--   there. runc (the container runtime) copies itself into one for a moment, as /memfd:runc_cloned:
--   those are left out.
-- key: path, cmdline, uid
-- diff-ignore: pid, parent, start_time
select pid, start_time, parent, uid, name, path, cmdline
from processes
where (path like '/memfd:%' or path like '/proc/%/fd/%' or path like '/dev/fd/%')
	and path not like '/memfd:runc_cloned:%'
