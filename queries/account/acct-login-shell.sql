-- name: acct-login-shell
-- title: Accounts that have a shell to log in with
-- tags: account, inventory
-- attack: T1078.003
-- about: With the state of their password. To be held against the list of those who should.
-- key: username
-- diff-ignore: last_change
select u.username, u.uid, u.shell, u.directory, s.password_status, s.hash_alg, s.last_change
from users u left join shadow s using (username)
where regex_match(u.shell, '/(nologin|false|sync|shutdown|halt|true)$|^$', 0) is null
