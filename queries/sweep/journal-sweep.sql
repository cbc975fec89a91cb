-- name: journal-sweep
-- title: Which hosts have this in their journal?
-- tags: evidence, sweep
-- about: systemd's journal of the last hours. Keep the time short: a busy host writes millions of lines a day.
-- key: identifier, message
-- diff-ignore: time
-- param: text  part of the message
-- param: hours=1  how far back
select time, unit, identifier, uid, priority, message
from journal
where time > (select unix_time from time) - cast(:hours as integer) * 3600
	and message like '%' || :text || '%'
