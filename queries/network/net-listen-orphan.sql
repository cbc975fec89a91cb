-- name: net-listen-orphan
-- title: Ports that are open without a process behind them
-- tags: network, rootkit
-- attack: T1014
-- about: The kernel itself listens for NFS, WireGuard, VXLAN and the like; else a listening socket without
--   a process is one whose process is hidden, or belongs to another network namespace. As an ordinary
--   user every other user's port looks so: ask as root.
-- key: address, port, protocol
select address, port, case protocol when 6 then 'tcp' when 17 then 'udp' else protocol end as protocol
from listening_ports
where port != 0 and family in (2, 10) and protocol in (6, 17, 33, 132, 136) and (pid is null or pid <= 0)
	and port not in (111, 2049, 4789, 8472, 51820, 20048)
