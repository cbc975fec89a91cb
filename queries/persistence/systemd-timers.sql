-- name: systemd-timers
-- title: Timers of systemd, and what they start
-- tags: persistence, systemd, inventory
-- attack: T1053.006
-- about: The cron of today. Times are Unix seconds; compare with the hosts beside it.
-- key: id, activates, path
-- diff-ignore: next, last, active_state
select id, activates, on_calendar, on_other, next, last, active_state, unit_file_state,
	fragment_path as path
from systemd_timers
