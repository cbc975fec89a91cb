-- name: ld-so-conf-odd
-- title: Library directories that others than root could fill
-- tags: persistence, hijack
-- attack: T1574.006
-- about: Lines of /etc/ld.so.conf.d with directories in /tmp, /home, hidden ones and the like: a library
--   there is taken before, or instead of, the system's.
-- key: path, line
select path, line_number, trim(line) as line
from file_lines
where (path = '/etc/ld.so.conf' or path like '/etc/ld.so.conf.d/%')
	and trim(line) like '/%'
	and regex_match(line, '^\s*/(tmp|var/tmp|dev|home|root|run|srv|var/www|mnt|media)(/|$)|/\.', 0) is not null
