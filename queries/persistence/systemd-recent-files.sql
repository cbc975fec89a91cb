-- name: systemd-recent-files
-- title: Unit files that changed lately
-- tags: persistence, systemd
-- attack: T1543.002
-- about: ctime cannot be set back by touch. Package upgrades change many at once, all with the package's
--   name in them; one file alone is the news.
-- key: path
-- diff-ignore: mtime, ctime, size
-- param: days=7  how far back
select path, type, uid, mode, size, mtime, ctime
from file
where (path like '/etc/systemd/system/%%' or path like '/usr/lib/systemd/system/%'
		or path like '/usr/local/lib/systemd/system/%' or path like '/run/systemd/system/%')
	and type in ('regular', 'symlink')
	and ctime > (select unix_time from time) - :days * 86400
