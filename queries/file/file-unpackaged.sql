-- name: file-unpackaged
-- title: Programs of the system that belong to no package
-- tags: file, integrity
-- attack: T1554, T1036.005
-- about: Files of /usr/bin and /usr/sbin that neither dpkg nor rpm knows, links left out. Vendors' installers
--   leave some; in most fleets the list is short and the same everywhere.
-- key: path
-- diff-ignore: mtime, ctime, size
with found as materialized (
	select path, uid, mode, size, mtime, ctime
	from file
	where (path like '/usr/bin/%' or path like '/usr/sbin/%') and type = 'regular' and symlink = 0
), names (path) as (
	select path from found
	union select substr(path, 5) from found
), owned (path) as materialized (
	select path from deb_package_files where +path in (select path from names)
	union select path from rpm_package_files where +path in (select path from names)
	union select line from file_lines where path = '/var/lib/dpkg/diversions'
)
select path, uid, mode, size, mtime, ctime
from found
where path not in (select path from owned) and substr(path, 5) not in (select path from owned)
	and exists (select 1 from owned)
