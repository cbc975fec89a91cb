#!/bin/bash
# tocsin against real sshd: targets, formats, exit statuses, SQL that means ill, keys and host keys.
. "$(dirname "$0")/../lib.sh"
need jq ssh sha256sum stat

user=$(id -un)
port=$(free_port)
other=$(free_port)
start_sshds one 127.2.0 1 3 "$port"
cat >"$T/hosts" <<END
[web]
web1 ansible_host=127.2.0.1
web2 ansible_host=127.2.0.2
[db]
db1 ansible_host=127.2.0.3
[all:vars]
ansible_user=$user
ansible_port=$port
ansible_ssh_private_key_file=$T/key
END
# Nothing of whoever runs this may play a part.
export HOME=$T/home XDG_CONFIG_HOME=$T/home/.config XDG_STATE_HOME=$T/home/.state
mkdir -p "$HOME"
common=(-i "$T/hosts" --known-hosts "$T/known_hosts" -F /dev/null)
t() { run "$TOCSIN" "${common[@]}" "$@"; }

# ---- Rows, targets, formats ----

t -o json query 'select pid, name from processes where pid = 1'
is "everybody answers" "$status" 0
is "their rows" "$(jq -c 'sort_by(.host) | map([.host, .pid, .name])' <<<"$out")" \
	"$(jq -nc --arg n "$(cat /proc/1/comm)" '[["db1", 1, $n], ["web1", 1, $n], ["web2", 1, $n]]')"
has "the last line sums up" "$(tail -n 1 <<<"$err")" \
	'^tocsin: 3 of 3 hosts answered; 3 rows in [0-9.]+ s$'
hasnt "nothing else is on stderr" "$(head -n -1 <<<"$err")" .

t -t web -o tsv query 'select 1 as one'
is "targets: a group" "$(sort <<<"$out")" $'host\tone\nweb1\t1\nweb2\t1'
t -t 'all:!web1:!db' -o tsv query 'select 1 as one'
is "targets: a pattern" "$out" $'host\tone\nweb2\t1'
t -t 'nobody*' query 'select 1'
is "targets: no host" "$status" 2
has "and it says so" "$err" 'nobody'

sql="select 1 as i, 2.5 as r, null as n, 'a,\"b\"|c' as t, x'00ff' as b, char(27) || '[31m' as e, '日本' as w"
t -t web1 -o json query "$sql"
is "json" "$(jq -c . <<<"$out")" \
	'[{"host":"web1","i":1,"r":2.5,"n":null,"t":"a,\"b\"|c","b":{"b64":"AP8="},"e":"\u001b[31m","w":"日本"}]'
t -t web1 -o ndjson query "$sql"
is "ndjson" "$(jq -c 'keys_unsorted' <<<"$out")" '["host","i","r","n","t","b","e","w"]'
t -t web1 -o csv query "$sql"
has "csv quotes" "$out" '^web1,1,2\.5,,"a,""b""\|c",'
t -t web1 -o markdown query "$sql"
has "markdown keeps its bars" "$out" 'a,"b"\\\|c'
for format in table markdown; do
	t -t web1 -o $format query "$sql"
	is "$format: no escape byte" "$(LC_ALL=C grep -c $'\x1b' <<<"$out")" 0
done
t -t web1 -o nonsense query 'select 1'
is "no such format" "$status" 2
t -t web1 -o tsv query 'select name as host, pid from processes where pid = 1'
is "a column called host" "$(head -n 1 <<<"$out")" $'host\thost:1\tpid'

# ---- What is true ----

f=$T/file
head -c 100000 /dev/urandom >"$f"
chmod 640 "$f"
t -t web1 -o json query "select sha256, md5 from hash where path = '$f'"
is "hash of a file" "$(jq -r '.[0].sha256' <<<"$out")" "$(sha256sum "$f" | cut -d' ' -f1)"
t -t web1 -o json query "select path, size, mode, uid, inode from file where directory = '$T' and filename = 'file'"
is "facts of a file" "$(jq -r '.[0] | [.size, .mode, .uid, .inode] | map(tostring) | join(" ")' <<<"$out")" \
	"$(stat -c '%s 0%a %u %i' "$f")"
t -o json query "select count(*) as n from users where uid = 0"
is "users of all hosts" "$(jq -c 'map(.n)' <<<"$out")" "$(n=$(awk -F: '$3 == 0' /etc/passwd | wc -l); echo "[$n,$n,$n]")"

# A pager: what the hosts wait meanwhile is none of their time. More than all of the way holds. Looked at
# below, since it takes its time.
late=10
[ "$SLOW" = 1 ] || late=20
late_reader() {
	"$TOCSIN" "${common[@]}" --timeout $late -o tsv query \
		"select i, substr(hex(zeroblob(2000)), 1, 2000) as x from (with recursive n(i) as (select 1 union all select i + 1 from n limit 20000) select i from n)" \
		2>"$T/late.err" </dev/null | { sleep $((late + 2)); wc -l >"$T/late.rows"; }
	echo "${PIPESTATUS[0]}" >"$T/late.status"
}
background late_reader
pager=$pid

# ---- SQL that means ill ----

# refused NAME SQL PATTERN: every host refuses, in words, in bounded time.
refused() {
	local started=$SECONDS
	t --timeout 20 query "$2"
	# A limit that was met may count as an answer that failed.
	case $status:$err in
	2:* | 3:*' limit'* | 3:*'too large'* | 3:*longer*) pass "$1: status" ;;
	*) fail "$1: status" "$status: $err" ;;
	esac
	has "$1: said why" "$err" "$3"
	is "$1: no rows" "$(grep -cE '^(web|db)' <<<"$out")" 0
	[ $((SECONDS - started)) -le $((15 * SLOW)) ] || fail "$1: in time" "$((SECONDS - started)) s"
}
refused "a table of one's own" 'create table t(a)' 'only SELECT is allowed'
refused "writing" "insert into processes(pid) values (1)" 'only SELECT is allowed|may not be modified'
refused "deleting" "delete from users" 'only SELECT is allowed|may not be modified'
refused "attaching" "attach '$T/evil.db' as e" 'only SELECT is allowed'
refused "vacuum into" "vacuum into '$T/evil.db'" 'only SELECT is allowed'
is "nothing was made" "$(ls "$T/evil.db" 2>/dev/null)" ""
refused "an extension" "select load_extension('/tmp/evil.so')" 'may not be called|no such function'
refused "a pragma" 'pragma writable_schema = 1' 'only SELECT is allowed'
refused "two statements" "select 1; delete from users" 'one statement|more than one|only one'
refused "nonsense" 'selec 1' 'syntax error'
refused "no such table" 'select * from nonsense' 'no such table: nonsense'
refused "much memory" 'select length(group_concat(hex(zeroblob(1000000)))) from (with recursive n(i) as (select 1 union all select i + 1 from n limit 1000) select * from n)' \
	'longer than|memory|limit'
refused "a deep expression" "select 1$(printf '+1%.0s' {1..3000}) as n" 'too large .maximum depth'

t --timeout 2 query 'with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n'
case $status in 2 | 3) pass "for ever: status" ;; *) fail "for ever: status" "$status" ;; esac
has "for ever: said why" "$err" 'time'
t -o json --report "$T/report" query 'with recursive n(i) as (select 1 union all select i + 1 from n) select i from n'
is "too many rows are cut" "$(jq -c '[.hosts[] | [.state, .rows, .truncated]] | unique' "$T/report")" \
	'[["answered",100000,true]]'
t query 'select 1'
is "and all are well afterwards" "$status" 0

# ---- Exit statuses, the report ----

t --nonsense query 'select 1'
is "usage" "$status" 2
run "$TOCSIN" -i "$T/missing" query 'select 1'
is "no inventory: status" "$status" 2
has "no inventory: said" "$err" 'missing.*No such file'
run "$TOCSIN" query 'select 1'
is "no inventory at all" "$status" 2

# One host down, one unknown, one with another key than known.
cat >"$T/mixed" <<END
[all]
web1 ansible_host=127.2.0.1 ansible_port=$port
down ansible_host=127.2.0.1 ansible_port=$other
unknown ansible_host=127.0.0.1 ansible_port=$((other + 1))
changed ansible_host=127.2.0.4 ansible_port=$port
[all:vars]
ansible_user=$user
ansible_ssh_private_key_file=$T/key
END
cp "$T/known_hosts" "$T/known_before"
start_sshd two 127.0.0.1:$((other + 1))
start_sshd three 127.2.0.4:"$port"
cp "$T/known_before" "$T/known_hosts"
known_hosts_for one1 127.2.0.4 "$port" >>"$T/known_hosts"
run "$TOCSIN" -i "$T/mixed" --known-hosts "$T/known_hosts" -F /dev/null --report "$T/report" -o tsv query 'select 1 as one'
is "some did not answer: status" "$status" 3
is "some did not answer: states" "$(jq -rc '.hosts | sort_by(.host) | map([.host, .state]) | flatten | join(" ")' "$T/report")" \
	"changed failed down unreachable unknown failed web1 answered"
has "a changed key is called one" "$(jq -r '.hosts[] | select(.host == "changed").error' "$T/report")" 'host key.*(changed|CHANGED)'
has "an unknown key is called one" "$(jq -r '.hosts[] | select(.host == "unknown").error' "$T/report")" 'unknown|not known|not in'
has "a refused connection is called one" "$(jq -r '.hosts[] | select(.host == "down").error' "$T/report")" '[Rr]efused'
is "those that answer are complete" "$out" $'host\tone\nweb1\t1'
has "the summary counts them" "$(tail -n 1 <<<"$err")" '^tocsin: 1 of 4 hosts answered, 2 failed, 1 unreachable; 1 rows? in'

run "$TOCSIN" -i "$T/mixed" -t 'unknown:changed' --known-hosts "$T/known_hosts" --accept-new -F /dev/null \
	--report "$T/report" query 'select 1'
is "--accept-new: states" "$(jq -rc '.hosts | sort_by(.host) | map(.state) | join(" ")' "$T/report")" "failed answered"
is "--accept-new writes the key down" "$(grep -cF "[127.0.0.1]:$((other + 1)) " "$T/known_hosts")" 1
run "$TOCSIN" -i "$T/mixed" -t unknown --known-hosts "$T/known_hosts" -F /dev/null query 'select 1'
is "and from then on it is known" "$status" 0

# ---- Keys ----

ssh-keygen -q -t ed25519 -N '' -f "$T/stranger" </dev/null
ssh-keygen -q -t ed25519 -N secret -f "$T/locked" </dev/null
t -t web1 --private-key "$T/stranger" --report "$T/report" query 'select 1'
is "a key that opens nothing" "$status $(jq -r '.hosts[0].state' "$T/report")" "3 failed"
has "a key that opens nothing: said" "$err" '[Aa]uthenticat|denied'
t -t web1 --private-key "$T/nokey" query 'select 1'
case $status in 2 | 3) pass "no such key: status" ;; *) fail "no such key: status" "$status" ;; esac
has "no such key: said" "$err" 'nokey.*[Nn]o such file'
t -t web1 --private-key "$T/locked" query 'select 1'
case $status in 2 | 3) pass "a passphrase that nobody can type: status" ;; *) fail "a passphrase: status" "$status: $err" ;; esac
has "a passphrase that nobody can type: said" "$err" 'passphrase'

# ---- Where the output goes ----

"$TOCSIN" "${common[@]}" -o tsv query "select value from (with recursive n(value) as (select 1 union all select value + 1 from n limit 90000) select value from n)" \
	2>"$T/err" </dev/null | head -n 3 >"$T/head"
is "a reader that goes away: what it read" "$(wc -l <"$T/head")" 3
hasnt "a reader that goes away: no crash" "$(cat "$T/err")" 'ERROR|Sanitizer|[Ss]egmentation'
wait "$pager"
is "a reader that is late: status" "$(cat "$T/late.status")" 0
is "a reader that is late: every row" "$(cat "$T/late.rows")" 60001
if [ -e /dev/full ]; then
	"$TOCSIN" "${common[@]}" -o tsv query 'select 1' >/dev/full 2>"$T/err" </dev/null
	st=$?
	[ $st != 0 ] && pass "a full disk: status" || fail "a full disk: status" $st
	has "a full disk: said" "$(cat "$T/err")" 'No space left'
fi
# Without --default-signal: a job in the background is started with the signal ignored.
env --default-signal=INT "$TOCSIN" "${common[@]}" --timeout 60 query 'with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n' \
	>"$T/out" 2>"$T/err" </dev/null &
p=$!
pids+=("$p")
# Until a session is up on the other side; others may run on this machine.
session_is_up() {
	local q
	for q in $(stragglers); do
		if grep -qx tocsin-agentd "/proc/$q/comm"; then return; fi
	done
	return 1
}
check "a session is up" wait_for 20 session_is_up
kill -INT $p
wait $p
is "interrupted" $? 130

# ---- The other ways in ----

cat >"$T/ssh_config" <<END
Host *
	UserKnownHostsFile $T/known_hosts
	GlobalKnownHostsFile /dev/null
	IdentitiesOnly yes
	BatchMode yes
END
run "$TOCSIN" -i "$T/hosts" -F "$T/ssh_config" --ssh-command ssh -o tsv query 'select 1 as one'
is "through OpenSSH's own client" "$status $(sort <<<"$out" | tr '\n\t' '; ')" "0 db1 1;host one;web1 1;web2 1;"
cat >"$T/local" <<END
here ansible_connection=local
END
run "$TOCSIN" -i "$T/local" -o json query "select pid, name from processes where pid = $$"
is "this machine itself" "$(jq -c 'map([.host, .pid])' <<<"$out")" "[[\"here\",$$]]"
if [ -e /proc/net/if_inet6 ] && grep -q '^0*1 ' /proc/net/if_inet6; then
	start_sshd six "::1:$((other + 2))"
	printf '[::1]:%s %s\n' $((other + 2)) "$(cut -d' ' -f1,2 "$T/six/host_key.pub")" >>"$T/known_hosts"
	printf 'six ansible_host=::1 ansible_port=%s ansible_user=%s ansible_ssh_private_key_file=%s\n' \
		$((other + 2)) "$user" "$T/key" >"$T/six.hosts"
	run "$TOCSIN" -i "$T/six.hosts" --known-hosts "$T/known_hosts" -F /dev/null -o tsv query 'select 1 as one'
	is "IPv6" "$out" $'host\tone\nsix\t1'
else
	skip "IPv6" "no ::1 here"
fi

# ---- An ordinary user's rights ----

if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
	SSHD_USERS=alice:7001 start_sshd alices 127.2.0.5:"$port"
	echo "box ansible_host=127.2.0.5 ansible_port=$port ansible_user=alice ansible_ssh_private_key_file=$T/key" >"$T/alice.hosts"
	run "$TOCSIN" -i "$T/alice.hosts" --known-hosts "$T/known_hosts" -F /dev/null -o json \
		query 'select count(*) as n from process_envs where pid = 1'
	is "she sees what is hers" "$(jq -c 'map(.n)' <<<"$out")" '[0]'
	has "and is told what was not" "$err" 'process_envs.*permission denied'
else
	skip "an ordinary user's rights" "needs root and mount namespaces"
fi
