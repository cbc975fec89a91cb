-- name: ssh-keys-recent
-- title: Files of authorized keys that changed lately
-- tags: persistence, ssh, account
-- packs: triage
-- attack: T1098.004
-- about: Adding a key is the quietest way to stay. ctime cannot be set back by touch. Configuration
--   management that writes the file each time, changed or not, makes this noisy.
-- key: path
-- diff-ignore: mtime, ctime, size
-- param: days=7  how far back
select path, uid, mode, size, mtime, ctime
from file
where (path like '/home/%/.ssh/authorized_keys%' or path like '/root/.ssh/authorized_keys%'
		or path like '/var/lib/%/.ssh/authorized_keys%' or path like '/var/www/.ssh/authorized_keys%'
		or path like '/etc/ssh/authorized_keys/%' or path like '/opt/%/.ssh/authorized_keys%')
	and type = 'regular' and size > 0
	and ctime > (select unix_time from time) - :days * 86400
