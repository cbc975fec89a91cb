-- name: file-time-odd
-- title: Programs whose times do not fit together
-- tags: file, evasion
-- attack: T1070.006
-- about: A time of change in the future, or one long before the file's inode was last touched while no
--   package owns the file: somebody set it back. Files unpacked from archives keep old times as well,
--   so only those of no package in the system's directories are shown.
-- key: path
-- diff-ignore: ctime
with found as materialized (
	select path, uid, mode, size, mtime, ctime, btime
	from file
	where (path like '/usr/bin/%' or path like '/usr/sbin/%' or path like '/usr/local/bin/%'
			or path like '/usr/local/sbin/%' or path like '/etc/%' or path like '/etc/cron.%/%')
		and type = 'regular' and symlink = 0
), names (path) as (
	select path from found where path like '/usr/%'
	union select substr(path, 5) from found where path like '/usr/%'
), owned (path) as materialized (
	select path from deb_package_files where +path in (select path from names)
	union select path from rpm_package_files where +path in (select path from names)
	union select line from file_lines where path = '/var/lib/dpkg/diversions'
)
select path, uid, mode, size, mtime, ctime, btime
from found
where mtime > (select unix_time from time) + 86400
	or (ctime - mtime > 30 * 86400 and path like '/usr/%bin/%' and path not like '/usr/local/%'
		and path not in (select path from owned) and substr(path, 5) not in (select path from owned)
		and exists (select 1 from owned))
