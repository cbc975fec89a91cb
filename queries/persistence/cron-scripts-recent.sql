-- name: cron-scripts-recent
-- title: Cron files and scripts that changed lately
-- tags: persistence, cron
-- attack: T1053.003
-- about: Files of /etc/cron.*, crontabs of users and anacron's. ctime cannot be set back by touch. Package
--   upgrades change some on many hosts on one day.
-- key: path
-- diff-ignore: mtime, ctime, size
-- param: days=7  how far back
select path, uid, gid, mode, size, mtime, ctime
from file
where (path like '/etc/cron%/%' or path in ('/etc/crontab', '/etc/anacrontab')
		or path like '/var/spool/cron/%' or path like '/var/spool/cron/crontabs/%')
	and type = 'regular'
	and ctime > (select unix_time from time) - :days * 86400
