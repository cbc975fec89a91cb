-- name: login-after-failures
-- title: Logins from an address that had often failed before
-- tags: account, credentials
-- packs: hygiene, triage
-- attack: T1110, T1078
-- about: A guessed password. People who forget theirs fail twice or thrice; a bastion or NAT address from
--   which many people come can add up: raise failures for it.
-- key: username, source
-- diff-ignore: time, failures
-- param: hours=24  how far back
-- param: failures=10  at least so many in that time
with failed as materialized (
	select host, time
	from btmp
	where time > (select unix_time from time) - :hours * 3600 and host != ''
)
select l.time, l.username, l.host as source, l.tty, count(*) as failures
from last l join failed f on f.host = l.host and f.time <= l.time
where l.type_name = 'user-process'
group by l.time, l.username, l.host, l.tty
having count(*) >= cast(:failures as integer)
