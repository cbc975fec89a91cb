#!/bin/bash
# Tables of small configuration files: etc_hosts etc_services etc_protocols dns_resolvers; and
# suid_bin against find.
. "$(dirname "$0")/../lib.sh"
need getent python3

rows() {
	local sql=$1
	shift
	run "$AGENTD" query -o tsv "$@" "$sql"
	out=$(tail -n +2 <<<"$out")
}

# ---- This machine ----

if [ -e /etc/services ]; then
	rows "select name || ' ' || port || '/' || protocol from etc_services"
	is services_like_getent "$(sort -u <<<"$out")" "$(getent services | awk '{print $1, $2}' | sort -u)"
fi
if [ -e /etc/protocols ]; then
	rows "select name || ' ' || number from etc_protocols"
	is protocols_like_getent "$(sort <<<"$out")" "$(getent protocols | awk '{print $1, $2}' | sort)"
fi
rows "select address || ' ' || hostnames from etc_hosts"
is hosts_like_file "$out" "$(sed 's/#.*//' /etc/hosts | awk 'NF {$1 = $1; print}')"
rows "select path, username, groupname, permissions from suid_bin where path like '/usr/bin/%'"
want=$(find /usr/bin/ -type f -perm /6000 -printf '/usr/bin/%P\t%u\t%g\t%m\n' |
	awk -F'\t' -v OFS='\t' '{m = substr($4, 1, 1); $4 = (m ~ /[4567]/ ? "S" : "") (m ~ /[2367]/ ? "G" : ""); print}')
is suid_like_find "$(while read -r line; do [ -L "${line%%	*}" ] || echo "$line"; done <<<"$out" | sort)" "$(sort <<<"$want")"

# ---- A root ----

root=$T/root
mkdir -p "$root/etc" "$root/usr/bin/deep" "$root/tmp" "$root/usr/local/bin"
ln -s usr/bin "$root/bin"
printf '127.0.0.1\tlocalhost  me # comment\n#no\n\n  ::1 ip6#x\n10.0.0.1\nbad\xff host\n' >"$root/etc/hosts"
rows "select address, hostnames from etc_hosts" --root "$root"
is hosts_rows "$(tr '\t\n' ':,' <<<"$out")" '127.0.0.1:localhost me,::1:ip6,10.0.0.1:,bad\xff:host,'
printf 'http 80/tcp www  web # World # Wide\nsmtp\t25/tcp\nnoport\nbad 99999999999/tcp\nx 7/\n#c 1/tcp\n' >"$root/etc/services"
rows "select name, port, protocol, aliases, comment from etc_services" --root "$root"
is services_rows "$(tr '\t\n' ':,' <<<"$out")" 'http:80:tcp:www web:World # Wide,smtp:25:tcp::,'
printf 'tcp 6 TCP\t# transmission\nfoo 300\nbar\nbaz x\n' >"$root/etc/protocols"
rows "select name, number, alias, comment from etc_protocols" --root "$root"
is protocols_rows "$(tr '\t\n' ':,' <<<"$out")" 'tcp:6:TCP:transmission,foo:300::,'

cat >"$root/etc/resolv.conf" <<'TXT'
; comment
domain one.example two.example
search a.example b.example
nameserver 10.0.0.1
 nameserver 10.9.9.9
nameserver fe80::1%eth0
sortlist 130.155.160.0/255.255.240.0 130.155.0.0
nameserver 10.0.0.3
nameserver 10.0.0.4
options rotate edns0 ndots:5
TXT
rows "select id, type, address, netmask, options from dns_resolvers" --root "$root"
is resolvers_rows "$(tr '\t\n' ' ,' <<<"$out")" \
	"0 nameserver 10.0.0.1 32 1065665,1 nameserver fe80::1%eth0 32 1065665,2 nameserver 10.0.0.3 32 1065665,0 sortlist 130.155.160.0 20 1065665,1 sortlist 130.155.0.0 16 1065665,0 search a.example  1065665,1 search b.example  1065665,"
head -c 1000000 /dev/urandom >"$root/etc/resolv.conf"
rows "select count(*) from dns_resolvers" --root "$root"
is resolvers_noise "$status: $out" "0: 0"

echo 'tom:x:4242:4242::/:/bin/sh' >"$root/etc/passwd"
for f in usr/bin/su usr/bin/deep/down usr/bin/plain tmp/evil usr/local/bin/group; do echo >"$root/$f"; done
chown 4242:4243 "$root/usr/bin/su" 2>/dev/null || all_skipped "needs root to give files away"
chmod 4755 "$root/usr/bin/su" "$root/usr/bin/deep/down"
chmod 6711 "$root/tmp/evil"
chmod 2755 "$root/usr/local/bin/group"
ln -s su "$root/usr/bin/link"
ln -s /usr/bin "$root/tmp/away"
mkdir -m 4755 "$root/usr/bin/dir"
rows "select path, username, groupname, permissions from suid_bin order by path" --root "$root"
sed 's/~/	/g' >"$T/want" <<'TXT'
/bin/deep/down~0~0~S
/bin/link~tom~4243~S
/bin/su~tom~4243~S
/tmp/evil~0~0~SG
/usr/bin/deep/down~0~0~S
/usr/bin/link~tom~4243~S
/usr/bin/su~tom~4243~S
/usr/local/bin/group~0~0~G
TXT
is suid_rows "$out" "$(cat "$T/want")"
