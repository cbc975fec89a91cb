-- name: file-dev-regular
-- title: Ordinary files in /dev
-- tags: file, malware, rootkit
-- packs: triage
-- attack: T1564.001
-- about: /dev is for devices. Old rootkits keep their settings there, new ones their loot in /dev/shm, which
--   is file-exec-in-tmp's and file-hidden-system's matter and left out here.
-- key: path
-- diff-ignore: mtime, ctime, size
select path, uid, mode, size, mtime, ctime
from file
where (path like '/dev/%' or path like '/dev/%/%')
	and type = 'regular'
	and path not like '/dev/shm/%' and path not like '/dev/mqueue/%' and path not like '/dev/hugepages%'
	and path not like '/dev/fd/%' and path not in ('/dev/termination-log', '/dev/core', '/dev/stdin', '/dev/stdout', '/dev/stderr')
