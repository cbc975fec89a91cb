-- name: cron-sweep
-- title: Which hosts have this in cron or units?
-- tags: persistence, sweep
-- attack: T1053
-- about: An implant's path or address, wherever it may be started from.
-- key: path, line
-- param: text  what to look for
select path, command as line, 'cron' as kind
from crontab
where command like '%' || :text || '%'
union all
select path, trim(line), 'systemd'
from file_lines
where (path like '/etc/systemd/system/%.%' or path like '/usr/lib/systemd/system/%.service'
		or path like '/run/systemd/system/%.service' or path like '/home/%/.config/systemd/user/%.%'
		or path like '/root/.config/systemd/user/%.%')
	and line like '%' || :text || '%'
union all
select path, command, 'at'
from at_jobs
where command like '%' || :text || '%'
