-- name: file-hidden-system
-- title: Hidden files where none belong
-- tags: file, malware
-- packs: hygiene
-- attack: T1564.001
-- about: Names that begin with a dot in directories of the system. Known and harmless: .pwd.lock,
--   .updated and .etckeeper in /etc, .X11-unix and its like in /tmp.
-- key: path
-- diff-ignore: ctime, mtime, size
select path, type, uid, mode, size, mtime, ctime
from file
where (path like '/dev/.%' or path like '/dev/shm/.%' or path like '/etc/.%' or path like '/tmp/.%'
		or path like '/var/tmp/.%' or path like '/usr/bin/.%' or path like '/usr/sbin/.%'
		or path like '/usr/lib/.%' or path like '/usr/local/bin/.%' or path like '/var/lib/.%'
		or path like '/run/.%' or path like '/boot/.%' or path like '/opt/.%')
	and filename not in ('.pwd.lock', '.updated', '.etckeeper', '.git', '.gitignore', '.X11-unix',
		'.ICE-unix', '.XIM-unix', '.font-unix', '.Test-unix', '.build-id', '.java', '.resolv.conf.systemd-resolved.bak',
		'.containerenv', '.toolboxenv', '.', '..')
	and filename not glob '.vmlinuz-*.hmac' and filename not glob '.X[0-9]*-lock'
