-- name: user-sweep
-- title: Which hosts have this account?
-- tags: account, sweep
-- attack: T1136.001, T1078
-- about: With the state of its password and the groups it is in.
-- key: username, uid
-- diff-ignore: last_change
-- param: user  its name; % stands for anything
select u.username, u.uid, u.gid, u.shell, u.directory, s.password_status, s.last_change,
	(select group_concat(g.groupname, ' ') from user_groups ug join groups g on g.gid = ug.gid
		where ug.uid = u.uid) as groups
from users u left join shadow s using (username)
where u.username like :user
