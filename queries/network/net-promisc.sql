-- name: net-promisc
-- title: Network interfaces that take every packet
-- tags: network, sniffing
-- packs: triage
-- attack: T1040
-- about: Promiscuous mode is what a sniffer switches on. Ports of bridges and of virtual machines
--   (veth, tap, vnet, docker, bond members) have it by design and are left out by name; on a host
--   that sniffs for its living (IDS) it is right.
-- key: interface
select interface, mac, flags
from interface_details
where flags & 256 = 256
	and regex_match(interface, '^(veth|tap|vnet|fwpr|fwln|cali|cni|lxc|docker|br-|virbr|ovs|vmnet)', 0) is null
