-- name: proc-open-deleted
-- title: Files that are deleted, but still open
-- tags: process, evidence
-- attack: T1070.004
-- about: A script or a log that was removed but is still read or written can be saved from
--   /proc/PID/fd/FD before the process ends. Databases, browsers and journald keep nameless temporary
--   files as a matter of course: those of /memfd:, /dev/shm, /tmp/#…, ib* and the like are left out,
--   and so are empty ones.
-- key: path, name, uid
-- diff-ignore: pid, start_time, fd, size
select d.pid, p.start_time, p.uid, p.name, p.path as program, d.fd, d.path, d.size
from deleted_files d join processes p using (pid)
where coalesce(d.size, 1) > 0
	and regex_match(d.path, '^/(memfd:|dev/(shm|zero|hugepages)|SYSV|\[aio\]|i915|drm|run/systemd/)|/#?(sql|ib)[^/]*$|/\.org\.chromium|/\.?(nfs|fuse_hidden)[0-9a-f]+|/(tmp|var/tmp)/(#[0-9]+|\.?tmp[^/]*|tmpf[^/]*|etilqs_[^/]*|[^/]*\.tmp)$', 0) is null
