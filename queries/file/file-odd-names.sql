-- name: file-odd-names
-- title: Names made to be overlooked
-- tags: file, malware
-- packs: triage
-- attack: T1036, T1564.001
-- about: Blanks only, "..." or ". ", blanks at the end, control and invisible characters, in temporary, home
--   and system directories. Names with blanks inside are not looked at.
-- key: path
-- diff-ignore: mtime, ctime, size
select path, type, uid, mode, size, mtime, ctime
from file
where (path like '/tmp/%' or path like '/var/tmp/%' or path like '/dev/shm/%' or path like '/etc/%'
		or path like '/usr/bin/%' or path like '/usr/lib/%' or path like '/var/%' or path like '/var/lib/%'
		or path like '/root/%' or path like '/home/%/%' or path like '/opt/%' or path like '/'
		or path like '/var/www/%' or path like '/var/spool/%' or path like '/usr/share/%')
	and (regex_match(filename, '^[. ]{3,}$|^\.\s|^\s+$|\s$|[\x00-\x1f\x7f]|^\.\.[^./]', 0) is not null
		or filename like '%' || char(8203) || '%' or filename like '%' || char(8238) || '%'
		or filename like '%' || char(160) || '%')
