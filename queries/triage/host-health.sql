-- name: host-health
-- title: Is the machine well? Load, memory, full disks
-- tags: host, impact
-- attack: T1496, T1499
-- about: A load far above the number of processors, or memory that is gone, is a miner's or an encryptor's
--   trace, or a busy day's.
-- key: cpus
-- diff-ignore: uptime_s, load_1m, load_5m, load_15m, processes, memory_available_percent, full
select u.total_seconds as uptime_s,
	(select cpu_logical_cores from system_info) as cpus,
	(select average from load_average where period = '1m') as load_1m,
	(select average from load_average where period = '5m') as load_5m,
	(select average from load_average where period = '15m') as load_15m,
	(select count(*) from processes) as processes,
	(select memory_available * 100 / nullif(memory_total, 0) from memory_info) as memory_available_percent,
	(select group_concat(path || ' ' || (100 - blocks_available * 100 / blocks) || '%', ', ')
		from (select distinct path, blocks, blocks_available from mounts
			where blocks > 0 and device like '/dev/%' and type not in ('squashfs', 'iso9660')
				and blocks_available * 100 / blocks < 10)) as full
from uptime u
