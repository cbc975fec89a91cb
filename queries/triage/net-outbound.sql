-- name: net-outbound
-- title: Whom does this host talk to, with which program?
-- tags: network, triage
-- attack: T1071
-- about: Established connections, counted per program and remote port.
select p.name, p.path, s.remote_address, s.remote_port, count(*) as connections
from process_open_sockets s join processes p using (pid)
where s.state = 'ESTABLISHED' and s.remote_address not in ('127.0.0.1', '::1')
group by p.name, p.path, s.remote_address, s.remote_port
order by connections desc
