-- name: acct-uid0
-- title: Accounts other than root with root's user id
-- tags: account, hygiene
-- attack: T1136.001
-- about: There is no good reason for one on most systems; toor on the BSDs and some appliances are the
--   exceptions.
select username, uid, gid, shell, directory
from users
where uid = 0 and username != 'root'
