-- name: pam-recent
-- title: PAM's configuration and modules that changed lately
-- tags: persistence, credentials
-- attack: T1556.003
-- about: ctime cannot be set back by touch. Upgrades of libpam change many files at once.
-- key: path
-- diff-ignore: mtime, ctime, size
-- param: days=7  how far back
select path, uid, mode, size, mtime, ctime
from file
where (path like '/etc/pam.d/%' or path like '/etc/security/%' or path like '/usr/lib/%/security/%'
		or path like '/usr/lib64/security/%')
	and type = 'regular'
	and ctime > (select unix_time from time) - :days * 86400
