-- name: pkg-deb
-- title: Packages of dpkg
-- tags: posture, packages, inventory
-- about: Name and version of all that is installed: to compare with the hosts beside it.
-- key: name, arch
select name, version, arch, status
from deb_packages
where status like '%installed'
