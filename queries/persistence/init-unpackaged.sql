-- name: init-unpackaged
-- title: Start scripts, services and rules of no package
-- tags: persistence, integrity
-- packs: triage
-- attack: T1037, T1543, T1546.017
-- about: Files that neither dpkg nor rpm knows, in the places that are read at each start. Configuration
--   management and vendors' installers leave some.
-- key: path
-- diff-ignore: mtime, ctime
with found as materialized (
	select path, uid, mode, size, mtime, ctime
	from file
	where (path like '/etc/init.d/%' or path like '/etc/rc.d/init.d/%' or path like '/etc/profile.d/%'
			or path like '/usr/share/dbus-1/system-services/%' or path like '/usr/lib/udev/rules.d/%'
			or path like '/usr/lib/tmpfiles.d/%' or path like '/usr/lib/modules-load.d/%'
			or path like '/etc/xdg/autostart/%' or path like '/usr/lib/environment.d/%'
			or path like '/usr/lib/NetworkManager/dispatcher.d/%' or path like '/etc/X11/Xsession.d/%')
		and type = 'regular' and symlink = 0 and filename != 'README'
), owned (path) as materialized (
	select path from deb_package_files
	where +path in (select path from found union select replace(path, '/usr/lib/', '/lib/') from found)
	union select path from rpm_package_files
	where +path in (select path from found union select replace(path, '/etc/rc.d/', '/etc/') from found)
)
select path, uid, mode, size, mtime, ctime
from found
where path not in (select path from owned) and replace(path, '/usr/lib/', '/lib/') not in (select path from owned)
	and replace(path, '/etc/rc.d/', '/etc/') not in (select path from owned)
	and exists (select 1 from owned)
