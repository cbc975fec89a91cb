-- name: proc-files
-- title: What a process has open: files, sockets, code
-- tags: process
-- about: One list of its files, connections, listening sockets and the files mapped into it.
-- key: kind, what
-- diff-ignore: fd
-- param: pid  the process
select 'file' as kind, fd, path as what, path
from process_open_files where pid = cast(:pid as integer)
union all
select 'socket', fd, case when family = 1 then 'unix ' || coalesce(path, '')
		else local_address || ':' || local_port || ' ' || remote_address || ':' || remote_port || ' ' || state end, null
from process_open_sockets where pid = cast(:pid as integer)
union all
select distinct 'mapped', null, path, path
from process_memory_map where pid = cast(:pid as integer) and path like '/%'
