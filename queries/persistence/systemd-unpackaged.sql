-- name: systemd-unpackaged
-- title: Unit files among those of packages, but of no package
-- tags: persistence, systemd, integrity
-- packs: triage
-- attack: T1543.002
-- about: /usr/lib/systemd and /lib/systemd are for packages. A service, timer, path or generator put there
--   by hand is meant to look as if it had always been there. Installers of vendors that come without a
--   package do so as well.
-- key: path
-- diff-ignore: mtime, ctime
with owned (path) as materialized (
	select path from deb_package_files where path like '%/systemd/%'
	union select path from rpm_package_files where path like '%/systemd/%'
)
select path, uid, mode, size, mtime, ctime
from file
where (path like '/usr/lib/systemd/system/%' or path like '/usr/lib/systemd/user/%'
		or path like '/usr/lib/systemd/system-generators/%')
	and type = 'regular'
	and path not in (select path from owned)
	and replace(path, '/usr/lib/', '/lib/') not in (select path from owned)
	and exists (select 1 from owned)
