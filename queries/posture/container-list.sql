-- name: container-list
-- title: Containers that run, of whatever runtime
-- tags: posture, container, inventory
-- attack: T1610
-- about: From the control groups, so also those that a runtime does not list any more. One that runs on one
--   host only, or under another user's podman, is to be explained.
-- key: id, runtime
-- diff-ignore: pid, start_time, pids
select c.id, c.runtime, c.name, c.pids, c.pid, p.start_time, p.uid, p.name as program, p.cmdline
from containers c left join processes p using (pid)
