-- name: journal-gaps
-- title: Hours in which the journal is silent
-- tags: file, evasion, evidence
-- attack: T1070.002, T1562.001
-- about: Logging was stopped, entries were lost, or the machine was off (a boot id that changes over the
--   gap says so). The last one may reach until now. A quiet machine logs little at night: raise minutes for it.
-- key: from_time, to_time
-- param: hours=24  how far back
-- param: minutes=120  the shortest silence to tell of
with entries as (
	select time, boot_id
	from journal
	where time > (select unix_time from time) - cast(:hours as integer) * 3600
	union all
	select unix_time, null from time
), steps as (
	select time, boot_id, lag(time) over (order by time) as before,
		lag(boot_id) over (order by time) as boot_before
	from entries
)
select before as from_time, time as to_time, (time - before) / 60 as minutes,
	boot_id != boot_before as rebooted
from steps
where time - before >= cast(:minutes as integer) * 60
