-- name: proc-name-sweep
-- title: Which hosts run something with these words?
-- tags: process, sweep
-- attack: T1204
-- about: Looks for the text in name, path and command line, upper and lower case alike. % stands for
--   anything in between.
-- key: path, cmdline, uid
-- diff-ignore: pid, start_time, parent
-- param: text  part of a name, path or command line
select pid, start_time, parent, uid, name, path, cmdline
from processes
where (name like '%' || :text || '%' or path like '%' || :text || '%' or cmdline like '%' || :text || '%')
	and name not like 'tocsin-agentd%'
