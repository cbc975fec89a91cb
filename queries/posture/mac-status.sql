-- name: mac-status
-- title: Is SELinux or AppArmor in force?
-- tags: posture, hardening
-- attack: T1562.001
-- about: One row for each host. Off, or permissive, on a host whose neighbours enforce it is the news.
-- key: selinux, apparmor_enforced
select coalesce((select iif(value = '1', 'enforcing', 'permissive') from selinux_settings
		where key = 'enforce'), 'off') as selinux,
	(select count(*) from apparmor_profiles where mode = 'enforce') as apparmor_enforced,
	(select count(*) from apparmor_profiles where mode = 'complain') as apparmor_complaining
