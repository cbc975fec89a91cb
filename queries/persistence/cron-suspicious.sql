-- name: cron-suspicious
-- title: Cron lines that fetch, decode or run from temporary directories
-- tags: persistence
-- packs: hygiene
-- attack: T1053.003
-- about: The usual way for a foothold to come back. Monitoring and backup jobs use curl too: those
--   look the same on many hosts, the other kind on one.
-- key: path, command
select path, event, minute, hour, day_of_month, month, day_of_week, command
from crontab
where command like '%curl%' or command like '%wget%' or command like '%base64%'
	or command like '%/tmp/%' or command like '%/dev/shm/%' or command like '%/dev/tcp/%'
	or command like '%python% -c%' or command like '%perl% -e%' or command like '%| sh%'
	or command like '%|sh%' or command like '%| bash%' or command like '%|bash%'
