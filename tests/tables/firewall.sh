#!/bin/bash
# The tables `iptables` and `nft_rules`: rules made in a network namespace of the test's own.
. "$(dirname "$0")/../lib.sh"
need unshare
need_root
within -n

rows() {
	run "$AGENTD" query -o tsv "$1"
	out=$(tail -n +2 <<<"$out")
}

# ---- iptables ----

ipt() { "$legacy" -w "$@" 2>/dev/null; }
legacy=$(command -v iptables-legacy || command -v iptables || true)
if [ -z "$legacy" ] || ! "$legacy" -V | grep -q legacy || ! ipt -N mine; then
	skip iptables "needs iptables-legacy and its tables in the kernel"
else
	ipt -P FORWARD DROP
	ipt -N empty
	ipt -A INPUT -i lo+ -j ACCEPT
	ipt -A INPUT -p tcp ! -s 10.0.0.0/8 --dport 22:23 -j mine
	ipt -A INPUT ! -p 17 -d 1.2.3.4/31 -o x
	ipt -A INPUT ! -p udp -d 1.2.3.4/31
	ipt -A mine -p udp --sport 53 -j DROP
	ipt -A mine -j RETURN
	rows "select * from iptables where filter_name = 'filter' and target is not null"
	is iptables_rules "$out" "$(printf 'filter\t%s\n' \
		'INPUT	ACCEPT	ACCEPT	0			0.0.0.0	0.0.0.0	lo+	FFFF	0.0.0.0	0.0.0.0	all		no	0	0' \
		'INPUT	ACCEPT	mine	6	0:65535	22:23	!10.0.0.0	255.0.0.0	all		0.0.0.0	0.0.0.0	all		yes	0	0' \
		'INPUT	ACCEPT		!17			0.0.0.0	0.0.0.0	all		1.2.3.4	255.255.255.254	all		no	0	0' \
		'mine		DROP	17	53:53	0:65535	0.0.0.0	0.0.0.0	all		0.0.0.0	0.0.0.0	all		yes	0	0' \
		'mine		RETURN	0			0.0.0.0	0.0.0.0	all		0.0.0.0	0.0.0.0	all		no	0	0')"
	rows "select chain, policy, packets, bytes from iptables where filter_name = 'filter' and target is null"
	is iptables_chains "$out" "$(printf '%s\t0\t0\n' 'INPUT	ACCEPT' 'FORWARD	DROP' 'OUTPUT	ACCEPT' 'empty	' 'mine	')"
	# Asking does not make tables.
	is iptables_only_what_is_there "$(cat /proc/net/ip_tables_names)" filter
fi

# ---- nftables ----

if ! command -v nft >/dev/null || ! nft list ruleset >/dev/null 2>&1; then
	skip nft_rules "needs nft and nftables in the kernel"
	exit
fi
nft flush ruleset
rows "select * from nft_rules"
is nft_rules_none "$out$err" ""
cat >"$T/rules" <<'TXT'
table inet f {
	set bad { type ipv4_addr; }
	chain input {
		type filter hook input priority 0; policy drop;
		iif "lo" accept
		iifname "eth*" counter packets 5 bytes 6 drop
		ct state established,related accept
		tcp dport 22 ip saddr 10.0.0.0/8 accept comment "ssh"
		ip saddr @bad counter drop
		ip6 saddr fe80::/10 icmpv6 type echo-request limit rate 5/second accept
		udp sport != 53 log prefix "odd: " reject
		tcp dport 1000-2000 jump other
		ip daddr 192.168.0.0/23 return
	}
	chain other { }
	chain out { type filter hook output priority 5; }
}
table ip n {
	chain post {
		type nat hook postrouting priority 100
		oifname "x" masquerade
		ip protocol tcp snat to 5.6.7.8:99
	}
}
TXT
check nft_made nft -f "$T/rules"
rows "select family, table_name, chain, type, hook, priority, policy, rule, packets, bytes, comment from nft_rules order by family, chain, handle"
# Older nft makes two comparisons of it.
is nft_rules "${out/tcp dport >= 1000 tcp dport <= 2000/tcp dport 1000-2000}" "$(printf '%s\n' \
	'inet	f	input	filter	input	0	drop	iif 1 accept			' \
	'inet	f	input	filter	input	0	drop	iifname "eth*" counter drop	5	6	' \
	'inet	f	input	filter	input	0	drop	ct state established,related accept			' \
	'inet	f	input	filter	input	0	drop	meta l4proto tcp tcp dport 22 meta nfproto ipv4 ip saddr 10.0.0.0/8 accept			ssh' \
	'inet	f	input	filter	input	0	drop	meta nfproto ipv4 ip saddr @bad counter drop	0	0	' \
	'inet	f	input	filter	input	0	drop	meta nfproto ipv6 ip6 saddr fe80::/10 meta l4proto icmpv6 icmpv6 type 128 limit rate 5/second accept			' \
	'inet	f	input	filter	input	0	drop	meta l4proto udp udp sport != 53 log prefix "odd: " reject			' \
	'inet	f	input	filter	input	0	drop	meta l4proto tcp tcp dport 1000-2000 jump other			' \
	'inet	f	input	filter	input	0	drop	meta nfproto ipv4 ip daddr 192.168.0.0/23 return			' \
	'inet	f	other								' \
	'inet	f	out	filter	output	5	accept				' \
	'ip	n	post	nat	postrouting	100	accept	oifname "x" masquerade			' \
	'ip	n	post	nat	postrouting	100	accept	ip protocol tcp snat to 5.6.7.8:99			')"
n=$(nft -a list ruleset | grep -c '# handle')
rows "select count(handle) from nft_rules"
is nft_rules_all "$out" "$((n - 7))"

run "$AGENTD" query -o tsv --root "$T" "select (select count(*) from iptables), (select count(*) from nft_rules)"
is firewall_not_of_another_root "$(tail -n 1 <<<"$out")" "0	0"
run setpriv --reuid=65534 --regid=65534 --clear-groups "$AGENTD" query "select * from nft_rules"
has firewall_unprivileged "$err" 'nft_rules: (permission denied|Operation not permitted|Permission denied)'
