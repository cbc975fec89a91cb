-- name: proc-detail
-- title: All about one process
-- tags: process
-- about: With its ancestry in one line, the hash of the program that runs, even
--   where its file is gone or was replaced, how many files and connections it has.
-- key: pid, start_time
-- diff-ignore: resident_size, user_time, system_time, files, connections
-- param: pid  the process
select p.pid, p.start_time, p.parent, p.name, p.path, p.cmdline, p.cwd, p.root, p.state, p.uid, u.username, p.euid, p.gid,
	p.on_disk, p.container_id, p.cgroup_path, p.threads, p.resident_size, p.user_time, p.system_time,
	t.path as ancestry, h.sha256,
	(select count(*) from process_open_files f where f.pid = p.pid) as files,
	(select count(*) from process_open_sockets s where s.pid = p.pid and s.family in (2, 10)) as connections
from processes p left join users u on u.uid = p.uid left join process_tree t on t.pid = p.pid
	left join hash h on h.path = '/proc/' || p.pid || '/exe'
where p.pid = cast(:pid as integer)
