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
	select host, count(*) as failures, min(time) as first
	from btmp
	where time > (select unix_time from time) - :hours * 3600 and host != ''
	group by host
	having count(*) >= cast(:failures as integer)
)
select l.time, l.username, l.host as source, l.tty, f.failures
from last l join failed f using (host)
where l.type_name = 'user-process' and l.time >= f.first
