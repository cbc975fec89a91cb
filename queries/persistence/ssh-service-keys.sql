-- name: ssh-service-keys
-- title: Authorized keys of service accounts
-- tags: persistence, ssh, account
-- packs: triage
-- attack: T1098.004
-- about: www-data, daemon, nobody and other accounts of the system do not log in; a key of theirs is a
--   back door that a list of people does not show. git, backup and deployment accounts with keys of
--   their own have numbers from 1000 or the names that are left out.
-- key: username, key_data, path
select u.username, u.uid, u.shell, k.algorithm, k.comment, k.key as key_data, k.key_file as path
from authorized_keys k join users u using (uid)
where u.uid between 1 and 999
	and regex_match(u.username, '^(git|gitolite3?|gitlab.*|gitea|forgejo|borg.*|backup.*|barman|postgres|oracle|jenkins|ansible|rsync.*|deploy.*|vagrant|ec2-user|core|pi|ubuntu|rundeck|nagios|zabbix)$', 0) is null
