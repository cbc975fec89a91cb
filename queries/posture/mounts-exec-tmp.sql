-- name: mounts-exec-tmp
-- title: Temporary file systems that programs may be run from
-- tags: posture, triage
-- packs: triage
-- attack: T1036
-- about: /tmp, /var/tmp and /dev/shm mounted without noexec. Not an incident, and the default of most
--   distributions for /dev/shm; it makes the next incident easier.
-- key: path
select distinct path, device, type, flags
from mounts
where path in ('/tmp', '/var/tmp', '/dev/shm') and ',' || flags || ',' not like '%,noexec,%'
