-- name: proc-env-sweep
-- title: Which processes have this variable?
-- tags: process, sweep, credentials
-- attack: T1552.007, T1574.006
-- about: The environment as it was when the program started. Values can be secrets: they end up wherever the
--   answer does.
-- key: path, variable, value, uid
-- diff-ignore: pid, start_time
-- param: variable  its name; % stands for anything
select e.pid, p.start_time, p.uid, p.name, p.path, e.key as variable, e.value
from process_envs e join processes p using (pid)
where e.key like :variable
