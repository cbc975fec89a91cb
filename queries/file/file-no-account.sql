-- name: file-no-account
-- title: Files of users that do not exist
-- tags: file, account
-- attack: T1222.002
-- about: Whoever gets that number next owns them. Left over from deleted accounts, from archives that were
--   unpacked by root, and from intruders.
-- key: path
-- diff-ignore: mtime, ctime
select path, type, uid, gid, mode, size, mtime, ctime
from file
where (path like '/etc/%%' or path like '/usr/bin/%' or path like '/usr/sbin/%' or path like '/usr/local/%%'
		or path like '/opt/%' or path like '/home/%' or path like '/srv/%' or path like '/var/spool/cron/%%'
		or path like '/tmp/%' or path like '/var/tmp/%')
	and uid not in (select uid from users)
	and not uid between 61184 and 65519 and uid < 100000
