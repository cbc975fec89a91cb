-- name: proc-from-tmp
-- title: Processes whose program lies where everybody may write
-- tags: process, malware
-- packs: hygiene, triage
-- attack: T1036.005
-- about: Droppers write to /tmp, /var/tmp, /dev/shm and /run/user because they always may. Installers
--   and build jobs do so as well, but do not stay: look at start_time and at the parent.
-- key: path, cmdline, uid
-- diff-ignore: pid, parent, start_time
select pid, start_time, parent, uid, name, path, cmdline
from processes
where path like '/tmp/%' or path like '/var/tmp/%' or path like '/dev/shm/%'
	or path like '/run/user/%' or path like '/run/shm/%' or path like '/dev/mqueue/%'
