-- name: file-vital-modes
-- title: Vital files with another owner or mode than usual
-- tags: file, privilege, posture
-- packs: posture
-- attack: T1222.002, T1003.008
-- about: shadow that others may read, passwd that others may write, host keys, sudoers and cron's files that
--   are not root's.
-- key: path
-- diff-ignore: mtime, ctime
select path, uid, gid, mode, mtime, ctime
from file
where (path in ('/etc/shadow', '/etc/shadow-', '/etc/gshadow', '/etc/gshadow-', '/etc/sudoers', '/etc/passwd',
			'/etc/group', '/etc/crontab', '/etc/ssh/sshd_config', '/etc/profile', '/etc/ld.so.preload',
			'/etc/ld.so.conf', '/etc/hosts', '/etc/nsswitch.conf')
		or path like '/etc/ssh/ssh_host_%_key' or path like '/etc/sudoers.d/%' or path like '/etc/cron.d/%'
		or path like '/etc/pam.d/%')
	and (uid != 0 or substr(mode, -1) in ('2', '3', '6', '7')
		or substr(mode, -2, 1) in ('2', '3', '6', '7') and gid != 0
		or substr(mode, -1) != '0' and filename != 'README'
			and (path like '/etc/%shadow%' or path like '/etc/sudoers%' or path like '/etc/ssh/%_key'))
