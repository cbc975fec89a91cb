-- name: file-path-hijack
-- title: Programs that stand in front of the system's own
-- tags: file, hijack
-- packs: triage
-- attack: T1574.007
-- about: A file in /usr/local/bin, /usr/local/sbin or ~/bin with the name of one in /usr/bin or /usr/sbin is
--   run in its place. Newer versions of tools that were installed by hand look the same: whose file is
--   it, since when?
-- key: path
-- diff-ignore: mtime, ctime, size
with system (name) as materialized (
	select filename from file
	where path like '/usr/bin/%' or path like '/usr/sbin/%' or path like '/bin/%' or path like '/sbin/%'
)
select path, type, uid, mode, size, mtime, ctime
from file
where (path like '/usr/local/bin/%' or path like '/usr/local/sbin/%' or path like '/root/bin/%'
		or path like '/home/%/bin/%' or path like '/home/%/.local/bin/%')
	and type = 'regular' and filename in (select name from system)
	and regex_match(filename, '^(pip[0-9.]*|python[0-9.]*|pydoc[0-9.]*|2to3.*|idle[0-9.]*|node|npm|npx|corepack|wheel|f2py.*|virtualenv)$', 0) is null
