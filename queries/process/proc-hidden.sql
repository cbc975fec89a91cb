-- name: proc-hidden
-- title: Processes that are hidden from listings
-- tags: process, rootkit
-- packs: triage
-- attack: T1014
-- about: A rootkit takes a process out of what /proc lists, but it still answers signals, has a directory
--   that can be opened, or stands in its control group. Columns tell which way of looking showed it. A
--   process that started or ended in between was looked for again, so a row here is rarely harmless.
--   Every possible number is tried: about a second of processor time where they go into the millions.
-- key: name, path
-- diff-ignore: pid, start_time
select h.pid, coalesce(p.start_time, 0) as start_time, h.name, h.path, h.in_proc_list, h.in_readdir,
	h.in_proc, h.answers, h.in_cgroup
from hidden_processes h left join processes p using (pid)
