-- name: file-world-writable
-- title: Programs and settings that everybody may change
-- tags: file, privilege, posture
-- packs: posture
-- attack: T1222.002, T1574
-- about: Files of /etc, of the system's programs, units and cron that others than the owner and the group may
--   write. There is no good reason for one.
-- key: path
select path, type, uid, gid, mode, mtime, ctime
from file
where (path like '/etc/%%' or path like '/usr/bin/%' or path like '/usr/sbin/%' or path like '/usr/local/bin/%'
		or path like '/usr/local/sbin/%' or path like '/usr/lib/systemd/system/%' or path like '/opt/%/bin/%'
		or path like '/var/spool/cron/%' or path like '/boot/%' or path like '/root/.ssh/%'
		or path like '/home/%/.ssh/%')
	and type in ('regular', 'directory') and symlink = 0
	and substr(mode, -1) in ('2', '3', '6', '7') and substr(mode, 1, 1) not in ('1', '3')
