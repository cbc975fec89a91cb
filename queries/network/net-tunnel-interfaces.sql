-- name: net-tunnel-interfaces
-- title: Tunnel interfaces and their addresses
-- tags: network, tunnel
-- attack: T1572
-- about: tun, tap, WireGuard, GRE, SIT, VXLAN and PPP interfaces: ways around the network you know. VPN
--   gateways and container networks (flannel, cilium) have them.
-- key: interface, address
select d.interface, d.mac, d.mtu, a.address, a.mask
from interface_details d left join interface_addresses a using (interface)
where regex_match(d.interface, '^(tun|tap|wg|gre[^0t]|gre[0-9]+$|gretap[1-9]|sit[1-9]|ipip|ip6tnl[1-9]|vxlan|ppp|tailscale|zt|nebula|wt[0-9]|utun|l2tp|vti[1-9]|erspan[1-9])', 0) is not null
