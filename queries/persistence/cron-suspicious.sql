-- name: cron-suspicious
-- title: Cron lines that fetch, decode or run from /tmp
-- tags: persistence, cron
-- packs: hygiene
-- attack: T1053.003
-- about: The usual way for a foothold to come back. Jobs that only ping a URL, clean /tmp or log to it are
--   left out. Backups and updates that fetch a file look the same on many hosts, the other kind on
--   one.
-- key: path, command
select path, event, minute, hour, day_of_month, month, day_of_week, command
from crontab
where
	-- What is fetched is run or kept, or comes from a bare address.
	regex_match(command, '(curl|wget|fetch|lynx)\b.*\|\s*(sudo\s+)?(\S*/)?((ba|da|z|k)?sh|python[0-9.]*|perl|php|base64)\b|(<\(|\$\(|`)\s*(curl|wget)|(curl|wget)\b.* (-[a-zA-Z]*[oO]|--output|--output-document)[ =]?(?!/dev/null|-( |$))\S|(curl|wget)\b[^|]*//[0-9]{1,3}(\.[0-9]{1,3}){3}', 0) is not null
	-- Code in the line itself, connections, libraries.
	or regex_match(command, 'base64 +(-d|-D|--decode)|/dev/(tcp|udp)/|python[0-9.]* +-c|perl +-[a-zA-Z]*e|\b(nc|ncat|netcat)\b.* -[a-z]*[ec]|\bsocat\b.*exec|LD_PRELOAD|chattr +[-+][a-z]*i|insmod ', 0) is not null
	-- Run from where everybody may write, or from where ls does not look.
	or regex_match(command, '(^|^[A-Za-z_][A-Za-z0-9_.-]* +|[;&|(] *|(nohup|exec|source|timeout [0-9]+|sudo|((ba|da|z|k)?sh|python[0-9.]*|perl|php)( +-\S+)*) +)"?(/(tmp|var/tmp|dev/shm|run/user/[0-9]+)/\S|/(\S*/)?\.[^/. ])', 0) is not null
