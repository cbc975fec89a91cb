-- name: file-detail
-- title: All about one file
-- tags: file
-- about: Owner, times, flags, capabilities, hashes, the package it belongs to and who runs it.
-- key: path
-- diff-ignore: atime
-- param: path  the file
select f.path, f.type, f.symlink_target_path as target, f.uid, u.username, f.gid, f.mode, f.size, f.inode, f.hard_links,
	f.mtime, f.ctime, f.btime, f.atime, a.flags, a.capabilities, a.acl, h.md5, h.sha1, h.sha256,
	coalesce((select group_concat(package, ' ') from deb_package_files d where d.path = f.path),
		(select group_concat(package, ' ') from deb_package_files d where d.path = substr(f.path, 5)),
		(select group_concat(package, ' ') from rpm_package_files r where r.path = f.path)) as package,
	(select group_concat(pid, ' ') from processes p where p.path = f.path) as run_by
from file f left join users u on u.uid = f.uid left join file_attrs a on a.path = f.path
	left join hash h on h.path = f.path
where f.path = :path
