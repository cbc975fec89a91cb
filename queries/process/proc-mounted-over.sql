-- name: proc-mounted-over
-- title: Something is mounted over a process in /proc
-- tags: process, rootkit
-- packs: hygiene, triage
-- attack: T1564.013
-- about: A directory bound over /proc/PID hides that process from ps and top without any rootkit: what
--   is left in the listing has no name. Nothing honest does so. To look below, unmount the path.
-- key: path
select path, device, type, flags
from mounts
where regex_match(path, '^/proc/[0-9]+(/|$)', 0) is not null
