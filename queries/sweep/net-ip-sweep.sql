-- name: net-ip-sweep
-- title: Which hosts talk to this address?
-- tags: network, sweep
-- attack: T1071
-- about: Connections at this moment, with the process behind each. One that is over leaves nothing here.
-- key: path, cmdline, remote_address, remote_port
-- diff-ignore: pid, start_time, local_port, state
-- param: ip  the address, as 192.0.2.1 or 2001:db8::1
select s.pid, p.start_time, p.name, p.path, p.cmdline, p.uid, s.protocol, s.local_address, s.local_port,
	s.remote_address, s.remote_port, s.state
from process_open_sockets s left join processes p using (pid)
where s.remote_address in (:ip, '::ffff:' || :ip)
