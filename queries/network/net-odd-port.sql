-- name: net-odd-port
-- title: Connections to ports that miners, shells and Tor use
-- tags: network, c2, impact
-- packs: triage
-- attack: T1571, T1496
-- about: 4444 and 31337 of exploit kits, 3333, 5555, 7777, 14444 and their like of mining pools, 6667 of
--   IRC, 9001 and 9050 of Tor. A port is a hint only: any service may have any.
-- key: path, remote_address, remote_port
-- diff-ignore: pid, start_time, state
select s.pid, p.start_time, p.uid, p.name, p.path, p.cmdline, s.remote_address, s.remote_port, s.state
from process_open_sockets s left join processes p using (pid)
where s.family in (2, 10)
	and s.remote_port in (1080, 1337, 3333, 4443, 4444, 4445, 5555, 5556, 6660, 6661, 6666, 6667, 6668, 6669, 6697,
		7777, 8333, 9001, 9030, 9050, 9051, 9999, 13333, 14433, 14444, 20535, 31337, 45560, 45700)
	and s.remote_address not like '127.%' and s.remote_address not in ('', '0.0.0.0', '::', '::1')
