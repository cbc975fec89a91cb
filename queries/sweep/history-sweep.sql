-- name: history-sweep
-- title: Who typed this?
-- tags: account, sweep, evidence
-- attack: T1059.004
-- about: In the histories of all users' shells. Sessions that still run have not written theirs yet.
-- key: username, command, path
-- diff-ignore: time
-- param: text  part of the command
select u.username, h.time, h.command, h.history_file as path
from shell_history h join users u using (uid)
where h.command like '%' || :text || '%'
