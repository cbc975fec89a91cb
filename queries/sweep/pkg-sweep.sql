-- name: pkg-sweep
-- title: Which hosts have this package?
-- tags: packages, sweep
-- attack: T1190
-- about: A vulnerability's first question. Versions compare as dpkg and rpm do; a version of a distribution
--   that carries fixes back is older by number and yet mended: give that one.
-- key: name, arch
-- param: package  its name; % stands for anything
-- param: below=  show only versions lower than this; empty: all
select name, version, arch, 'dpkg' as manager
from deb_packages
where name like :package and status like '%installed'
	and (:below = '' or version_compare(version, :below, 'DPKG') < 0)
union all
select name, iif(coalesce(epoch, 0) > 0, epoch || ':', '') || version || '-' || release, arch, 'rpm'
from rpm_packages
where name like :package
	and (:below = '' or version_compare(iif(coalesce(epoch, 0) > 0, epoch || ':', '') || version || '-' || release, :below, 'RHEL') < 0)
