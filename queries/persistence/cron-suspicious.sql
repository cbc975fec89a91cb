-- name: cron-suspicious
-- title: Cron lines that fetch, decode or run from /tmp
-- tags: persistence, cron
-- packs: hygiene
-- attack: T1053.003
-- about: The usual way for a foothold to come back. Monitoring and backup jobs use curl too: those
--   look the same on many hosts, the other kind on one.
-- key: path, command
select path, event, minute, hour, day_of_month, month, day_of_week, command
from crontab
where regex_match(command, '(curl|wget|fetch|lwp-download) |base64|/(tmp|var/tmp|dev/shm)/[^ ]|/dev/(tcp|udp)/|python[0-9.]* -c|perl -e|\| *(/[^ ]*/)?(ba|da|z|k)?sh( |$)|/\.[^/. ][^/ ]*(/| |$)|\b(nc|ncat|socat)\b|chattr|LD_PRELOAD|\bnohup\b', 0) is not null
