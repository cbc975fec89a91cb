-- name: acct-admin-groups
-- title: Who is in a group that leads to root
-- tags: account, privilege, inventory
-- attack: T1098.007
-- about: sudo, wheel and admin; docker, lxd, libvirt and kvm, whose members can start what has root; disk,
--   shadow and adm, who can read what they should not.
-- key: username, groupname
select u.username, u.uid, g.groupname, g.gid
from user_groups ug join users u on u.uid = ug.uid join groups g on g.gid = ug.gid
where g.groupname in ('root', 'sudo', 'wheel', 'admin', 'docker', 'podman', 'lxd', 'incus-admin', 'libvirt', 'kvm', 'disk',
		'shadow', 'adm', 'systemd-journal', 'google-sudoers')
	and u.uid != 0
