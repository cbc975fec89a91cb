-- name: pkg-recent
-- title: Packages that were installed or upgraded lately
-- tags: posture, packages
-- packs: triage
-- attack: T1072, T1588.002
-- about: dpkg by the time of its file list, rpm by its own record. An intruder's compiler, nmap or socat
--   often comes by the package manager.
-- key: name
-- diff-ignore: time
-- param: days=7  how far back
select replace(f.filename, '.list', '') as name, f.ctime as time, 'dpkg' as manager
from file f
where f.path like '/var/lib/dpkg/info/%.list'
	and f.ctime > (select unix_time from time) - :days * 86400
union all
select name, install_time, 'rpm'
from rpm_packages
where install_time > (select unix_time from time) - :days * 86400
