-- name: acct-password-recent
-- title: Accounts whose password is new or changed lately
-- tags: account, credentials
-- packs: triage
-- attack: T1136.001, T1098
-- about: A new account and a changed password look the same in /etc/shadow: the day is all it has.
--   last_change counts days since 1970.
-- key: username
-- param: days=7  how far back
select s.username, u.uid, u.shell, u.directory, s.password_status, s.last_change,
	date(s.last_change * 86400, 'unixepoch') as changed
from shadow s left join users u using (username)
where s.last_change >= (select unix_time from time) / 86400 - :days
