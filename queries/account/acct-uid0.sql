-- name: acct-uid0
-- title: Accounts other than root with root's user id
-- tags: account, privilege
-- packs: hygiene, triage
-- attack: T1136.001
-- about: There is no good reason for one on most systems; toor on the BSDs and some appliances are the
--   exceptions.
-- key: username
select username, uid, gid, shell, directory
from users
where uid = 0 and username != 'root'
