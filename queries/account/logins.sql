-- name: logins
-- title: Logins of the last day, and where they came from
-- tags: account
-- packs: triage
-- attack: T1078
-- about: From wtmp, newest first. Compare the addresses with those of yesterday. Logins without a terminal
--   are not in it.
-- key: username, source
-- diff-ignore: time, tty
-- param: hours=24  how far back
select time, username, host as source, tty
from last
where type_name = 'user-process' and time > (select unix_time from time) - :hours * 3600
order by time desc
