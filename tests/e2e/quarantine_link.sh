#!/bin/bash
# What stays open beside ssh so that a host that is cut off keeps its addresses: to the local network, and no further.
. "$(dirname "$0")/../quarantine_lib.sh"
need python3

# A router on the link, known by its address of the link.
router=$(ip -n bad -6 -o addr show dev eth0 scope link | awk '{sub("/.*", "", $4); print $4}')
ip -n host route add default via 10.77.0.3
ip -n host -6 route add default via "$router" dev eth0
cat >"$T/send.py" <<'EOF'
"""KIND TO [HOPS] [TYPE]: whether this host lets it out: yes or no."""
import socket, struct, sys
kind, to = sys.argv[1:3]
link = socket.if_nametoindex("eth0")
try:
    if kind == "dhcp":
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
        s.bind(("", 68))
        s.sendto(b"x", (to, 67))
    elif kind == "dhcp6":
        s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        s.bind(("::", 546))
        s.sendto(b"x", (to, 547, 0, link if to.startswith("f") else 0))
    else:
        s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        for option in socket.IPV6_UNICAST_HOPS, socket.IPV6_MULTICAST_HOPS:
            s.setsockopt(socket.IPPROTO_IPV6, option, int(sys.argv[3]))
        scope = link if to.startswith(("fe80", "ff02")) else 0
        s.sendto(struct.pack("!BBHI16s", int(sys.argv[4]), 0, 0, 0, b""), (to, 0, 0, scope))
    print("yes")
except PermissionError:
    print("no")
EOF
# goes NAME KIND TO YES|NO [HOPS TYPE]
goes() { is "$1" "$(on host python3 "$T/send.py" "$2" "$3" "${@:5}")" "$4"; }
all_of_it() {
	goes "dhcp_to_everybody$1" dhcp 255.255.255.255 yes
	goes "dhcp_to_one$1" dhcp 10.77.0.3 "$2"
	goes "dhcp_to_far_away$1" dhcp 192.0.2.1 "$2"
	goes "dhcpv6_to_servers$1" dhcp6 ff02::1:2 yes
	goes "dhcpv6_to_one$1" dhcp6 fd77::3 "$2"
	goes "dhcpv6_to_far_away$1" dhcp6 2001:db8::1 "$2"
	for type in 135 136; do
		goes "neighbour_${type}_all$1" icmpv6 ff02::1 yes 255 $type
		goes "neighbour_${type}_link$1" icmpv6 "$router" yes 255 $type
		goes "neighbour_${type}_here$1" icmpv6 fd77::3 yes 255 $type
		goes "neighbour_${type}_far_away$1" icmpv6 2001:db8::1 "$2" 255 $type
		goes "neighbour_${type}_hops$1" icmpv6 fd77::3 "$2" 64 $type
	done
	goes "router_solicitation$1" icmpv6 ff02::2 yes 255 133
	goes "router_solicitation_far_away$1" icmpv6 2001:db8::1 "$2" 255 133
	goes "groups$1" icmpv6 ff02::16 yes 1 143
	goes "groups_hops$1" icmpv6 ff02::16 "$2" 64 143
	goes "groups_to_one$1" icmpv6 fd77::3 "$2" 1 143
}
all_of_it _before yes
way=(root@fd77::2)
act quarantine
is cut_off "$(status)" "done"
all_of_it "" no

# In: only what no router has let through.
dropped() { on host "$AGENTD" query -o tsv "select sum(packets) from quarantine_drops where chain = 'input' and rule like '%ipv6%'" 2>/dev/null | tail -n 1; }
more_dropped() { [ "$(dropped)" -gt "$1" ]; }
for type in 134 135 136; do
	was=$(dropped)
	on bad python3 "$T/send.py" icmpv6 fd77::2 64 $type >/dev/null
	check "in_hops_$type" wait_for 10 more_dropped "$was"
done

# It is still found by its neighbours, also by those who ask from an address of more than the link.
ip -n host -6 neigh flush dev eth0
ip -6 neigh flush dev br0
confirm "$(state id)"
is confirmed "$(status)" "done"
act release
is released "$(status)" "done"
