-- name: proc-hashes
-- title: Every program that runs, with its SHA-256
-- tags: process, inventory
-- attack: T1204
-- about: One row for each program as it runs, deleted ones and those of containers too: to be held against
--   a list of known good or bad ones. What is rare in the fleet is worth a look. Each file is read once.
-- key: path
-- diff-ignore: processes, first_start
select p.path, h.sha256, count(*) as processes, group_concat(distinct p.name) as names,
	min(p.start_time) as first_start
from processes p join hash h on h.path = '/proc/' || p.pid || '/exe'
where p.path != ''
group by p.path, h.sha256
