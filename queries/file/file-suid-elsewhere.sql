-- name: file-suid-elsewhere
-- title: Set-user-id files in home and temporary directories
-- tags: file, privilege
-- packs: triage
-- attack: T1548.001
-- about: Where suid_bin does not look. Mounts with nosuid make them harmless. Chrome's sandbox in /opt is
--   an honest one. Large trees below /opt, /srv and /home take a while.
-- key: path
-- diff-ignore: mtime, ctime
select path, uid, gid, mode, size, mtime, ctime
from file
where (path like '/home/%%' or path like '/root/%%' or path like '/var/tmp/%%' or path like '/dev/shm/%%'
		or path like '/opt/%%' or path like '/srv/%%' or path like '/var/www/%%' or path like '/usr/local/%%')
	and type = 'regular' and substr(mode, 1, 1) in ('2', '4', '6')
	and (substr(mode, 1, 1) != '2' or substr(mode, 3, 1) in ('1', '3', '5', '7'))
	and filename != 'chrome-sandbox'
