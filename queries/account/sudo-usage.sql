-- name: sudo-usage
-- title: What was run by sudo, su and doas
-- tags: account, privilege, evidence
-- attack: T1548.003
-- about: From systemd's journal: commands and refusals. Look for accounts of services, for shells (sudo -i,
--   sudo bash), for "NOT in sudoers" and "incorrect password".
-- key: identifier, message
-- diff-ignore: time
-- param: hours=24  how far back
select time, identifier, uid, message
from journal
where time > (select unix_time from time) - cast(:hours as integer) * 3600
	and identifier in ('sudo', 'su', 'doas', 'pkexec')
	and message not like 'pam_unix%session closed%'
order by time desc
