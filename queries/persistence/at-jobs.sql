-- name: at-jobs
-- title: Jobs that wait for at and batch
-- tags: persistence, at
-- attack: T1053.002
-- about: Seldom used by honest people on servers; a one-time job is also how to come back after the
--   clean-up. The command is the last part of the job's script.
-- key: id, uid, command
select id, queue, run_at, uid, command, path
from at_jobs
