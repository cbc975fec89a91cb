-- name: file-exec-in-tmp
-- title: Programs in directories where everybody may write
-- tags: file, malware
-- packs: hygiene
-- attack: T1036.005
-- about: Regular files that somebody may execute below /tmp, /var/tmp and /dev/shm. Package managers and
--   builds leave some for a short while: look at ctime, or raise min_age.
-- key: path
-- diff-ignore: ctime, mtime, size
-- param: min_age=0  seconds since its last change
select path, uid, mode, size, mtime, ctime
from file
where (path like '/tmp/%%' or path like '/var/tmp/%%' or path like '/dev/shm/%%')
	and type = 'regular' and substr(mode, -3) glob '*[1357]*'
	and ctime <= (select unix_time from time) - :min_age
