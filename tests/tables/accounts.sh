#!/bin/bash
# Tables about accounts: user_groups shadow authorized_keys known_hosts ssh_configs user_ssh_keys
# shell_history sudoers. Against getent and ssh-keygen, and over files that somebody tampered with.
. "$(dirname "$0")/../lib.sh"
need getent python3 ssh-keygen openssl

# rows SQL [OPTION…]: tab-separated rows without the header on $out.
rows() {
	local sql=$1
	shift
	run "$AGENTD" query -o tsv "$@" "$sql"
	out=$(tail -n +2 <<<"$out")
}
# All rows on one line, a blank between two values.
one_row() { tr '\t' ' ' <<<"$1" | paste -sd' '; }

# ---- This machine ----

rows "select username, g.gid from users u join user_groups g using (uid) where uid != 0 order by 1, 2"
want=$(getent -s files passwd | awk -F: '$3 != 0 {print $1}' | while read -r u; do
	for g in $(id -G "$u"); do printf '%s\t%s\n' "$u" "$g"; done
done | sort -k1,1 -k2,2n)
is user_groups_like_id "$out" "$want"
if [ -r /etc/shadow ]; then
	rows "select username, last_change, max from shadow where last_change != -1 and max != -1"
	is shadow_like_file "$out" "$(awk -F: '$3 != "" && $5 != "" {print $1 "\t" $3 "\t" $5}' /etc/shadow)"
fi
# A root with the data of three homes.
root=$T/root
mkdir -p "$root/etc/ssh" "$root/etc/sudoers.d" "$root/root/.ssh" "$root/home/alice/.ssh" "$root/home/bob/.bash_sessions"
cat >"$root/etc/passwd" <<'TXT'
root:x:0:0:root:/root/:/bin/bash
alice:x:1000:1000::/home/alice:/bin/zsh
bob:x:1001:1001::/home/bob:/bin/sh
nobody:x:65534:65534::/nonexistent:/bin/false
relative:x:7:7::home:/bin/sh
TXT
cat >"$root/etc/group" <<'TXT'
root:x:0:alice
wheel:x:10: alice , bob,alice,ghost
alice:x:1000:
bob:x:1001:bob
TXT

# ---- user_groups ----

rows "select uid, gid from user_groups" --root "$root"
is user_groups_rows "$(sort -n <<<"$out" | tr '\n\t' ' :')" "0:0 7:7 1000:0 1000:10 1000:1000 1001:10 1001:1001 65534:65534 "
rows "select gid from user_groups where uid = 1000" --root "$root"
is user_groups_by_uid "$(one_row "$out")" "0 10 1000"
rows "select uid from user_groups where gid = 10" --root "$root"
is user_groups_by_gid "$(one_row "$out")" "1000 1001"
rows "select u.username, g.groupname from users u join user_groups ug using (uid) join groups g on g.gid = ug.gid where u.uid = 1001" --root "$root"
is user_groups_join "$(sort <<<"$out" | tr '\t\n' ':,')" "bob:bob,bob:wheel,"

# ---- shadow ----

cat >"$root/etc/shadow" <<'TXT'
root:$y$j9T$salt$hash:19000:0:99999:7:::
alice:$6$salt$hash:19001:1:90:7:30:20000:
locked:!$6$salt$hash:19002::::::
star:*:19003:0:99999:7:::
unset:!!:19004:0:99999:7:::
open::19005:0:99999:7:::
des:ab01FAX.bQRSU:1:2:3:4:5:6:7
broken:x:notanumber:0:0:0:::
TXT
rows "select username, password_status, hash_alg, last_change, min, max, warning, inactive, expire, flag from shadow" --root "$root"
cat >"$T/want" <<'TXT'
root	active	y	19000	0	99999	7	-1	-1	-1
alice	active	6	19001	1	90	7	30	20000	-1
locked	locked		19002	-1	-1	-1	-1	-1	-1
star	locked		19003	0	99999	7	-1	-1	-1
unset	not_set		19004	0	99999	7	-1	-1	-1
open	empty		19005	0	99999	7	-1	-1	-1
des	active		1	2	3	4	5	6	7
TXT
is shadow_rows "$out" "$(cat "$T/want")"
has shadow_broken_line "$err" 'shadow: /etc/shadow: lines that are no entries: 1'
rows "select password_status from shadow where username = 'open'" --root "$root"
is shadow_by_name "$out" empty
hasnt shadow_without_hash "$(cat "$T/.out")" 'salt'

# ---- authorized_keys ----

ssh-keygen -q -t ed25519 -N '' -C 'alice at work' -f "$root/home/alice/.ssh/id_ed25519" </dev/null
key=$(cut -d' ' -f2 "$root/home/alice/.ssh/id_ed25519.pub")
cat >"$root/root/.ssh/authorized_keys" <<TXT
# a comment
ssh-ed25519 $key
  command="echo \"hi there\"",no-pty ssh-rsa AAAAB3 mallory@evil  host
ssh-rsa-cert-v01@openssh.com AAAAcert
environment="A=ssh-rsa x" sk-ssh-ed25519@openssh.com AAAAsk tok

not a key at all
ssh-rsa
permitopen="10.0.0.1:80",zos-key-ring-label="A/B C"
zos-key-ring-label="KeyRing/Label With Blanks"
TXT
printf 'ssh-dss AAAAdss last' >"$root/home/alice/.ssh/authorized_keys2"
rows "select uid, algorithm, key, options, comment, key_file from authorized_keys" --root "$root"
sed 's/~/	/g' >"$T/want" <<TXT
0~ssh-ed25519~$key~~~/root/.ssh/authorized_keys
0~ssh-rsa~AAAAB3~command="echo \\\\"hi there\\\\"",no-pty~mallory@evil  host~/root/.ssh/authorized_keys
0~ssh-rsa-cert-v01@openssh.com~AAAAcert~~~/root/.ssh/authorized_keys
0~sk-ssh-ed25519@openssh.com~AAAAsk~environment="A=ssh-rsa x"~tok~/root/.ssh/authorized_keys
0~~~permitopen="10.0.0.1:80",zos-key-ring-label="A/B C"~~/root/.ssh/authorized_keys
0~~~zos-key-ring-label="KeyRing/Label With Blanks"~~/root/.ssh/authorized_keys
1000~ssh-dss~AAAAdss~~last~/home/alice/.ssh/authorized_keys2
TXT
is authorized_keys_rows "$out" "$(cat "$T/want")"
rows "select u.username, count(*) from users u join authorized_keys a using (uid) group by 1" --root "$root"
is authorized_keys_join "$(one_row "$out")" "alice 1 root 6"
rows "select key from authorized_keys where uid = 1000" --root "$root"
is authorized_keys_by_uid "$out" AAAAdss

# What is in the way: a FIFO, a link out of the root, a directory, an over-long line.
mkfifo "$root/home/alice/.ssh/authorized_keys"
rows "select count(*) from authorized_keys where uid = 1000" --root "$root"
is authorized_keys_fifo "$status: $out" "0: 1"
has authorized_keys_fifo_said "$err" 'authorized_keys: content of 1 file: invalid argument'
rm "$root/home/alice/.ssh/authorized_keys"
echo "ssh-rsa AAAAoutside" >"$T/outside"
ln -s "$T/outside" "$root/home/alice/.ssh/authorized_keys"
rows "select key from authorized_keys where uid = 1000" --root "$root"
is authorized_keys_stay_inside "$out" AAAAdss
rm "$root/home/alice/.ssh/authorized_keys"
{
	head -c 100000 /dev/zero | tr '\0' x
	printf '\nssh-rsa AAAAafter\n'
} >"$root/home/alice/.ssh/authorized_keys"
rows "select key from authorized_keys where uid = 1000 order by 1" --root "$root"
is authorized_keys_long_line "$(one_row "$out")" "AAAAafter AAAAdss"
has authorized_keys_long_line_said "$err" 'lines longer than 64 KiB: 1'

# ---- known_hosts, ssh_configs ----

printf '|1|c2FsdA==|aGFzaA== ssh-rsa AAAA\n# no\n\nweb1,10.0.0.1 ssh-ed25519 BBBB\r\n' >"$root/home/alice/.ssh/known_hosts"
rows "select uid, key, key_file from known_hosts" --root "$root"
is known_hosts_rows "$(tr '\t\n' ':,' <<<"$out")" \
	"1000:|1|c2FsdA==|aGFzaA== ssh-rsa AAAA:/home/alice/.ssh/known_hosts,1000:web1,10.0.0.1 ssh-ed25519 BBBB:/home/alice/.ssh/known_hosts,"
printf '%s\n' 'ForwardAgent YES' 'Host *.Example.com' '	ProxyCommand nc %h' '# no' 'Match all' 'User x' >"$root/home/alice/.ssh/config"
printf '%s\n' 'Host *' '    SendEnv LANG' >"$root/etc/ssh/ssh_config"
rows "select uid, block, option, ssh_config_file from ssh_configs" --root "$root"
sed 's/~/	/g' >"$T/want" <<'TXT'
1000~~forwardagent yes~/home/alice/.ssh/config
1000~host *.example.com~proxycommand nc %h~/home/alice/.ssh/config
1000~match all~user x~/home/alice/.ssh/config
0~host *~sendenv lang~/etc/ssh/ssh_config
TXT
is ssh_configs_rows "$out" "$(cat "$T/want")"
rows "select option from ssh_configs where uid = 0" --root "$root"
is ssh_configs_of_system "$out" "sendenv lang"

# ---- user_ssh_keys ----

d=$root/root/.ssh
ssh-keygen -q -t ed25519 -N secret -f "$d/id_enc" </dev/null
openssl genrsa -traditional 2048 >"$d/rsa.pem" 2>/dev/null
openssl rsa -aes128 -passout pass:secret -in "$d/rsa.pem" -out "$d/rsa_enc.pem" 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout >"$d/ec.pem" 2>/dev/null
printf -- '-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n' >"$d/broken.pem"
head -c 200000 /dev/urandom >"$d/big"
mkfifo "$d/fifo"
rows "select uid, path, encrypted, key_type, key_group_name, key_length, key_security_bits from user_ssh_keys order by path" --root "$root"
sed 's/~/	/g' >"$T/want" <<'TXT'
1000~/home/alice/.ssh/id_ed25519~0~~~-1~-1
0~/root/.ssh/ec.pem~0~ec~prime256v1~256~128
0~/root/.ssh/id_enc~1~~~-1~-1
0~/root/.ssh/rsa.pem~0~rsa~~2048~112
0~/root/.ssh/rsa_enc.pem~1~~~-1~-1
TXT
is user_ssh_keys_rows "$out" "$(cat "$T/want")"
rows "select count(*) from users join user_ssh_keys using (uid) where encrypted = 0" --root "$root"
is user_ssh_keys_join "$out" 3

# ---- shell_history ----

printf '#1700000000\nls -l\nid\n#1700000001\n#not a time\n: 1:2 x\n#12345678901234\n' >"$root/root/.bash_history"
printf ': 1700000002:0;sudo su;id\n: bad:0;x\nplain\n' >"$root/home/alice/.zsh_history"
echo 'from a session' >"$root/home/bob/.bash_sessions/one.history"
echo 'not this' >"$root/home/bob/.bash_sessions/one.session"
rows "select uid, time, command, history_file from shell_history" --root "$root"
sed 's/~/	/g' >"$T/want" <<'TXT'
0~1700000000~ls -l~/root/.bash_history
0~0~id~/root/.bash_history
0~1700000001~#not a time~/root/.bash_history
0~0~: 1:2 x~/root/.bash_history
0~0~#12345678901234~/root/.bash_history
1000~1700000002~sudo su;id~/home/alice/.zsh_history
1000~0~: bad:0;x~/home/alice/.zsh_history
1000~0~plain~/home/alice/.zsh_history
1001~0~from a session~/home/bob/.bash_sessions/one.history
TXT
is shell_history_rows "$out" "$(cat "$T/want")"

# ---- sudoers ----

cat >"$root/etc/sudoers" <<'TXT'
# comment
Defaults	env_reset
User_Alias ADMINS = alice, \
		bob, \

	carol
root    ALL=(ALL:ALL) ALL
#1000 ALL=(ALL) NOPASSWD: ALL
%wheel \
ALL=(ALL) ALL
#include /etc/sudoers.more
@includedir sudoers.d
#include
@include /etc/sudoers
mallory ALL=/bin/sh \
TXT
echo 'more ALL=ALL' >"$root/etc/sudoers.more"
echo 'b ALL=B' >"$root/etc/sudoers.d/20-b"
echo 'a ALL=A' >"$root/etc/sudoers.d/10-a"
echo 'no ALL=NO' >"$root/etc/sudoers.d/x.dpkg-old"
echo 'no ALL=NO' >"$root/etc/sudoers.d/x~"
mkfifo "$root/etc/sudoers.d/fifo"
# Files that include themselves end somewhere.
rows "select source, header, rule_details from sudoers" --root "$root"
sed 's/~/	/g' >"$T/want" <<'TXT'
/etc/sudoers~Defaults~env_reset
/etc/sudoers~User_Alias~ADMINS = alice, bob, carol
/etc/sudoers~root~ALL=(ALL:ALL) ALL
/etc/sudoers~#1000~ALL=(ALL) NOPASSWD: ALL
/etc/sudoers~%wheel~ALL=(ALL) ALL
/etc/sudoers~#include~/etc/sudoers.more
/etc/sudoers.more~more~ALL=ALL
/etc/sudoers~@includedir~sudoers.d
/etc/sudoers.d/10-a~a~ALL=A
/etc/sudoers.d/20-b~b~ALL=B
/etc/sudoers~@include~/etc/sudoers
TXT
is sudoers_rows "$(head -n 11 <<<"$out")" "$(cat "$T/want")"
is sudoers_last_line "$(tail -n 1 <<<"$out")" "$(printf '/etc/sudoers\tmallory\tALL=/bin/sh ')"
has sudoers_loop_said "$err" 'sudoers: more than 128 files within each other'
check sudoers_loop_ends test "$(wc -l <<<"$out")" -lt 5000

# ---- A home whose file system never answers is not touched ----

if [ "$(id -u)" = 0 ] && [ -e /dev/fuse ] && unshare -m true 2>/dev/null; then
	run unshare -m --propagation private tests/tools/hungfs "$root/home/bob" timeout -k 1 10 \
		"$AGENTD" query -o tsv --root "$root" "select distinct uid from shell_history"
	is homes_hung "$status: $(tail -n +2 <<<"$out" | paste -sd' ')" "0: 0 1000"
	has homes_hung_said "$err" 'shell_history: content of [0-9]+ network mount paths: object is remote'
else
	skip homes_hung "needs root, /dev/fuse and mount namespaces"
fi
