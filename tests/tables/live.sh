#!/bin/bash
# Rows about accounts' keys and histories, sources of packages, resolvers and what is started, of the
# machine itself against the programs whose files they are: ssh-keygen, apt-get, bash, augtool, last.
# Root's home and the places that are written to are those of a mount namespace of this test's own.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need ssh-keygen unshare

ask() { "$AGENTD" query -o tsv "$1" 2>"$T/ask.err" | tail -n +2; }

# ---- As the machine is ----

if command -v apt-get >/dev/null && apt-get indextargets --format x 'Created-By: Packages' >"$T/apt" 2>/dev/null && [ -s "$T/apt" ]; then
	# shellcheck disable=SC2016 # apt's own
	is apt_sources_like_apt "$(ask "select base_uri || ' ' || substr(name, instr(name, ' ') + 1) from apt_sources order by 1")" \
		"$(apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' | sort -u)"
else
	skip apt_sources_like_apt "apt has no sources here"
fi
is dns_like_resolv_conf "$(ask "select address from dns_resolvers where type = 'nameserver'")" \
	"$(awk '$1 == "nameserver" && n++ < 3 {print $2}' /etc/resolv.conf)"
is startup_like_init_d "$(ask "select path from startup_items where source = '/etc/init.d/' order by path")" \
	"$(find /etc/init.d/ -mindepth 1 -maxdepth 1 \( -type f -o -xtype f \) 2>/dev/null | sort)"
if command -v augtool >/dev/null && [ -s /etc/hosts ]; then
	is augeas_like_augtool "$(ask "select value from augeas where path = '/etc/hosts' and label = 'ipaddr'")" \
		"$(augtool -r / --noautoload --transform 'Hosts incl /etc/hosts' <<<$'load\nmatch /files/etc/hosts/*/ipaddr' | sed 's/.* = //')"
else
	skip augeas_like_augtool "no augtool or no /etc/hosts here"
fi

# ---- With a home of this test's own ----

need_root
unshare -m true 2>/dev/null || all_skipped "needs mount namespaces"
mkdir -p "$T/home/.ssh"
ssh-keygen -q -t rsa -b 3072 -N '' -C 'a comment' -f "$T/home/.ssh/id_rsa"
ssh-keygen -q -t ecdsa -b 384 -N secret -f "$T/home/.ssh/id_ecdsa"
ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -f "$T/home/.ssh/old_rsa"
{
	echo '# a comment'
	cat "$T/home/.ssh/id_rsa.pub"
	echo "command=\"echo \\\"no, not you\\\"\",no-pty $(cat "$T/home/.ssh/id_ecdsa.pub")"
} >"$T/home/.ssh/authorized_keys"
{
	echo "host.example.com,192.0.2.1 $(cut -d' ' -f1,2 "$T/home/.ssh/id_rsa.pub")"
	echo "[other.example.com]:2222 $(cut -d' ' -f1,2 "$T/home/.ssh/id_ecdsa.pub")"
} >"$T/home/.ssh/known_hosts"
ssh-keygen -q -H -f "$T/home/.ssh/known_hosts" 2>/dev/null
rm -f "$T/home/.ssh/known_hosts.old"
HISTFILE=$T/home/.bash_history HISTTIMEFORMAT='%s ' bash --norc -i >/dev/null 2>&1 <<<$'set -o history\necho one\necho "two  blanks" ; true\nhistory -w\n'
home=$(awk -F: '$3 == 0 {print $6; exit}' /etc/passwd)
# Somebody else may have the same home, or the same number.
grep -m 1 '^[^:]*:[^:]*:0:' /etc/passwd >"$T/passwd"
# there SQL: its rows with that home in the place of root's.
# shellcheck disable=SC2016 # for the inner shell
there() { unshare -m --propagation private sh -c 'mount --bind "$1" /etc/passwd && mount --bind "$2" "$3" && shift 3 && exec "$@"' \
	sh "$T/passwd" "$T/home" "$home" "$AGENTD" query -o tsv "$1" 2>"$T/ask.err" | tail -n +2; }

# Can it be read without a passphrase? Bits are told of keys in PEM only.
encrypted() { if ssh-keygen -y -P '' -f "$1" >/dev/null 2>&1; then echo 0; else echo 1; fi; }
is keys_like_ssh_keygen "$(there "select path, encrypted from user_ssh_keys where uid = 0 order by path")" \
	"$(for k in id_ecdsa id_rsa old_rsa; do printf '%s\t%s\n' "$home/.ssh/$k" "$(encrypted "$T/home/.ssh/$k")"; done)"
is key_length_like_ssh_keygen "$(there "select key_length from user_ssh_keys where uid = 0 and path like '%old_rsa'")" \
	"$(ssh-keygen -l -f "$T/home/.ssh/old_rsa.pub" | cut -d' ' -f1)"
# A fingerprint is the digest of what stands there in base64.
fingerprint() { while read -r key; do echo "SHA256:$(base64 -d <<<"$key" | sha256sum | cut -d' ' -f1 | xxd -r -p | base64 | tr -d '=')"; done; }
if command -v xxd >/dev/null; then
	is authorized_like_ssh_keygen "$(there "select key from authorized_keys where uid = 0" | fingerprint)" \
		"$(ssh-keygen -l -f "$T/home/.ssh/authorized_keys" | cut -d' ' -f2)"
	is known_like_ssh_keygen "$(there "select key from known_hosts where uid = 0" | awk '{print $NF}' | fingerprint)" \
		"$(ssh-keygen -l -f "$T/home/.ssh/known_hosts" | cut -d' ' -f2)"
else
	skip authorized_like_ssh_keygen "needs xxd"
fi
is authorized_options "$(there "select options from authorized_keys where uid = 0 and options != ''")" 'command="echo \\"no, not you\\"",no-pty'
is history_like_bash "$(there "select command from shell_history where uid = 0")" "$(grep -v '^#' "$T/home/.bash_history")"
is history_times "$(there "select count(*) from shell_history where uid = 0 and abs(time - (select unix_time from time)) < 3600")" \
	"$(grep -c '^#[0-9]' "$T/home/.bash_history")"
