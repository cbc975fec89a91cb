-- name: modules-unpackaged
-- title: Kernel modules on the disk that belong to no package
-- tags: persistence, kernel, integrity
-- packs: triage
-- attack: T1547.006
-- about: Files below /lib/modules of neither dpkg nor rpm. DKMS builds its modules on the host (updates/dkms
--   and extra, left out where /var/lib/dkms is there); a kernel built by hand has none that is known.
-- key: path
-- diff-ignore: mtime, ctime
with found as materialized (
	select path, uid, mode, size, mtime, ctime
	from file
	where path like '/usr/lib/modules/%%' or path like '/lib/modules/%%'
), modules as materialized (
	select * from found
	where regex_match(path, '\.ko(\.(gz|xz|zst))?$', 0) is not null
		and not (regex_match(path, '/(updates/dkms|extra|weak-updates)/', 0) is not null
			and exists (select 1 from file where path = '/var/lib/dkms'))
), owned (path) as materialized (
	select path from deb_package_files
	where +path in (select path from modules union select replace(path, '/usr/lib/', '/lib/') from modules
		union select '/usr' || path from modules)
	union select path from rpm_package_files
	where +path in (select path from modules union select replace(path, '/usr/lib/', '/lib/') from modules
		union select '/usr' || path from modules)
)
select path, uid, mode, size, mtime, ctime
from modules
where path not in (select path from owned) and replace(path, '/usr/lib/', '/lib/') not in (select path from owned)
	and '/usr' || path not in (select path from owned)
	and (exists (select 1 from deb_packages) or exists (select 1 from rpm_packages))
