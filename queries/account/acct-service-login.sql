-- name: acct-service-login
-- title: Service accounts that can log in
-- tags: account
-- packs: triage
-- attack: T1078.003, T1098
-- about: Accounts of the system (number below 1000) with a shell and a password in force: www-data, games
--   or mail do not need one. Databases whose administrators log in as postgres or oracle do.
-- key: username
-- diff-ignore: last_change
select u.username, u.uid, u.shell, u.directory, s.password_status, s.hash_alg, s.last_change
from users u join shadow s using (username)
where u.uid between 1 and 999 and s.password_status in ('active', 'empty')
	and regex_match(u.shell, '/(nologin|false|sync|shutdown|halt|true)$', 0) is null
