#!/bin/bash
# A person drives the agent by hand, with OpenSSH's ssh through a real sshd: what tocsin-wire(7) shows.
. "$(dirname "$0")/../lib.sh"
need ssh jq

user=$(id -un)
port=$(free_port)
start_sshd host 127.0.0.1:"$port"
cat >"$T/config" <<END
Host *
	IdentityFile $T/key
	IdentitiesOnly yes
	UserKnownHostsFile $T/known_hosts
	BatchMode yes
Host web1
	HostName 127.0.0.1
	Port $port
	User $user
END
by_hand() { run_with_input "$1" ssh -F "$T/config" -s web1 tocsin; }
# run_with_input TEXT CMD…: as run
run_with_input() {
	local text=$1
	shift
	bounded 60 "$@" >"$T/.out" 2>"$T/.err" <<<"$text"
	status=$?
	out=$(cat "$T/.out")
}
# reply FILTER: over the array of all replies
reply() { jq -sc "$1" <<<"$out" 2>&1; }

by_hand '{"op":"query","id":1,"sql":"select pid, name from processes where pid = 1"}'
is "the session ends once the requests are answered" "$status" 0
is "order of the replies" "$(reply 'map(.op)')" '["hello","columns","rows","done"]'
is "hello" "$(reply '.[0] | [.protocol, (.agent | type), (.privileged | type), (.time > 1600000000), (.ops | contains(["query", "tables", "cancel", "ping"]))]')" \
	'[1,"string","boolean",true,true]'
is "hello tells the host's name" "$(reply '.[0].host.name')" "\"$(uname -n)\""
is "hello tells the kernel" "$(reply '.[0].host | [.kernel, .arch]')" "[\"$(uname -r)\",\"$(uname -m)\"]"
is "columns" "$(reply '.[1] | del(.op)')" \
	'{"id":1,"columns":[{"name":"pid","type":"BIGINT"},{"name":"name","type":"TEXT"}]}'
is "rows" "$(reply '.[2] | del(.op)')" "{\"id\":1,\"rows\":[[1,\"$(cat /proc/1/comm)\"]]}"
is "done" "$(reply '.[3] | [.id, .rows, (.ms | type), .warnings]')" '[1,1,"number",[]]'

by_hand '{"op":"ping","id":1}
{"op":"query","id":2,"sql":"select :a || :b as ab","params":{"a":"x","b":"'\''; drop"}}
{"op":"dance","id":3}
{"op":"query","id":4,"sql":"select * from nonsense"}
this is no JSON
{"op":"query","id":5,"sql":"select 1","later":"a member nobody knows yet"}'
is "what went wrong ends nothing" "$status" 0
is "ping" "$(reply 'map(select(.op == "pong").id)')" '[1]'
is "parameters are bound" "$(reply 'map(select(.op == "rows" and .id == 2).rows)')" "[[[\"x'; drop\"]]]"
is "unknown words are unsupported" "$(reply 'map(select(.op == "error" and .id == 3).code)')" '["unsupported"]'
is "no such table" "$(reply 'map(select(.op == "error" and .id == 4)) | map([.code, .message])')" \
	'[["sql","no such table: nonsense"]]'
is "a malformed line" "$(reply 'map(select(.op == "error" and .id == null).code)')" '["usage"]'
is "unknown members are ignored" "$(reply 'map(select(.op == "rows" and .id == 5).rows)')" '[[[1]]]'

# A request that takes for ever, cancelled; the other one is answered meanwhile.
endless='with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n'
by_hand '{"op":"query","id":1,"sql":"'"$endless"'"}
{"op":"query","id":2,"sql":"select 2"}
{"op":"cancel","id":3,"target":1}'
is "cancelled" "$(reply 'map(select(.id == 1 and .op != "columns") | [.op, .code])')" '[["error","cancelled"]]'
is "the other one is answered" "$(reply 'map(select(.op == "rows" and .id == 2).rows)')" '[[[2]]]'
is "and the session ends" "$status" 0

by_hand '{"op":"query","id":1,"sql":"'"$endless"'","timeout_ms":300}'
is "out of time" "$(reply 'map(select(.id == 1 and .op != "columns") | [.op, .code])')" '[["error","timeout"]]'

by_hand "{\"op\":\"query\",\"id\":1,\"sql\":\"$(head -c 300000 /dev/zero | tr '\0' x)\"}"
is "an over-long line is refused" "$(reply 'map(select(.op == "error") | [.id, .code])')" '[[null,"limit"]]'
