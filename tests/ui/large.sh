#!/bin/bash
# Hosts that send too much for a screen: what is shown of it, and what is said of the rest.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
need python3

# `wide N` answers with N columns, `big N` with a cell of N bytes.
cat >"$T/agent" <<'END'
#!/usr/bin/env python3
import json, sys

def say(**what):
    print(json.dumps(what, ensure_ascii=False), flush=True)

say(op="hello", protocol=1, agent="0.1.0", privileged=True, time=1.5, actions=[], ops=["query", "ping", "cancel"],
    host=dict(name="x", machine_id="x", boot_id="x", os="Debian", os_version="12", kernel="6", arch="x86_64"))
for line in sys.stdin:
    r = json.loads(line)
    if r["op"] == "ping":
        say(op="pong", id=r["id"])
        continue
    if r["op"] != "query":
        continue
    n = int(r["sql"].split()[-1])
    if "wide" in r["sql"]:
        names, row = ["c%d" % i for i in range(n)], ["v%d" % i for i in range(n)]
    else:
        names, row = ["a", "b"], ["日本語 x" * (n // 11), "after"]
    say(op="columns", id=r["id"], columns=[dict(name=c, type="TEXT") for c in names])
    say(op="rows", id=r["id"], rows=[row])
    say(op="done", id=r["id"], rows=1, ms=1, warnings=[])
END
chmod +x "$T/agent"
echo host >"$T/hosts"

for size in 80x24 200x60; do
	screen -s $size -i "$T/hosts" --ssh-command "$T/agent"
	sees "up-$size" "+1 up"
	# ---- A cell of nearly a megabyte ----
	command_line "query select big 1000000"
	sees "big-$size" "1 row"
	sees "big-begins-$size" "日本語 x日本語"
	# Where depends on the terminal, between two characters.
	is_cut() { shown | grep -qE '[ x日本語]…  after *$'; }
	check "big-is-cut-$size" wait_for "$SCREEN_WAIT" is_cut
	keys y
	sees "big-is-not-copied-$size" "longer than the 64 KiB that can be copied"
	keys Enter
	sees "big-card-$size" "lines 1 to"
	keys G
	sees "big-card-ends-$size" "[cut: 262144 of 999999 bytes are shown; W saves all]"
	keys q
	command_line "write $T/big-$size.json"
	sees "big-saved-$size" "1 row is in"
	is "big-is-whole-$size" "$(jq -r '.[0].a' "$T/big-$size.json" | wc -c)" 1000000
	keys q
	# More than a line of the wire may hold.
	command_line "query select big 2000000"
	sees "bigger-$size" "1 did not answer"
	sees "bigger-why-$size" "host: protocol error"
	keys q
	# ---- Columns ----
	command_line "query select wide 512"
	sees "wide-$size" "c3 "
	keys '<'
	sees "wide-last-is-shown-$size" "c511^"
	sees "wide-last-has-its-cell-$size" "v511"
	keys '>' '>'
	sees "wide-first-again-$size" "c0^"
	command_line "sort c300"
	sees "wide-sorted-is-shown-$size" "c300^"
	command_line "sort c9 then c299"
	sees "wide-sorted-is-shown-again-$size" "c9^"
	keys q
	command_line "query select wide 1000"
	sees "too-wide-$size" "host: protocol error: more than 512 columns"
	keys q
	leave
done

# ---- No room for what is saved ----

if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
	mkdir "$T/small"
	cat >"$T/in_small" <<END
#!/bin/sh
exec unshare --mount sh -c 'mount -t tmpfs -o size=64k none "$T/small" && exec "\$@"' sh "$TOCSIN" "\$@"
END
	chmod +x "$T/in_small"
	TOCSIN=$T/in_small screen -i "$T/hosts" --ssh-command "$T/agent"
	sees small-up "+1 up"
	command_line "query select big 1000000"
	sees small-big "1 row"
	command_line "write $T/small/it.json"
	sees small-is-full "cannot write $T/small/it.json: No space left on device"
	keys q
	command_line "query select wide 3"
	sees small-wide "c2"
	# Nothing is left of it, so the name is free.
	command_line "write $T/small/it.json"
	sees small-saved "1 row is in $T/small/it.json"
	leave
else
	skip small "needs root and a mount namespace"
fi
