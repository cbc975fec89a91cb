-- name: acct-files-recent
-- title: Files of accounts and rights that changed lately
-- tags: account, persistence
-- packs: triage
-- attack: T1136.001, T1098
-- about: passwd, shadow, group, sudoers and their backups (a name with a dash is the file before the last
--   change: compare both). ctime cannot be set back by touch.
-- key: path
-- diff-ignore: mtime, ctime, size
-- param: days=7  how far back
select path, uid, mode, size, mtime, ctime
from file
where (path in ('/etc/passwd', '/etc/passwd-', '/etc/shadow', '/etc/shadow-', '/etc/group', '/etc/group-',
			'/etc/gshadow', '/etc/sudoers', '/etc/doas.conf', '/etc/subuid', '/etc/nsswitch.conf',
			'/etc/security/access.conf', '/etc/login.defs')
		or path like '/etc/sudoers.d/%')
	and type = 'regular'
	and ctime > (select unix_time from time) - :days * 86400
