-- name: pkg-rpm
-- title: Packages of rpm, the newest first
-- tags: posture, packages, inventory
-- about: What was installed last is on top.
-- key: name, arch
-- diff-ignore: install_time
select name, version, release, arch, vendor, install_time
from rpm_packages
order by install_time desc
