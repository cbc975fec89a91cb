-- name: package-of
-- title: Which package does this file belong to?
-- tags: packages, file
-- about: By dpkg and rpm; also under its name before /bin, /lib and /sbin became links into /usr.
-- key: package, path
-- param: path  the file
select package, path, 'dpkg' as manager
from deb_package_files where path in (:path, substr(:path, 5), '/usr' || :path)
union all
select package, path, 'rpm'
from rpm_package_files where path in (:path, substr(:path, 5), '/usr' || :path)
