-- name: file-log-wiped
-- title: Logs that are empty, gone or led to nowhere
-- tags: file, evasion
-- packs: triage
-- attack: T1070.002
-- about: auth.log, wtmp and their like are rarely empty, but for the hour after they were rotated (the
--   column rotated says whether the one before is there) and on hosts that log to the journal only. A
--   link to /dev/null is somebody's doing. btmp is empty where nobody fails.
-- key: path
-- diff-ignore: mtime, ctime
select f.path, f.type, f.symlink_target_path as target, f.size, f.mtime, f.ctime,
	(select count(*) from file r where r.path like f.path || '.%' or r.path like f.path || '-%') as rotated
from file f
where f.path in ('/var/log/wtmp', '/var/log/lastlog', '/var/log/auth.log', '/var/log/secure',
		'/var/log/messages', '/var/log/syslog', '/var/log/kern.log', '/var/log/cron', '/var/log/audit/audit.log',
		'/var/log/btmp', '/var/log/faillog')
	and (f.symlink = 1 or f.type != 'regular' or (f.size = 0 and f.filename not in ('btmp', 'lastlog', 'faillog')))
