-- name: logins-root
-- title: Logins as root
-- tags: account, privilege
-- attack: T1078.003
-- about: From wtmp. Where people log in as themselves and use sudo there are none.
-- key: source, tty
-- diff-ignore: time
-- param: hours=24  how far back
select time, username, host as source, tty
from last
where username = 'root' and type_name = 'user-process'
	and time > (select unix_time from time) - :hours * 3600
order by time desc
