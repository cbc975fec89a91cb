-- name: proc-exe-deleted
-- title: Processes whose program file is gone
-- tags: process, malware, memory
-- packs: hygiene, triage
-- attack: T1070.004
-- about: Malware often deletes itself after it starts, or its file is replaced while it runs. After a
--   package upgrade a service shows up here too, until it is restarted: then the path lies in a
--   system directory and many hosts show it at once. What runs from memory alone is proc-memfd.
-- key: path, cmdline, uid
-- diff-ignore: pid, parent, start_time
-- param: min_age=0  seconds since the process started
select pid, start_time, parent, uid, name, path, cmdline
from processes
where on_disk != 1 and path != '' and path not like '/memfd:%'
	and start_time <= (select unix_time from time) - :min_age
