-- name: net-port-sweep
-- title: Which hosts use this port, at either end?
-- tags: network, sweep
-- attack: T1571
-- about: Who listens on it, who is connected to it or from it.
-- key: path, local_address, local_port, remote_address, remote_port
-- diff-ignore: pid, start_time, state
-- param: port  its number
select s.pid, p.start_time, p.uid, p.name, p.path, p.cmdline, s.local_address, s.local_port, s.remote_address,
	s.remote_port, s.state
from process_open_sockets s left join processes p using (pid)
where s.family in (2, 10) and (s.local_port = cast(:port as integer) or s.remote_port = cast(:port as integer))
