#!/bin/bash
# What many hosts share is read once, not for each host: keys, known hosts, the files of ssh_config(5).
. "$(dirname "$0")/../lib.sh"
need jq
if ! command -v strace >/dev/null || ! strace -o /dev/null true 2>/dev/null; then all_skipped "needs strace"; fi

port=$(free_port)
start_sshds one 127.3.7 1 12 "$port"
cp "$T/known_hosts" "$T/known"
ssh-keygen -q -t ed25519 -N '' -f "$T/other" </dev/null
{
	printf 'Include %s\nMatch exec "echo %%h >>%s"\n\tUser %s\n' "$T/included" "$T/asked" "$(id -un)"
	printf 'Host *\n\tPort %s\n\tIdentityFile %s\n\tIdentityFile %s\n' "$port" "$T/other" "$T/key"
} >"$T/config"
echo 'Compression no' >"$T/included"
hosts=$(seq -s, -f '127.3.7.%g' 12)

# -ff: the threads do not write into each other's lines.
# LeakSanitizer and strace cannot both trace.
ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 run strace -ff -o "$T/trace" -e trace=open,openat -e signal=none "$TOCSIN" -F "$T/config" -i "$hosts" --known-hosts "$T/known" \
	--connect-timeout 60 --report "$T/report" -o tsv query 'select 1 as one'
is "all answer" "$status $(grep -c '^127' <<<"$out")" "0 12"
# opened FILE: how often it was
opened() { cat "$T"/trace.* | grep -F "\"$1\"" | grep -vc ENOENT; }
for f in known config included other key; do is "$f" "$(opened "$T/$f")" 1; done
is "Match exec: once for each" "$(sort "$T/asked" | uniq -c | awk '{print $1}' | sort | uniq -c | xargs)" "12 1"
