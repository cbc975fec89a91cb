-- name: proc-env
-- title: The environment of a process
-- tags: process
-- about: As it was when the program started: SSH_CLIENT and SUDO_USER tell who was at work. Values can be
--   secrets.
-- key: variable
-- param: pid  the process
select key as variable, value
from process_envs
where pid = cast(:pid as integer)
