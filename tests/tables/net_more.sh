#!/bin/bash
# The tables `interface_details`, `interface_ipv6` and `arp_cache` against ip(8) and /proc.
. "$(dirname "$0")/../lib.sh"
need python3 ip

cat >"$T/compare.py" <<'PY'
import json, os, subprocess, sys
agentd = sys.argv[1]
def ask(sql):
    return json.loads(subprocess.run([agentd, "query", "-o", "json", sql], stdout=subprocess.PIPE, check=True).stdout)
def ip(*args):
    return json.loads(subprocess.run(["ip", "-j", *args], stdout=subprocess.PIPE, check=True).stdout or "[]")
bad = []
def same(what, got, want):
    if got != want: bad.append(f"{what}: {got!r}, not {want!r}")
links = {l["ifname"]: l for l in ip("-s", "-d", "link")}
rows = {r["interface"]: r for r in ask("select * from interface_details")}
same("interfaces", sorted(rows), sorted(links))
for name, link in links.items():
    row = rows.get(name, {})
    def sys_class(f):
        try: return open(f"/sys/class/net/{name}/{f}").read().strip()
        except OSError: return None
    same(name + " mtu", row["mtu"], link["mtu"])
    if "address" in link: same(name + " mac", row["mac"], link["address"])
    same(name + " type", str(row["type"]), sys_class("type"))
    # Bits that the kernel keeps for itself are not in the file.
    same(name + " flags", row["flags"] & 0xf1b & ~0x40, int(sys_class("flags"), 16) & 0xf1b & ~0x40)
    speed = sys_class("speed")
    same(name + " speed", row["link_speed"], max(int(speed or 0), 0))
    same(name + " collisions", row["collisions"], int(sys_class("statistics/collisions")))
    same(name + " without a meaning", (row["metric"], row["last_change"]), (0, -1))
    device = os.path.realpath(f"/sys/class/net/{name}/device")
    slot = row["pci_slot"] or ""
    same(name + " pci_slot " + slot, slot in ("-1", "") or slot in device, True)
    for ours, theirs in ("ipackets", "rx_packets"), ("obytes", "tx_bytes"), ("idrops", "rx_dropped"), ("oerrors", "tx_errors"), \
            ("opackets", "tx_packets"), ("ibytes", "rx_bytes"), ("ierrors", "rx_errors"), ("odrops", "tx_dropped"):
        # Others may send meanwhile.
        before = link["stats64" if "stats64" in link else "stats"][theirs[:2]][theirs[3:]]
        after = int(sys_class("statistics/" + theirs))
        if not before <= row[ours] <= after: bad.append(f"{name} {ours}: {row[ours]} is not within {before} .. {after}")
for row in ask("select * from interface_ipv6"):
    def conf(f, name=row["interface"]):
        try: return int(open(f"/proc/sys/net/ipv6/conf/{name}/{f}").read())
        except OSError: return -1
    same(row["interface"] + " hop_limit", row["hop_limit"], conf("hop_limit"))
    same(row["interface"] + " forwarding", row["forwarding_enabled"], conf("forwarding"))
    same(row["interface"] + " redirects", row["redirect_accept"], conf("accept_redirects"))
    same(row["interface"] + " advertisements", row["rtadv_accept"], conf("accept_ra"))
same("ipv6 interfaces", sorted(r["interface"] for r in ask("select interface from interface_ipv6")), sorted(links))
want = sorted((n["dst"], n.get("lladdr", "00:00:00:00:00:00"), n["dev"], "1" if "PERMANENT" in n["state"] else "0")
    for n in ip("-4", "neigh") if "NOARP" not in n["state"])
same("neighbours", sorted(tuple(r.values()) for r in ask("select * from arp_cache")), want)
print("\n".join(bad) or "alike")
sys.exit(bool(bad))
PY

ip -j link >/dev/null 2>&1 || all_skipped "this ip has no -j"
check net_more_of_this_machine python3 "$T/compare.py" "$AGENTD"

cat >"$T/space.sh" <<'SH'
set -e
ip link set lo up
ip link add d0 type dummy 2>/dev/null || ip link add d0 type veth peer name d1
ip link set d0 mtu 1400 address 02:00:00:00:00:07 up
ip addr add 10.9.0.1/24 dev d0
ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev d0 nud permanent
ip neigh add 10.9.0.3 lladdr 02:00:00:00:00:03 dev d0 nud reachable
SH
if unshare -nm true 2>/dev/null && unshare -nm sh "$T/space.sh" 2>/dev/null; then
	check net_more_in_a_namespace unshare -nm sh -c ". '$T/space.sh'; mount -t sysfs sysfs /sys 2>/dev/null; exec python3 '$T/compare.py' '$AGENTD'"
else
	skip net_more_in_a_namespace "no network namespaces, or no dummy interface"
fi

root=$T/root
mkdir -p "$root/proc/net"
printf '%s\n' 'IP address       HW type     Flags       HW address            Mask     Device' \
	'10.0.0.2         0x1         0x6         02:00:00:00:00:02     *        eth0' \
	'10.0.0.3         0x1         0x2         02:00:00:00:00:03     *        eth0' \
	'10.0.0.4         0x1' 'x x x x x x' '' >"$root/proc/net/arp"
run "$AGENTD" query -o tsv --root "$root" "select * from arp_cache"
is arp_cache_fixture "$(tail -n +2 <<<"$out")" "$(printf '10.0.0.2\t02:00:00:00:00:02\teth0\t1\n10.0.0.3\t02:00:00:00:00:03\teth0\t0')"
run "$AGENTD" query -o tsv --root "$root" "select (select count(*) from interface_details), (select count(*) from interface_ipv6)"
is net_more_not_of_another_root "$(tail -n +2 <<<"$out")" "0	0"
