#!/bin/bash
# The table `augeas`, against augtool, and over a root with files that are not as described.
. "$(dirname "$0")/../lib.sh"

rows() {
	local sql=$1
	shift
	run "$AGENTD" query -o tsv "$@" "$sql"
	out=$(tail -n +2 <<<"$out")
}
# All rows on one line, a blank between two values.
one_row() { tr '\t' ' ' <<<"$1" | paste -sd' '; }

root=$T/root
mkdir -p "$root/etc/ssh"
printf '127.0.0.1 localhost me\n# no\n::1 ip6\n' >"$root/etc/hosts"
printf 'Port 22\nMatch User a\n  X11Forwarding no\n' >"$root/etc/ssh/sshd_config"
rows "select * from augeas where path = '/etc/hosts'" --root "$root"
case $err in *libaugeas*) all_skipped "needs libaugeas" ;; esac

rows "select node, value, label, path from augeas where path = '/etc/hosts'" --root "$root"
sed 's/~/	/g' >"$T/want" <<'TXT'
/files/etc/hosts~~hosts~/etc/hosts
/files/etc/hosts/#comment~no~#comment~/etc/hosts
/files/etc/hosts/1~~1~/etc/hosts
/files/etc/hosts/1/alias~me~alias~/etc/hosts
/files/etc/hosts/1/canonical~localhost~canonical~/etc/hosts
/files/etc/hosts/1/ipaddr~127.0.0.1~ipaddr~/etc/hosts
/files/etc/hosts/2~~2~/etc/hosts
/files/etc/hosts/2/canonical~ip6~canonical~/etc/hosts
/files/etc/hosts/2/ipaddr~::1~ipaddr~/etc/hosts
TXT
is augeas_rows "$(LC_ALL=C sort <<<"$out")" "$(cat "$T/want")"
if command -v augtool >/dev/null; then
	rows "select node from augeas where path = '/etc/ssh/sshd_config' and node != '/files/etc/ssh/sshd_config'" --root "$root"
	is augeas_like_augtool "$(sort <<<"$out")" "$(augtool -r "$root" match '/files/etc/ssh/sshd_config//*' | sed 's/ = .*//' | sort)"
fi
rows "select value from augeas where node = '/files/etc/hosts/1/canonical'" --root "$root"
is augeas_by_node "$out" localhost
rows "select value from augeas where node like '/files/etc/hosts/%/ipaddr' order by 1" --root "$root"
is augeas_by_node_pattern "$(one_row "$out")" "127.0.0.1 ::1"
rows "select distinct path from augeas where path like '/etc/%%' order by 1" --root "$root"
is augeas_by_path_pattern "$(one_row "$out")" "/etc/hosts /etc/ssh/sshd_config"
rows "select * from augeas" --root "$root"
has augeas_needs_a_place "$err" 'needs a condition on path or node'

printf 'not\0text' >"$root/etc/hosts"
rows "select * from augeas where path = '/etc/hosts'" --root "$root"
is augeas_nul "$status: $out" "0: "
printf 'this is { no [ hosts "\n file' >"$root/etc/hosts"
rows "select * from augeas where path = '/etc/hosts'" --root "$root"
is augeas_wrong_syntax "$status: $out" "0: "
has augeas_wrong_syntax_said "$err" 'augeas: syntax of 1 file'
rm "$root/etc/hosts"
mkfifo "$root/etc/hosts"
rows "select * from augeas where path = '/etc/hosts'" --root "$root"
is augeas_fifo "$status: $out" "0: "
rows "select * from augeas where path = '/etc/ho\"sts' or path = '/etc/x]'" --root "$root"
is augeas_odd_names "$status: $out" "0: "
