-- name: mounts-exec-tmp
-- title: Temporary file systems that programs may be run from
-- tags: posture, hygiene
-- attack: T1036
-- about: /tmp, /var/tmp and /dev/shm mounted without noexec. Not an incident; it makes the next one easier.
select path, device, type, flags
from mounts
where path in ('/tmp', '/var/tmp', '/dev/shm') and ',' || flags || ',' not like '%,noexec,%'
