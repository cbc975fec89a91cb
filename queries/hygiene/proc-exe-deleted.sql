-- name: proc-exe-deleted
-- title: Processes whose program file is gone
-- tags: process, hygiene
-- attack: T1070.004
-- about: Malware often deletes itself after it starts, or runs from memory only (/memfd:). After a
--   package upgrade a service shows up here too, until it is restarted: then the path lies in a
--   system directory and many hosts show it at once.
-- param: min_age=0  seconds since the process started
select pid, parent, uid, name, path, cmdline, start_time
from processes
where on_disk != 1 and path != ''
	and start_time <= (select unix_time from time) - :min_age
