#!/bin/bash
# The fan-out over a simulated fleet on this machine: cold, against a client in Go that asks the
# same hosts; the cost of a host as their number grows; rows by the million; memory.
. "$(dirname "$0")/lib.sh"
need go
ulimit -n "$(ulimit -Hn)"

MANY=${REACH_HOSTS:-10000}
FEW=1000
IN_FLIGHT=256

# shellcheck disable=SC2034 # for the Go tools: no module mode, no network
export GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' GOCACHE=$T/go
go build -o "$T/goclient" tests/bench/goclient/main.go || exit 1

# fleet DIR OPTION…: a simulated fleet; sets $fleet to its files
fleet() {
	fleet=$T/$1
	shift
	mkdir -p "$fleet"
	background "$B/tools/fleetsim" --dir "$fleet" --seconds 900 "$@" >"$fleet/out" </dev/null
	wait_for 30 grep -q ready "$fleet/out" || { echo "no fleet" >&2; exit 1; }
}
# ask INVENTORY SQL: the client of the fleet in $fleet
ask() {
	measure "$TOCSIN" -F none -i "$1" -u root --private-key "$fleet/id" --known-hosts "$fleet/known_hosts" \
		-f $IN_FLIGHT --connect-timeout 60 --timeout 120 -o ndjson query "$2"
}
all_well() {
	[ "$status" = 0 ] || { echo "bench: status $status: $(tail -n 3 "$T/bench.err")" >&2; exit 1; }
}

fleet one --hosts "$MANY" --port 2410 --rows 1
head -n $FEW "$fleet/inventory" >"$T/few"
run_go() { measure "$T/goclient" "$T/few" "$fleet/known_hosts" "$fleet/id" $IN_FLIGHT 'select 1'; all_well; }
run_few() { ask "$T/few" 'select 1'; all_well; }
run_many() { ask "$fleet/inventory" 'select 1'; all_well; }
interleaved 5 go few
limit "cold, $FEW hosts: CPU against Go's" "$(calc "$(med few cpu_ms) / $(med go cpu_ms)")" ratio '<=' 1.0
limit "cold, $FEW hosts: wall time against Go's" "$(calc "$(med few wall_ms) / $(med go wall_ms)")" ratio '<=' 1.05
result "cold: CPU a host" "$(calc "$(med few cpu_ms) / $FEW")" ms
interleaved 1 few many
limit "cold, $MANY hosts: CPU a host against $FEW" \
	"$(calc "$(med many cpu_ms) / $MANY / ($(med few cpu_ms) / $FEW)")" ratio '<=' 1.15
limit "memory a host, $MANY hosts" "$(calc "$(med many rss_kb) / $MANY")" KB '<=' 40

fleet rows --hosts "$MANY" --net 21 --port 2420 --rows 200
run_rows() { ask "$fleet/inventory" 'select * from processes'; all_well; }
run_fewrows() { head -n $FEW "$fleet/inventory" >"$T/fewrows"; ask "$T/fewrows" 'select * from processes'; all_well; }
interleaved 1 rows fewrows
is "rows" "$(wc -l <"$T/bench.out")" $((FEW * 200)) >/dev/null
limit "$((MANY * 200)) rows to ndjson, cold: wall time for 2,000,000" \
	"$(calc "$(med rows wall_ms) / 1000 * 2000000 / ($MANY * 200)")" s '<=' 20
# libssh keeps three buffers of a host's largest packet: agents see to it that it is a small one.
limit "memory a host then" "$(calc "$(med rows rss_kb) / $MANY")" KB '<=' 60
fleet long --hosts 100 --net 24 --port 2421 --rows 24000
run_long() { ask "$fleet/inventory" 'select * from processes'; all_well; }
interleaved 3 long
limit "memory, 100 hosts with 24000 rows each ($(du -m "$T/bench.out" | cut -f1) MB)" "$(calc "$(med long rss_kb) / 1024")" MB '<=' 128

# ---- Through a jump host ----

# A real sshd forwards to the hosts of the first fleet, and to itself what it costs is not counted.
fleet=$T/one
make_keys
jump_port=$(free_port)
start_sshd bastion "127.1.0.1:$jump_port" "MaxStartups 1000"
BEHIND=200
head -n $BEHIND "$fleet/inventory" >"$T/behind"
cat "$fleet/known_hosts" "$T/known_hosts" >"$T/known_both"
printf 'Host bastion\n\tHostName 127.1.0.1\n\tPort %s\n\tUser root\n\tIdentityFile %s\n' "$jump_port" "$T/key" >"$T/jump_config"
behind() {
	measure "$TOCSIN" -F "$T/jump_config" -i "$T/behind" -u root --private-key "$fleet/id" --known-hosts "$T/known_both" \
		-f $IN_FLIGHT --connect-timeout 60 --timeout 120 -o ndjson "$@" query 'select 1'
	all_well
}
run_direct() { behind; }
run_jump() { behind -J bastion; }
interleaved 5 direct jump
limit "$BEHIND hosts through a jump host: CPU against direct" \
	"$(calc "$(med jump cpu_ms) / $(med direct cpu_ms)")" ratio '<=' 1.5
