#!/bin/bash
# The table `journal`, against journalctl over files that a journald of our own wrote.
. "$(dirname "$0")/../lib.sh"
need journalctl jq unshare systemd-cat
need_root
[ -x /lib/systemd/systemd-journald ] || all_skipped "needs systemd-journald"

rows() {
	local sql=$1
	shift
	run "$AGENTD" query -o tsv "$@" "$sql"
	out=$(tail -n +2 <<<"$out")
}

root=$T/root
mkdir -p "$root/var/log"
cat >"$T/write" <<'SH'
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal /run/log/journal || exit
/lib/systemd/systemd-journald >"$1/journald" 2>&1 &
for _ in $(seq 200); do [ -S /run/systemd/journal/stdout ] && break; sleep 0.05; done
echo "from cat" | systemd-cat -t mycat -p err
printf 'two\nlines' | systemd-cat -t mycat -p info
for _ in $(seq 200); do
	journalctl -D /run/log/journal -t mycat -o cat 2>/dev/null | grep -q lines && break
	sleep 0.05
done
kill %1; wait
cp -r /run/log/journal "$1/root/var/log/"
SH
bounded 60 unshare -m --propagation private bash "$T/write" "$T"
dir=$root/var/log/journal
ls "$dir"/*/*.journal >/dev/null 2>&1 || all_skipped "journald does not run here"
listed() { journalctl -D "$dir" -o json --no-pager "$@"; }

rows "select time_us, priority, message, transport, boot_id from journal where identifier = 'mycat'" --root "$root"
is journal_like_journalctl "$out" "$(listed -t mycat | jq -r '[.__REALTIME_TIMESTAMP, .PRIORITY, .MESSAGE, ._TRANSPORT, ._BOOT_ID] | @tsv')"
has journal_says_since_when "$err" 'journal: 24 hours back'
rows "select count(*) from journal where time > 1" --root "$root"
is journal_all "$out" "$(listed | wc -l)"
hasnt journal_was_told_since_when "$err" warning
t=$(listed -t mycat | head -n 1 | jq -r '.__REALTIME_TIMESTAMP[:-6]')
rows "select count(*) from journal where time = $t" --root "$root"
is journal_of_a_second "$out" "$(listed | jq -r '.__REALTIME_TIMESTAMP[:-6]' | grep -c "^$t$")"
rows "select count(*) from journal where time between $((t + 3600)) and $((t + 7200))" --root "$root"
is journal_later "$out" 0
unit=$(listed | jq -r '._SYSTEMD_UNIT // empty' | sort -u | head -n 1)
if [ -n "$unit" ]; then
	rows "select count(*) from journal where unit = '$unit' and time > 1" --root "$root"
	is journal_of_unit "$out" "$(listed "_SYSTEMD_UNIT=$unit" | wc -l)"
fi
rows "select count(*) from journal where unit = 'no.service' and time > 1" --root "$root"
is journal_of_no_unit "$status: $out" "0: 0"

# What is no journal, or a part of one.
f=$(ls "$dir"/*/*.journal)
head -c 100000 "$f" >"$dir/cut.journal"
head -c 500000 /dev/urandom >"$dir/noise.journal"
mkfifo "$dir/fifo.journal"
rows "select count(*) > 0 from journal where time > 1" --root "$root"
is journal_beside_broken_files "$status" 0
rm "$dir"/*.journal
python3 - "$f" <<'PY'
import sys
b = bytearray(open(sys.argv[1], "rb").read())
for i in range(5000, len(b), 997):
    b[i] ^= 0x55
open(sys.argv[1], "wb").write(b)
PY
rows "select count(*) from journal where time > 1" --root "$root"
is journal_damaged "$status" 0
mkdir "$T/none"
rows "select count(*) from journal" --root "$T/none"
is journal_none "$status: $out" "0: 0"
