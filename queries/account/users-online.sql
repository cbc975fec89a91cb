-- name: users-online
-- title: Who is logged in at this moment
-- tags: account
-- packs: triage
-- attack: T1078
-- about: From utmp, with the process of the session. Sessions without a terminal (scp, ssh HOST COMMAND)
--   are not in it: see net-ssh-inbound.
-- key: user, source, tty
-- diff-ignore: time, pid, start_time
select l.user, l.host as source, l.tty, l.time, p.pid, p.start_time, p.cmdline, p.cwd
from logged_in_users l left join processes p on p.pid = l.pid
where l.type = 'user'
