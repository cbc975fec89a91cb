-- name: acct-duplicate-uid
-- title: User ids and names that are there twice
-- tags: account
-- attack: T1136.001, T1036
-- about: Two accounts with one number are one user to the kernel: a second name for somebody else's files
--   and rights. Some products (Oracle, SAP) do so on purpose.
-- key: uid, usernames
select uid, count(*) as accounts, group_concat(username, ' ') as usernames,
	group_concat(shell, ' ') as shells
from users
group by uid
having count(*) > 1
