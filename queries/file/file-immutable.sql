-- name: file-immutable
-- title: Files that nobody may change, not even root
-- tags: file, evasion, persistence
-- packs: triage
-- attack: T1222.002
-- about: chattr +i and +a keep an intruder's files from being removed. Administrators protect
--   resolv.conf that way at times, and logs with +a.
-- key: path
select path, immutable, append_only, flags
from file_attrs
where (path like '/etc/%' or path like '/etc/cron.%/%' or path like '/etc/systemd/system/%'
		or path like '/etc/ssh/%' or path like '/etc/init.d/%' or path like '/etc/profile.d/%'
		or path like '/var/spool/cron/%' or path like '/var/spool/cron/crontabs/%'
		or path like '/usr/bin/%' or path like '/usr/sbin/%' or path like '/usr/local/bin/%'
		or path like '/usr/local/sbin/%' or path like '/root/%' or path like '/root/.ssh/%'
		or path like '/home/%/.ssh/%' or path like '/tmp/%' or path like '/var/tmp/%'
		or path like '/var/www/%' or path like '/var/www/html/%')
	and (immutable = 1 or append_only = 1)
