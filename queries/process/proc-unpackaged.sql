-- name: proc-unpackaged
-- title: Programs of system directories, but of no package
-- tags: process, integrity
-- attack: T1554, T1036.005
-- about: In /usr, /bin, /sbin and /lib everything comes from dpkg or rpm, but for /usr/local. A program
--   that does not was copied there by hand, by a vendor's installer or by an intruder. Programs within
--   containers are not looked at.
-- key: path, cmdline, uid
-- diff-ignore: pid, start_time, parent
with running as materialized (
	select pid, start_time, parent, uid, name, path, cmdline
	from processes
	where coalesce(container_id, '') = ''
		and regex_match(path, '^/(usr/(bin|sbin|lib[^/]*|libexec|games)|bin|sbin|lib[^/]*)/', 0) is not null
		and regex_match(path, '^/usr/lib/(jvm|node_modules|dotnet|wsl)/', 0) is null
), names (path) as (
	select path from running
	union select replace(path, '/usr/', '/') from running
), owned (path) as materialized (
	select path from deb_package_files where +path in (select path from names)
	union select path from rpm_package_files where +path in (select path from names)
	union select line from file_lines where path = '/var/lib/dpkg/diversions'
)
select pid, start_time, parent, uid, name, path, cmdline
from running
where path not in (select path from owned) and replace(path, '/usr/', '/') not in (select path from owned)
	and exists (select 1 from owned)
