-- name: net-listen
-- title: What can be reached from outside, by which program
-- tags: network, inventory
-- packs: hygiene, triage
-- attack: T1571
-- about: Every TCP and UDP port that is open on another address than loopback. Compare with yesterday:
--   a new port, or a known port with a new program behind it, is the news. Without a program the socket
--   belongs to the kernel (NFS, WireGuard), to another namespace, or to a process that hides.
-- key: address, port, protocol, name
-- diff-ignore: pid, start_time
select l.address, l.port, case l.protocol when 6 then 'tcp' when 17 then 'udp' else l.protocol end
		as protocol,
	l.pid, p.start_time, p.uid, p.name, p.path, p.cmdline
from listening_ports l left join processes p using (pid)
where l.port != 0 and l.family in (2, 10) and l.protocol in (6, 17, 33, 132, 136)
	and l.address not like '127.%' and l.address != '::1'
order by l.port, l.address
