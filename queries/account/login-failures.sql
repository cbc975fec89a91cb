-- name: login-failures
-- title: Addresses from which many logins failed
-- tags: account, credentials
-- attack: T1110
-- about: From btmp. A host that is open to the internet has thousands a day, and needs login-after-failures
--   instead; inside, one is news.
-- key: source
-- diff-ignore: failures, users, first, last
-- param: hours=24  how far back
-- param: failures=10  at least so many
select host as source, count(*) as failures, count(distinct username) as users,
	group_concat(distinct username) as usernames, min(time) as first, max(time) as last
from btmp
where time > (select unix_time from time) - :hours * 3600
group by host
having count(*) >= cast(:failures as integer)
order by failures desc
