-- name: acct-detail
-- title: All about one account
-- tags: account
-- about: Groups, password, keys, cron lines, processes and last login.
-- key: username
-- diff-ignore: processes, last_login
-- param: user  its name
select u.username, u.uid, u.gid, u.description, u.directory, u.shell, s.password_status, s.hash_alg,
	date(s.last_change * 86400, 'unixepoch') as password_changed,
	(select group_concat(g.groupname, ' ') from user_groups ug join groups g on g.gid = ug.gid
		where ug.uid = u.uid) as groups,
	(select count(*) from authorized_keys k where k.uid = u.uid) as authorized_keys,
	(select count(*) from user_ssh_keys k where k.uid = u.uid) as private_keys,
	(select count(*) from crontab c where c.path like '%/' || u.username) as cron_lines,
	(select group_concat(rule_details, '; ') from sudoers d where d.header = u.username) as sudo,
	(select count(*) from processes p where p.uid = u.uid) as processes,
	(select max(time) from last l where l.username = u.username) as last_login
from users u left join shadow s using (username)
where u.username = :user
