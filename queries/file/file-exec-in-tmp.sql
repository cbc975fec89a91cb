-- name: file-exec-in-tmp
-- title: Programs in directories where everybody may write
-- tags: file
-- packs: hygiene
-- attack: T1036.005
-- about: Regular files that somebody may execute below /tmp, /var/tmp and /dev/shm. Package managers
--   leave some for a short while: look at ctime.
-- key: path
-- diff-ignore: ctime, mtime, size
select path, uid, mode, size, mtime, ctime
from file
where (path like '/tmp/%%' or path like '/var/tmp/%%' or path like '/dev/shm/%%')
	and type = 'regular' and substr(mode, -3) glob '*[1357]*'
