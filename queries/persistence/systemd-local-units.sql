-- name: systemd-local-units
-- title: Units of systemd that no package brought
-- tags: persistence, systemd
-- attack: T1543.002
-- about: Unit files in /etc/systemd/system, /run and /usr/local that belong to neither dpkg nor rpm: your
--   own services, those of configuration management, and those of others. Units that generators or snapd
--   made from other configuration are left out.
-- key: id, path
-- diff-ignore: active_state
with owned (path) as materialized (
	select path from deb_package_files where path like '%/systemd/%'
	union select path from rpm_package_files where path like '%/systemd/%'
)
select id, description, active_state, unit_file_state, user, fragment_path as path
from systemd_units
where fragment_path != '' and coalesce(load_state, '') != 'masked' and coalesce(unit_file_state, '') != 'alias'
	and fragment_path not like '/lib/systemd/%' and fragment_path not like '/usr/lib/systemd/%'
	and fragment_path not like '/run/systemd/generator%' and fragment_path not like '/run/systemd/transient/%'
	and id not like 'snap-%.mount' and id not like 'snap.%.service'
	and fragment_path not in (select path from owned)
