#!/bin/bash
# `audit --hosts`: the console's record beside the logs of two hosts (a real sshd and a daemon each), one of which is
# out of reach, one tampered with; and who may read a log. In a pid and a mount namespace: nothing outside can be hit.
. "$(dirname "$0")/../lib.sh"
need_root
within --mount --pid --fork --mount-proc --kill-child
need jq ssh sqlite3 chattr

cat >"$T/agentd.conf" <<'END'
[role chief]
users = root
allow = all
[role analyst]
users = 40002
allow = query get
END
chmod 600 "$T/agentd.conf"
real=$AGENTD
: >"$T/hosts"
# host NAME: its own daemon, state and sshd.
host() {
	local name=$1 port
	background "$real" daemon --run-dir "$T/run-$name" --state-dir "$T/state-$name" --config "$T/agentd.conf" \
		>/dev/null 2>"$T/daemon-$name.log" </dev/null
	wait_for 10 grep -q 'daemon: listening' "$T/daemon-$name.log" || fail "daemon $name" "$(cat "$T/daemon-$name.log")"
	printf '#!/bin/sh\nexec "%s" "$@" --run-dir %s\n' "$real" "$T/run-$name" >"$T/agent-$name"
	chmod 755 "$T/agent-$name"
	port=$(free_port)
	AGENTD=$T/agent-$name SSHD_USERS="analyst:40002" start_sshd "$name" 127.0.0.1:"$port"
	echo "$name ansible_host=127.0.0.1 ansible_port=$port" >>"$T/hosts"
}
host web1
host web2
echo "web3 ansible_host=127.0.0.1 ansible_port=$(free_port)" >>"$T/hosts"
log1=$T/state-web1/audit.ndjson
log2=$T/state-web2/audit.ndjson
# What was done within the second of the oldest line may be older than that: nobody is blamed for it.
begun=$(date +%s)
later() { [ "$(date +%s)" -gt $((begun + 2)) ]; }
wait_for 20 later

t() {
	run "$TOCSIN" -i "$T/hosts" -u "${user:-root}" --private-key "$T/key" --known-hosts "$T/known_hosts" -F /dev/null \
		--connect-timeout $((5 * SLOW)) --no-persist -o json "$@"
}
differences() { jq -c "map([$1])" <<<"${out:-[]}" | tr -d '\n'; }
mkdir "$T/files"
plant() { for f in "$@"; do echo evil >"$T/files/$f"; done; }

# ---- All is well ----

plant a b c
t -t web1 --yes --reason INC-1 delete "$T/files/a"
t -t web1 --yes --reason INC-1 delete "$T/files/none"
t -t web2 --reason INC-2 get "$T/files/b" --to "$T/evidence"
background sleep 1000
t -t web1 --yes kill "$pid"
is 'what was done is done' "$(differences .status)" '[["done"]]'
t -t web1 --yes --dry-run delete "$T/files/c"
t -t 'web1:web2' audit --hosts
is 'nothing differs' "$(differences .difference) $status" '[] 0'
has 'and what agrees is counted' "$err" '3 actions in both records, 0 differences'
t -t web1 query "select a.action, a.target, b.status, a.dry_run, a.reason, a.user, a.problem from audit_log a join audit_log b using (session, request)
	where a.event = 'request' and b.event = 'outcome' and a.action = 'delete'"
is 'the log as a table' "$(jq -c 'map([.action, (.target | sub(".*/"; "")), .status, .dry_run, .reason, .user, .problem])' <<<"$out")" \
	'[["delete","a","planned",1,"INC-1","root",null],["delete","a","done",null,"INC-1","root",null],["delete","none","not_found",1,"INC-1","root",null],["delete","c","planned",1,null,"root",null]]'

# ---- Hosts that are not asked, or do not answer ----

t audit --hosts
is 'a host out of reach' "$(differences '.host, .difference') $status" '[["web3","no answer"]] 3'
has 'is counted' "$err" '0 differences; 1 host gave no answer'
user=analyst t -t web1 audit --hosts
is 'one who may not read it' "$(differences '.host, .difference') $status" '[["web1","no answer"]] 3'
has 'and why' "$(differences .detail)" 'may not read the audit log'
user=analyst t -t web1 query "select count(*) as n from file_lines where path = '$log1'"
is 'nor as a file' "$(differences .n)" '[[0]]'
user=analyst t -t web1 get "$log1" --to "$T/evidence"
is 'nor fetched' "$(differences .status)" '[["refused"]]'
t -t web1 query "select count(*) as n from audit_log where state_dir = '$T/state-web2'"
has 'nor that of another place' "$err" 'shows its own log only'

# ---- What only one of the two knows ----

XDG_STATE_HOME=$T/other t -t web2 --yes --reason INC-3 delete "$T/files/c"
t -t 'web1:web2' audit --hosts
is 'done by another console' "$(differences '.host, .difference, (.target | sub(".*/"; "")), .recorded, .logged, .user, .address, .reason') $status" \
	'[["web2","not recorded","c",null,"done","root","127.0.0.1","INC-3"]] 1'
run "$TOCSIN" -i "$T/hosts" -u root --private-key "$T/key" --known-hosts "$T/known_hosts" -F /dev/null --no-persist -t web2 -o ecs audit --hosts
is 'for a SIEM' "$(jq -c '[.["event.dataset"], .["event.action"], .["user.name"], .["source.ip"], .["event.reason"], .tocsin.difference]' <<<"$out")" \
	'["tocsin.audit","delete","root","127.0.0.1","INC-3","not recorded"]'
t -t web2 audit --hosts --since "$(date -d tomorrow +%F)"
is 'not since tomorrow' "$(differences .difference) $status" '[] 0'
DB=$XDG_STATE_HOME/tocsin/tocsin.db
sqlite3 "$DB" "update act_items set status = 'failed' where target like '%/a'; update act_items set status = 'sent' where target = '$pid';
	insert into acts select 77, time, operator, action, 'INC-4', pattern from acts limit 1;
	insert into act_items (act, number, time, host, target, status) select 77, 0, time, 'web1', '/nowhere', 'done' from acts limit 1;
	insert into act_items (act, number, time, host, target, status) select 77, 1, time, 'web9', '/elsewhere', 'done' from acts limit 1;
	insert into act_items (act, number, time, host, target, status) select 77, 2, time, 'web1', '/refused', 'refused' from acts limit 1;"
t -t web1 audit --hosts
is 'other outcomes, and what was never done' "$(jq -c 'map([.difference, (.target | sub(".*/"; "")), .recorded, .logged]) | sort_by(.[2])' <<<"$out")" \
	"[[\"not logged\",\"nowhere\",\"done\",null],[\"outcome\",\"a\",\"failed\",\"done\"],[\"outcome\",\"$pid\",\"sent\",\"done\"]]"
sqlite3 "$DB" "update act_items set status = 'done' where target like '%/a' or target = '$pid'; delete from act_items where act = 77"

# ---- Logs that were tampered with ----

# Words changed within a line, its length and the file's kept.
at=$(grep -n INC-1 "$log1" | head -n 1 | cut -d: -f1)
chattr -a "$log1"
cat "$log1" >"$T/changed"
sed -i "${at}s/INC-1/INC-8/" "$T/changed"
cat "$T/changed" >"$log1"
t -t 'web1:web2' audit --hosts --since 1h
is 'a line that was changed' "$(jq -c 'map(select(.difference == "chain broken") | [.host, .detail])' <<<"$out")" \
	"[[\"web1\",\"audit.ndjson, line $((at + 1)): \`prev\` is not the hash of the line before\"]]"
is 'is a difference' "$status" 1

# The lines of an action taken away, and the end with them.
at=$(grep -n INC-2 "$log2" | head -n 1 | cut -d: -f1)
chattr -a "$log2"
head -n $((at - 1)) "$log2" >"$T/changed"
cat "$T/changed" >"$log2"
t -t web2 audit --hosts
has 'lines that were taken away' "$(differences '.difference, .detail')" '"chain broken","audit.ndjson, line [0-9]+: .*lines were taken away'
is 'the action in them is missing' "$(jq -c 'map(select(.difference == "not logged") | [.action, (.target | sub(".*/"; "")), .recorded])' <<<"$out")" \
	'[["get","b","done"]]'
is 'and that is told as well' "$status" 1
