#!/bin/bash
# A file system that never answers, wherever it is mounted: no table waits for it, what it is about
# is said, and everything else is answered. Also one that answered before, with a program running
# from it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3 unshare
need_root
if [ ! -e /dev/fuse ] || ! unshare -m true 2>/dev/null; then all_skipped "needs /dev/fuse and mount namespaces"; fi

# Seconds within which a query gives up: one wait of the guard, with time to spare.
bound=$((8 * SLOW))
mkdir -p "$T/net/mnt" "$T/net/dir"
ln -s mnt "$T/net/link"
: >"$T/net/dir/near"

cat >"$T/ask.py" <<'PY'
# ask.py AGENT ROOT SECONDS: asks the lines of its input one after the other in one session and prints
# for each the rows, a tab and what was said, in one line whatever is in them. The last line: the
# longest time that one took is within SECONDS.
import json, subprocess, sys, time
agent, root, bound = sys.argv[1], sys.argv[2], float(sys.argv[3])
s = subprocess.Popen([agent, "session", "--root", root], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
longest = 0
controls = dict.fromkeys(range(32), "?")
for sql in sys.stdin:
    start = time.monotonic()
    s.stdin.write(json.dumps({"op": "query", "id": 1, "sql": sql, "max_rows": 50}) + "\n")
    s.stdin.flush()
    rows = []
    while True:
        m = json.loads(s.stdout.readline())
        rows += m.get("rows", []) if m["op"] == "rows" else []
        if m["op"] in ("done", "error"):
            break
    longest = max(longest, time.monotonic() - start)
    said = "; ".join(m.get("warnings", [])) or m.get("message", "")
    print(*(t.translate(controls) for t in (" ".join("|".join(map(str, r)) for r in rows), said)), sep="\t")
s.stdin.close()
s.wait(30)
print("in time" if longest < bound else f"took {longest}")
PY
# hung DIR ROOT: the queries on stdin with DIR hung.
hung() { unshare -m --propagation private tests/tools/hungfs "$1" python3 "$T/ask.py" "$AGENTD" "$2" "$bound"; }

# ---- What was asked for by name ----

{
	echo "select path from file where path in ('$T/net/mnt/a', '$T/net/link/b', '$T/net/mnt', '$T/net/link', '$T/net/dir/near') order by 1"
	echo "select path from file where directory = '$T/net/mnt' or directory = '$T/net/link'"
	echo "select path from file where path like '$T/%/mnt/x' or path like '$T/%/link/x' or path like '$T/%/dir/near'"
	for q in "sha256 from hash where path = '@'" "line from file_lines where path = '@'" "common_name from certificates where path = '@'" \
		"data from magic where path = '@'" "key from extended_attributes where path = '@'" "acl from file_attrs where path = '@'" \
		"sha256 from file join hash using (path) where path = '@'"; do
		echo "select ${q/@/$T/net/mnt/x}"
	done
} >"$T/sql"
hung "$T/net/mnt" / <"$T/sql" >"$T/out"
line() { sed -n "$1p" "$T/out"; }
said="its file system does not answer"
has literal_paths "$(line 1)" "^$T/net/dir/near $T/net/link	"
for p in mnt/a link/b mnt; do has "literal_said_$p" "$(line 1)" "file: $T/net/$p: $said"; done
has directories "$(line 2)" "^	.*file: $T/net/(mnt|link): $said"
has behind_a_wildcard "$(line 3)" "^$T/net/dir/near	.*file: $T/net/(mnt|link)[^ ]*: $said"
n=4
for t in hash file_lines certificates magic extended_attributes file_attrs file_join_hash; do
	has "by_name_$t" "$(line $n)" "^	.*$T/net/mnt/x: ($said|Host is down)"
	n=$((n + 1))
done
is by_name_in_time "$(line $n)" "in time"

# ---- Every table, over a root whose directories hang, and over this machine ----

root=$T/root
mkdir -p "$root"/{etc,usr,var,home/bob,root,opt,sys,proc,tmp,run,dev,boot,lib,bin,sbin}
# No other machines are asked here.
"$AGENTD" tables -o tsv | cut -f1 | sort -u | grep -vE '^(ec2_|azure_|ycloud_|curl)' | sed 's/.*/select * from "&"/' >"$T/all"
for at in etc usr var home/bob sys proc; do
	hung "$root/$at" "$root" <"$T/all" >"$T/all.${at%%/*}" 2>&1 &
done
hung "$T/net/mnt" / <"$T/all" >"$T/all.live" 2>&1 &
wait
for at in etc usr var home sys proc live; do
	is "all_tables_$at" "$(wc -l <"$T/all.$at") $(tail -n 1 "$T/all.$at")" "$(($(wc -l <"$T/all") + 1)) in time"
	# The tables that need a path, and nothing else, are refused.
	hasnt "all_tables_${at}_answer" "$(cut -f2 "$T/all.$at" | grep -v 'is required')" '^(table|.*(too many|timed out|internal))'
	case $at in live | home) ;; *) has "all_tables_${at}_said" "$(cat "$T/all.$at")" '(host is down|does not answer|remote)' ;; esac
done

# ---- One that answered before ----

cat >"$T/before.sh" <<'SH'
mnt=$1 agent=$2 bound=$3
cd "$mnt" || exit 1
./prog 60 & prog=$!
sleep 60 <prog & reader=$!
cd /
ask() { timeout -k 1 "$bound" "$agent" query -o tsv "$1" | tail -n +2; }
until [ "$(ask "select path from processes where pid = $prog")" = "$mnt/prog" ]; do :; done
ask "select size > 0, type from file where path = '$mnt/prog'"
ask "select on_disk from processes where pid = $prog"
kill -USR1 $PPID
# What has just answered is trusted for a while, and may hold up who asks.
until ask "select path from file where path = '$mnt/prog'" 2>&1 | grep -q "does not answer"; do
	[ $((tries++)) -lt 10 ] || exit 1
	sleep 0.5
done
ask "select on_disk, cwd from processes where pid = $prog"
ask "select count(*) > 1 from processes where on_disk is not null"
ask "select path from process_open_files where pid = $reader and fd = 0"
ask "select count(*) > 1 from process_memory_map where pid = $prog and path like '%prog'"
ask "select count(*) from (select * from deleted_files where pid in ($prog, $reader))"
ask "select count(*) from processes join hash using (path) where pid = $prog"
kill -9 $prog $reader
SH
run unshare -m --propagation private tests/tools/hungfs --serve /bin/sleep "$T/net/mnt" bash "$T/before.sh" "$T/net/mnt" "$AGENTD" "$bound"
is answered_before "$out" "$(printf '%s\n' '1	regular' 1 "-1	$T/net/mnt" 1 "$T/net/mnt/prog" 1 0 0)"
has answered_before_said "$err" 'processes: program file of 1 process: host is down'
