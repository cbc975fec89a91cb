-- name: libs-unpackaged
-- title: Libraries in the system's directories of no package
-- tags: persistence, hijack, integrity
-- packs: triage
-- attack: T1574.006, T1014
-- about: User-mode rootkits put their library beside the others, with a name like theirs. Links are left
--   out; drivers installed by hand (NVIDIA, virtual machines' guest tools) show up.
-- key: path
-- diff-ignore: mtime, ctime
with found as materialized (
	select path, uid, mode, size, mtime, ctime
	from file
	where (path like '/usr/lib/x86_64-linux-gnu/%.so%' or path like '/usr/lib/aarch64-linux-gnu/%.so%'
			or path like '/usr/lib64/%.so%' or path like '/usr/lib/%.so%' or path like '/lib/%.so%')
		and type = 'regular' and symlink = 0
), names (path) as (
	select path from found
	union select substr(path, 5) from found where path like '/usr/%'
	union select '/usr' || path from found
), owned (path) as materialized (
	select path from deb_package_files where +path in (select path from names)
	union select path from rpm_package_files where +path in (select path from names)
	union select line from file_lines where path = '/var/lib/dpkg/diversions'
)
select path, uid, mode, size, mtime, ctime
from found
where path not in (select path from owned) and substr(path, 5) not in (select path from owned)
	and '/usr' || path not in (select path from owned)
	and exists (select 1 from owned)
