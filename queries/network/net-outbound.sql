-- name: net-outbound
-- title: Whom does this host talk to, with which program?
-- tags: network
-- packs: triage
-- attack: T1071
-- about: Established connections, counted for each program and remote address and port.
-- key: path, remote_address, remote_port
-- diff-ignore: connections
select p.name, p.path, s.remote_address, s.remote_port, count(*) as connections
from process_open_sockets s join processes p using (pid)
where s.state = 'ESTABLISHED' and replace(s.remote_address, '::ffff:', '') not like '127.%'
	and s.remote_address != '::1'
group by p.name, p.path, s.remote_address, s.remote_port
order by connections desc
