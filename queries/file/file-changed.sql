-- name: file-changed
-- title: Programs and settings that changed lately
-- tags: file, integrity
-- attack: T1554
-- about: By ctime, which touch cannot set back. A package upgrade changes many files in a minute: what
--   stands apart from those is the news.
-- key: path
-- diff-ignore: mtime, ctime, size
-- param: hours=24  how far back
select path, type, uid, mode, size, mtime, ctime
from file
where (path like '/usr/bin/%' or path like '/usr/sbin/%' or path like '/usr/local/bin/%'
		or path like '/usr/local/sbin/%' or path like '/usr/lib/x86_64-linux-gnu/%.so%'
		or path like '/usr/lib64/%.so%' or path like '/etc/%%')
	and type in ('regular', 'symlink')
	and ctime > (select unix_time from time) - :hours * 3600
order by ctime desc
