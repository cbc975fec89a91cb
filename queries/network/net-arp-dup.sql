-- name: net-arp-dup
-- title: One hardware address that answers for several hosts
-- tags: network, spoofing
-- attack: T1557.002
-- about: What ARP spoofing looks like from a victim. Routers with proxy ARP, virtual addresses (VRRP,
--   keepalived) and clouds, whose gateway answers for all, look the same.
-- key: mac, interface
select interface, mac, count(*) as hosts, group_concat(address, ' ') as addresses
from arp_cache
where mac not in ('', '00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff')
group by interface, mac
having count(*) > 1
