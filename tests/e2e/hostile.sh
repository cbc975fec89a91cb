#!/bin/bash
# Three good hosts among all that tests/tools/evilhost and evilagent can be: the good ones' answers are
# complete, each evil one ends in the right state with words, in bounded time and memory, and no
# byte of theirs reaches a terminal.
. "$(dirname "$0")/../lib.sh"
need jq python3 script
evilhost=$B/tools/evilhost evilagent=$PWD/tests/tools/evilagent

user=$(id -un)
port=$(free_port)
connect_timeout=15 timeout=10
if [ "${SAN:-0}" = 1 ]; then connect_timeout=30 timeout=15; fi
export HOME=$T/home
mkdir -p "$HOME"

# What each must end as, and what must be said of it. Where two ways are sane, both are named.
cat >"$T/expect" <<'END'
tcp-refuse unreachable refused
tcp-drop unreachable time|answer
tcp-silent timed_out .
tcp-close failed|unreachable .
tcp-reset failed|unreachable .
tcp-garbage failed .
tcp-http failed|timed_out .
tcp-ssh1 failed .
tcp-escapes failed .
tcp-banner-hold timed_out .
tcp-banner-close failed .
tcp-banner-half failed .
tcp-trickle timed_out .
tcp-trickle-lines failed|timed_out .
tcp-endless-banner failed|timed_out .
tcp-endless-lines failed|timed_out .
tcp-huge-packet failed|timed_out .
tcp-packet-garbage failed|timed_out .
tcp-packet-half failed .
tcp-ignore-flood failed|timed_out .
good answered -
silent timed_out .
quit failed .
quit-loudly failed .
no-hello failed .
early answered|failed|timed_out -
motd failed .
garbage failed .
garbage-later failed .
protocol failed protocol
protocol-text failed .
hello-bare answered|failed -
hello-twice answered|failed -
rows-first failed .
done-first answered|failed -
cells-more failed .
cells-fewer failed .
cells-none failed .
cell-array failed .
rows-object failed .
endless-rows answered|failed|timed_out -
endless-bytes answered|failed|timed_out -
long-line failed long|limit|large
long-hello failed long|limit|large
empty-lines failed|timed_out .
unknown-flood failed|timed_out .
unknown-op answered -
deep failed .
deep-rows failed .
numbers answered|failed -
numbers-bad failed .
counts answered|failed -
count-wrong answered|failed -
escapes answered -
escapes-hello answered|failed -
escapes-error failed sorry
bidi answered -
utf8 failed .
nul answered|failed -
surrogate failed .
bad-b64 failed .
wrong-id failed|timed_out .
huge-id failed|timed_out .
error-other answered|failed -
error-null failed .
error-code failed .
columns-twice failed .
columns-5000 failed .
columns-none answered|failed -
columns-odd failed .
columns-long failed .
done-twice answered|failed -
rows-after-done answered|failed -
warnings answered|failed -
cell-big answered|failed -
cell-too-big failed .
trickle timed_out .
trickle-hello timed_out .
hang-after-hello timed_out .
hang-after-rows timed_out .
exit-midway failed .
exit-after-hello failed .
stderr-flood failed|timed_out .
stderr-then-good answered -
not-object failed .
not-json failed .
two-on-a-line failed .
duplicate-keys answered|failed -
END
is "every mode of evilagent is expected" "$("$evilagent" --list | cut -f1 | sort)" \
	"$(grep -v '^tcp-' "$T/expect" | cut -d' ' -f1 | sort)"

# ---- The hosts ----

mkfifo "$T/alive"
exec 9<>"$T/alive"
background "$evilhost" <&9 >"$T/evilhosts" 2>"$T/evilhost.err"
wait_for 10 grep -q '^$' "$T/evilhosts" || all_skipped "evilhost: $(cat "$T/evilhost.err")"
is "every mode of evilhost is expected" "$(sed '/^$/,$d; s/ .*//' "$T/evilhosts" | sort)" \
	"$(sed -n 's/^tcp-\([^ ]*\).*/\1/p' "$T/expect" | sort)"

mapfile -t modes < <(grep -v '^tcp-' "$T/expect" | cut -d' ' -f1)
matches=()
i=0
for mode in "${modes[@]}"; do
	i=$((i + 1))
	matches+=("Match LocalAddress 127.3.0.$i" "ForceCommand exec python3 -ISE '$evilagent' $mode")
done
start_sshds evil 127.3.0 1 $i "$port" "${matches[@]}"
start_sshds good 127.3.1 1 3 "$port"
{
	for n in 1 2 3; do echo "friend$n ansible_host=127.3.1.$n ansible_port=$port"; done
	i=0
	for mode in "${modes[@]}"; do
		i=$((i + 1))
		echo "$mode ansible_host=127.3.0.$i ansible_port=$port"
	done
	sed '/^$/,$d' "$T/evilhosts" | while read -r mode p; do
		echo "tcp-$mode ansible_host=127.0.0.1 ansible_port=$p"
	done
	printf '[all:vars]\nansible_user=%s\nansible_ssh_private_key_file=%s\n' "$user" "$T/key"
} >"$T/hosts"
common=(-i "$T/hosts" --known-hosts "$T/known_hosts" -F /dev/null
		-f 32 --connect-timeout "$connect_timeout" --timeout "$timeout")

# ---- All at once ----

read -r wall _ rss status < <(python3 tests/bench/measure.py "$T/out" "$T/err" timeout -k 5 200 \
	"$TOCSIN" "${common[@]}" -o ndjson --report "$T/report" query \
	'select pid, name from processes where pid = 1')
is "status" "$status" 3
is "the good hosts' answers" "$(grep '"friend' "$T/out" | jq -sc 'sort_by(.host) | map([.host, .pid, .name])')" \
	"$(jq -nc --arg n "$(cat /proc/1/comm)" '[["friend1", 1, $n], ["friend2", 1, $n], ["friend3", 1, $n]]')"
is "every host is in the report" "$(jq '.hosts | length' "$T/report")" $((3 + $(wc -l <"$T/expect")))
while read -r host states words; do
	got=$(jq -r --arg h "$host" '.hosts[] | select(.host == $h) | "\(.state) \(.error // "")"' "$T/report")
	if ! grep -qxE "$states" <<<"${got%% *}"; then
		fail "$host" "ended as $got, not $states"
	elif [ "$words" != - ] && [ "${got%% *}" != answered ] && ! grep -qE "$words" <<<"${got#* }"; then
		fail "$host" "no /$words/ in what was said of it: $got"
	else
		pass "$host"
	fi
done <"$T/expect"
is "no more rows than allowed" "$(jq '[.hosts[].rows] | max <= 100000' "$T/report")" true
is "no words longer than a sentence" "$(jq '[.hosts[].error // "" | length] | max < 2000' "$T/report")" true
limit=$(((connect_timeout + timeout + 15) * 1000))
check "in time (${wall%.*} of $limit ms)" test "${wall%.*}" -lt $limit
if [ "${SAN:-0}" = 1 ]; then
	skip "memory" "the sanitizers' is not ours"
else
	check "memory ($rss KB)" test "$rss" -lt 262144
fi
hasnt "no crash" "$(cat "$T/err")" 'Sanitizer|runtime error|[Ss]egmentation|Aborted'
is "stderr holds no control byte" "$(LC_ALL=C tr -d '\n\040-\176\200-\377' <"$T/err" | wc -c)" 0
is "and is no flood" "$(($(wc -c <"$T/err") < 300000))" 1

# ---- The same agents behind a program in place of ssh ----

cat >"$T/notssh" <<END
#!/bin/sh
# The host's address is the mode.
for word; do
	case \$word in mode.*) exec python3 -ISE "$evilagent" "\${word#mode.}" piped ;; esac
done
exit 255
END
chmod +x "$T/notssh"
for mode in "${modes[@]}"; do echo "$mode ansible_host=mode.$mode"; done >"$T/piped"
run "$TOCSIN" -i "$T/piped" --ssh-command "$T/notssh" -f 32 --connect-timeout "$connect_timeout" \
	--timeout "$timeout" -o ndjson --report "$T/report" query 'select 1'
is "piped: status" "$status" 3
wrong=$(grep -v '^tcp-' "$T/expect" | while read -r host states _; do
	got=$(jq -r --arg h "$host" '.hosts[] | select(.host == $h) | .state' "$T/report")
	grep -qxE "$states" <<<"$got" || echo "$host: $got, not $states;"
done)
is "piped: states" "$wrong" ""
is "piped: stderr holds no control byte" "$(LC_ALL=C tr -d '\n\040-\176\200-\377' <"$T/.err" | wc -c)" 0
is "piped: no agent is left" "$(for p in $(stragglers); do tr '\0' ' ' <"/proc/$p/cmdline" | grep "evilagent [a-z0-9-]* piped"; done)" ""

# ---- On a terminal ----

# With NO_COLOR and -q nothing but text has a reason to come: any control byte is one of theirs.
words="escapes:escapes-hello:escapes-error:bidi:quit-loudly:stderr-then-good:tcp-escapes:motd:friend1:good"
on_screen() { # FORMAT HOSTS
	NO_COLOR=1 script -qec "$(printf '%q ' "$TOCSIN" "${common[@]}" -q -o "$1" -t "$2" query 'select 1')" \
		/dev/null 2>&1 </dev/null
}
for format in table markdown csv tsv; do
	on_screen $format "$words" >"$T/screen"
	# Alone: where other hosts' columns come first, its own are not shown.
	on_screen $format escapes >>"$T/screen"
	is "$format on a terminal: no control byte" \
		"$(LC_ALL=C tr -d '\t\r\n\040-\176\200-\377' <"$T/screen" | od -An -tx1 | head -n 3)" ""
	is "$format on a terminal: no C1, no bidirectional control" \
		"$(LC_ALL=C grep -cP '\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]|\xf3\xa0' "$T/screen")" 0
	has "$format on a terminal: the evil row is there to be seen" "$(cat "$T/screen")" 'evil-row'
done
