-- name: mounts-exec-tmp
-- title: Temporary file systems that programs may be run from
-- tags: posture, file, mounts
-- attack: T1036
-- about: /tmp, /var/tmp and /dev/shm mounted without noexec. Not an incident, and the default of most
--   distributions for /dev/shm; it makes the next incident easier. Where /tmp is no file system of its
--   own there is no row for it.
-- key: path
select distinct path, device, type, flags
from mounts
where path in ('/tmp', '/var/tmp', '/dev/shm') and ',' || flags || ',' not like '%,noexec,%'
