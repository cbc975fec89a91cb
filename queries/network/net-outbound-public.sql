-- name: net-outbound-public
-- title: Programs that talk to addresses of the internet
-- tags: network, c2, exfiltration
-- attack: T1071, T1041
-- about: Connections that this host did not get on a port of its own, to addresses that are not private.
--   On a server that list is short: package mirrors, time, monitoring, the cloud's interfaces. What is
--   rare in the fleet is to be explained.
-- key: path, remote_address, remote_port
-- diff-ignore: pid, start_time, local_port
select s.pid, p.start_time, p.uid, p.name, p.path, p.cmdline, s.local_port, s.remote_address,
	s.remote_port
from process_open_sockets s left join processes p using (pid)
where s.family in (2, 10) and s.remote_port > 0
	and replace(s.remote_address, '::ffff:', '') not in ('', '0.0.0.0', '::', '::1')
	and regex_match(replace(s.remote_address, '::ffff:', ''),
		'^(127\.|10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd]|fe[89ab])', 0) is null
	and s.local_port not in (select port from listening_ports where port != 0)
