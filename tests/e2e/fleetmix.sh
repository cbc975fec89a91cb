#!/bin/bash
# Hundreds of hosts of a simulator, some of them dead, hanging, slow, resetting, lying or flooding: what
# becomes of each, and that none of them delays those that are well.
. "$(dirname "$0")/../lib.sh"
need jq
ulimit -n "$(ulimit -Hn)"
export HOME=$T/home
mkdir -p "$HOME" "$T/sim"
port=$(free_port)
hosts=600
if [ "${SAN:-0}" = 1 ]; then hosts=300; fi
# Addresses of PORT+2 lose packets.
background "$B/tools/fleetsim" --hosts $hosts --port "$port" --net 9 --dir "$T/sim" --rows 20 --gate "$T/gate" \
	--dead 30 --hole 20 --hang 20 --mute 20 --slow 50 --reset 20 --drop 20 --lie 40 --flood 10 \
	</dev/zero >"$T/sim.out" 2>"$T/sim.err"
check "the simulator" wait_for 30 grep -q ready "$T/sim.out" || exit
# sim_hosts MODE: how many there are
sim_hosts() { grep -c " $1\$" "$T/sim/modes"; }
good=$(sim_hosts good)
seconds=12
[ "$SLOW" = 1 ] || seconds=30

background timeout -k 5 250 "$TOCSIN" -i "$T/sim/inventory" --known-hosts "$T/sim/known_hosts" -F none -u x \
	--private-key "$T/sim/id" --connect-timeout "$seconds" --timeout "$seconds" --max-rows 2000 --report "$T/report" -o ndjson \
	query 'select * from processes' >"$T/rows" 2>"$T/err" </dev/null
asking=$pid
# Rows of hosts that are well; those of the others are looked at below.
sed -n 's/ good$//p' "$T/sim/modes" | sort >"$T/good"
good_rows() {
	[ "$(sed -n 's/^{"host":"\([^"]*\)".*/\1/p' "$T/rows" | sort | join - "$T/good" | wc -l)" -ge $((good * 20)) ]
}
check "every row of the $good that are well" wait_for $(((seconds - 2) / SLOW)) good_rows
check "while others are still waited for" kill -0 "$asking"
: >"$T/gate"
wait "$asking"
is "status" "$?" 3

# ---- What became of each ----

jq -r '.hosts[] | "\(.host) \(.state) \(.rows) \(.truncated) \(.error // "-")"' "$T/report" | sort >"$T/ends"
is "each host has one end" "$(cut -d' ' -f1 "$T/ends" | uniq -d | wc -l) $(wc -l <"$T/ends")" "0 $hosts"
sort "$T/sim/modes" | join - "$T/ends" >"$T/both"
# all_end MODE PATTERN: every host of this kind, as "STATE ROWS TRUNCATED WORDS"; "-" where there are none
all_end() {
	is "$1 ($(sim_hosts "$1")): $2" "$(sed -n "s/^[^ ]* $1 //p" "$T/both" | grep -vE "$2" | head -n 2)" ""
	[ "$(sim_hosts "$1")" -gt 0 ] || fail "$1" "there is none"
}
all_end good '^answered 20 false -$'
all_end slow '^answered 20 false -$'
all_end dead '^unreachable 0 false connection refused by '
all_end hole '^unreachable 0 false (no answer from |cannot connect to .*: Connection timed out)'
all_end hang '^timed_out 0 false connected to .*, but no SSH banner came '
all_end mute '^timed_out 0 false connected, but '
all_end reset '^(failed|unreachable) 0 false .*(closed the connection before its SSH banner, 5 times|reset)'
all_end drop '^failed [0-9]+ false .'
all_end lie '^(failed|timed_out) [0-9]+ false .'
all_end flood '^answered 2000 true -$'
is "rows that are shown are rows that are counted" "$(wc -l <"$T/rows")" "$(awk '{n += $4} END {print n}' "$T/both")"
