-- name: proc-no-cmdline
-- title: Programs that have wiped their command line
-- tags: process, malware
-- attack: T1564
-- about: A process with a program file always started with a command line; an empty one was
--   overwritten, so that ps shows brackets or nothing. A process that is just ending looks the same
--   for an instant: ask again.
-- key: path, name, uid
-- diff-ignore: pid, parent, start_time
select pid, start_time, parent, uid, name, path, cwd
from processes
where path != '' and trim(cmdline) = '' and state not in ('Z', 'X')
