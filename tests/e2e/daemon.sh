#!/bin/bash
# The agent's daemon: sessions handed over, who may do what, files, how sessions and daemons end.
. "$(dirname "$0")/../lib.sh"
need python3 jq
need_root

# shellcheck disable=SC2119 # no options
start_daemon
daemon=$pid
chmod 711 "$T"

# ---- Questions ----

hello() { timeout 20 "$@" "$AGENTD" session --run-dir "$T/run" </dev/null | head -n 1; }
is hello_root "$(hello | jq -c '[.privileged, (.ops | index("action") != null), (.ops | index("get") != null)]')" \
	'[true,true,true]'
out=$(ask_daemon '{"op":"query","id":1,"sql":"select count(*) > 0 as n from shadow"}')
is reads_as_root "$(jq -c 'select(.op == "rows").rows' <<<"$out")" '[[1]]'
out=$(ask_daemon '{"op":"query","id":1,"sql":"select uid from processes where pid = (select pid from agent_info)"}')
is worker_is_nobody "$(jq -c 'select(.op == "rows").rows[0][0] != 0' <<<"$out")" true

nobody=(setpriv --reuid 40001 --regid 40001 --clear-groups)
is hello_other "$(hello "${nobody[@]}" | jq -c '[.privileged, .ops, .actions]')" \
	'[false,["query","tables","cancel","ping"],[]]'
out=$(echo '{"op":"query","id":1,"sql":"select count(*) from shadow"}' |
	timeout 20 "${nobody[@]}" "$AGENTD" session --run-dir "$T/run")
has reads_as_other "$out" 'shadow: content of 1 file: permission denied'

# ---- Files ----

printf 'evidence' >"$T/file"
out=$(ask_daemon "{\"op\":\"get\",\"id\":1,\"path\":\"$T/file\"}")
is get_bytes "$(jq -r 'select(.op == "chunk").data' <<<"$out" | base64 -d)" evidence
is get_hash "$(jq -r 'select(.op == "outcome").before.sha256' <<<"$out")" "$(sha256sum <"$T/file" | cut -d' ' -f1)"
out=$(ask_daemon "{\"op\":\"get\",\"id\":1,\"path\":\"$T/file\",\"offset\":3,\"length\":2}")
is get_part "$(jq -r 'select(.op == "chunk").data' <<<"$out" | base64 -d)" de
ln -s "$T/file" "$T/link"
out=$(ask_daemon "{\"op\":\"get\",\"id\":1,\"path\":\"$T/link\"}")
is get_link "$(jq -r 'select(.op == "outcome").status' <<<"$out")" refused

# ---- The end ----

mkfifo "$T/in"
background timeout 60 "$AGENTD" session --run-dir "$T/run" <>"$T/in" >"$T/out"
check waits wait_for 10 test -s "$T/out"
kill "$daemon"
wait "$daemon"
is daemon_ends $? 0
check socket_is_gone test ! -e "$T/run/agentd.sock"
is log_is_whole "$("$AGENTD" audit --verify --state-dir "$T/state" >/dev/null 2>&1; echo $?)" 0
