-- name: proc-top-cpu
-- title: The processes that use most of the processors
-- tags: process, impact
-- attack: T1496
-- about: Share of one processor since the process started, in percent: a miner stands near 100 times the
--   number of processors. Builds and databases do so as well.
-- key: path, cmdline, uid
-- diff-ignore: pid, start_time, cpu_percent, cpu_seconds
-- param: percent=50  the least share to show
-- param: min_age=60  seconds since the process started
select pid, start_time, uid, name, path, cmdline, (user_time + system_time) / 1000 as cpu_seconds,
	round((user_time + system_time) / 10.0 / max(1, (select unix_time from time) - start_time), 1)
		as cpu_percent
from processes
where start_time <= (select unix_time from time) - :min_age
	and (user_time + system_time) / 10.0 / max(1, (select unix_time from time) - start_time)
		>= cast(:percent as real)
order by cpu_percent desc
