-- name: motd-scripts
-- title: Scripts that greet each login, those of no package
-- tags: persistence, shell
-- attack: T1546.004
-- about: pam_motd runs /etc/update-motd.d as root whenever somebody logs in. Those of the distribution are
--   left out by package; administrators add some, and so do intruders.
-- key: path
-- diff-ignore: mtime, ctime
with owned (path) as materialized (
	select path from deb_package_files where path like '/etc/update-motd.d/%'
	union select path from rpm_package_files where path like '/etc/update-motd.d/%'
)
select path, uid, mode, size, mtime, ctime
from file
where path like '/etc/update-motd.d/%'
	and type in ('regular', 'symlink')
	and path not in (select path from owned)
