#!/bin/bash
# The tables `interface_addresses` and `routes`: against ip(8), on this machine and in a network
# namespace with routes of every kind.
. "$(dirname "$0")/../lib.sh"
need python3 ip

cat >"$T/compare.py" <<'PY'
import ipaddress, json, subprocess, sys
agentd = sys.argv[1]
def ask(sql):
    return json.loads(subprocess.run([agentd, "query", "-o", "json", sql], stdout=subprocess.PIPE, check=True).stdout)
def ip(*args):
    return json.loads(subprocess.run(["ip", "-j", *args], stdout=subprocess.PIPE, check=True).stdout or "[]")
bad = []
def compare(what, got, want):
    got, want = sorted(map(repr, got)), sorted(map(repr, want))
    for x in got:
        if x in want: want.remove(x)
        else: bad.append(f"{what}: ip does not have {x}")
    bad.extend(f"{what}: missing {x}" for x in want)

want = []
for link in ip("addr"):
    for a in link.get("addr_info", []):
        if not a: continue
        name = link["ifname"]
        addr = a["local"] + ("%" + name if a["family"] == "inet6" and a["scope"] == "link" else "")
        # With a peer the length is that of the peer's network.
        mask = str(ipaddress.ip_network(f"{'::' if a['family'] == 'inet6' else '0.0.0.0'}/{a['prefixlen']}").netmask)
        peer = a.get("address")
        if not peer and a["family"] == "inet" and "BROADCAST" not in link["flags"]: peer = a["local"]
        want.append((a.get("label", name), addr, mask, a.get("broadcast"), peer, "unknown"))
compare("address", [tuple(r.values()) for r in ask("select * from interface_addresses")], want)

types = {"unicast": "gateway", "local": "local", "broadcast": "broadcast", "anycast": "anycast"}
def metric(r, name):
    for m in r.get("metrics", []):
        if name in m: return m[name]
    return 0
want = []
for family in ("-4", "-6"):
    for r in ip("-d", family, "route", "show", "table", "all"):
        dst = r["dst"]
        if dst == "default": dst = "0.0.0.0/0" if family == "-4" else "::/0"
        net = ipaddress.ip_network(dst, strict=False)
        for hop in r.get("nexthops", [r]):
            gateway = hop.get("gateway") or hop.get("via", {}).get("host")
            want.append((str(net.network_address), net.prefixlen, gateway, r.get("prefsrc"), hop.get("dev") or r.get("dev"),
                         metric(r, "mtu"), r.get("metric", 0), types.get(r["type"], "other"), metric(r, "hoplimit")))
got = [(r["destination"], r["netmask"], r["gateway"], r["source"], r["interface"], r["mtu"], r["metric"], r["type"],
        r["hopcount"]) for r in ask("select * from routes")]
compare("route", got, want)
print("\n".join(bad) or f"{len(got)} routes alike")
sys.exit(bool(bad))
PY

ip -j addr >/dev/null 2>&1 || all_skipped "this ip has no -j"
check net_of_this_machine python3 "$T/compare.py" "$AGENTD"
run "$AGENTD" query -o tsv "select destination, netmask from routes where type = 'local' and destination = '127.0.0.1'"
is routes_host_netmask "$(sed -n 2p <<<"$out")" "127.0.0.1	32"

for t in interface_addresses routes; do
	mkdir -p "$T/root"
	run "$AGENTD" query -o tsv --root "$T/root" "select * from $t"
	is "${t}_of_a_root" "$status: $(tail -n +2 <<<"$out")" "0: "
	has "${t}_of_a_root_says" "$err" "$t: only the running machine has"
done

if [ "$(id -u)" != 0 ] || ! unshare -n true 2>/dev/null; then
	skip net_namespace "needs root and network namespaces"
	exit 0
fi
cat >"$T/setup" <<'TXT'
set -e
ip link set lo up
ip link add d0 type veth peer name d1
sysctl -qw net.ipv6.conf.d0.accept_dad=0 net.ipv6.conf.d1.accept_dad=0 2>/dev/null || :
ip addr add 192.0.2.1/24 brd + dev d0 label d0:alias
ip addr add 192.0.2.129/25 dev d1
ip addr add 10.9.0.1 peer 10.9.0.2 dev d1
ip link set d0 up
ip link set d1 up
ip -6 addr add 2001:db8::1/64 dev d0 nodad
ip route add default via 192.0.2.254 dev d0 metric 50
ip route add default via 192.0.2.253 dev d0 metric 60 mtu 1300 hoplimit 12
ip route add 198.51.100.0/24 nexthop via 192.0.2.2 dev d0 weight 3 nexthop dev d1
ip route add 198.51.100.7 dev d1 src 192.0.2.1
ip route add 203.0.113.0/24 via inet6 fe80::2 dev d0 mtu 1400
ip route add blackhole 10.0.0.0/8
ip route add unreachable 10.1.0.0/16
ip route add prohibit 10.2.0.0/16 metric 4294967295
ip route add throw 10.3.0.0/16 table 77
ip -6 route add default via fe80::1 dev d0 metric 5
ip -6 route add 2001:db8:1::/48 nexthop via fe80::1 dev d0 nexthop via fe80::2 dev d1
ip -6 route add 2001:db8::/32 dev d1 mtu 1280
ip -6 route add blackhole 2001:db8:dead::/48
ip -6 route add 2001:db8:2::9 dev d1 table 77
TXT
# shellcheck disable=SC2016 # for the inner shell
run unshare -n bash -c '. "$1" && "$2" query -o tsv "select * from routes where destination in (\"198.51.100.0\",\"203.0.113.0\",\"10.0.0.0\",\"2001:db8::\")
	and type != \"local\"" && exec python3 "$3" "$2"' sh "$T/setup" "$AGENTD" "$T/compare.py"
if [[ $err == *"Unknown device type"* ]]; then
	skip net_namespace "this kernel has no veth"
else
	is net_namespace "$status: $(tail -n 1 <<<"$out")" "0: $(grep alike <<<"$out")"
	has net_namespace_multipath "$out" "^198.51.100.0	24	192.0.2.2	"
	has net_namespace_via_inet6 "$out" "^203.0.113.0	24	fe80::2	"
	has net_namespace_blackhole "$out" "^10.0.0.0	8		.*	other	"
fi
