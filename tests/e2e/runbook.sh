#!/bin/bash
# Runbooks: what their lines do, the exit statuses, logs, and what is refused before the first line.
# shellcheck disable=SC2016 # ${…} is the runbook's
. "$(dirname "$0")/../lib.sh"
need jq

export HOME=$T/home TERM=dumb
mkdir "$HOME"
top=$PWD
cd "$T" || exit 2
printf '%s ansible_connection=local\n' web1 web2 >hosts
printf 'web1 ansible_connection=local\ngone ansible_host=127.0.0.1 ansible_port=1\n' >some
echo 'gone ansible_host=127.0.0.1 ansible_port=1' >gone

# batch NAME=VALUE…: runs the runbook of standard input.
batch() {
	cat >book
	run "$TOCSIN" -i "${inventory:-hosts}" batch book "$@"
}
# refused NAME PATTERN: the runbook of standard input is, with status 2, before anything is asked.
refused() {
	local name=$1 pattern=$2
	shift 2
	batch "$@"
	is "$name: status" "$status $out" '2 '
	has "$name" "$err" "$pattern"
}

# ---- Statuses ----

batch <<<'query select pid from processes where pid = 1
expect rows == 2'
is 'all good' "$status" 0
batch <<<'query select pid from processes where pid = 1
expect rows == 0 or page the duty analyst
say not reached'
is 'not as expected' "$status" 1
has 'its message' "$err" 'book:2: expect .*found 2; page the duty analyst'
hasnt 'it stops' "$err" 'not reached'
batch <<<'on-error continue
query select pid from processes where pid = 1
expect rows == 0
say reached'
is 'on-error continue: status' "$status" 1
has 'on-error continue' "$err" 'say reached'
inventory=some batch --check <<<'query select pid from processes where pid = 1
expect missing == 0'
is '--check asks nobody' "$status $err" '0 '
inventory=some batch --log some.ndjson --markdown some.md <<<'query select pid from processes where pid = 1
expect missing == 1
expect answered >= 1
expect hosts == 1
say reached'
is 'a host that does not answer: status' "$status" 3
has 'a host that does not answer stops nothing' "$err" 'say reached'
has 'it is named in the log' "$(jq -c 'select(.line == 1) | .troubles[] | [.host, .state, .error]' some.ndjson)" \
	'^\["gone","unreachable",".*refused'
has 'it is named in the report' "$(cat some.md)" '^    gone: unreachable: .*refused'
has 'the report tells at its end what went wrong' "$(sed '1,/^## Outcome/d' some.md)" \
	'^    step 1, incomplete: query select pid'
batch <<<'query select nothing from nowhere'
is 'SQL refused by every host' "$status" 3
inventory=gone batch <<<'on-error continue
query select pid from processes
expect rows == 0
expect column pid == 1
when hosts == 0
	say all is well
else
	say all is lost
end
when answered == 0
	expect missing == 1
	say nobody knows
end'
is 'no host answered: status' "$status" 3
is 'no host answered: nothing is known of rows' "$(grep -c 'no host answered: what they have' <<<"$err")" 3
hasnt 'no host answered: neither way is taken' "$err" 'say all'
has 'no host answered: that is known' "$err" 'say nobody knows'
cat >book <<<'retry 1000 60
	query select 1 as one
	expect rows == 0
end'
"$TOCSIN" -i hosts batch book >out 2>err </dev/null &
pid=$!
wait_for 20 grep -q 'not as expected' err
ln -s book again
for name in book ./again; do
	run "$TOCSIN" -i hosts batch $name
	is "$name runs already" "$status" 2
	has "$name runs already: why" "$err" 'running already'
done
kill -INT "$pid"
wait "$pid"
is 'interrupted' "$?" 130

# ---- Blocks ----

batch <<<'query select pid, name from processes where pid in (1, '$$')
when rows > 100
	say many
else
	foreach row
		query --param p=${row.pid} "select pid, :p as given from processes where pid = :p"
		expect rows == 1
		expect column pid == ${row.pid}
		expect column host == ${row.host}
	end
end
expect rows == 4
say end'
is 'when, foreach: status' "$status" 0
hasnt 'when' "$err" 'say many'
has 'when is told' "$err" '^tocsin: 20[-0-9]+T[0-9:]+Z book:2: when rows > 100: does not hold: found 4$'
is 'foreach asks the row'\''s host' "$(grep -c 'expect column host .*good' <<<"$err")" 4
batch <<<'query select 1 as one, '\''a b'\'' as two
expect column one == 1
expect column two ~ ^a
expect column two != x
retry 3 0.01
	expect rows == 3
end'
is 'retry: status' "$status" 1
is 'retry: attempts' "$(grep -c 'expect rows == 3' <<<"$err")" 3
batch <<<'on-error continue
query select 1 as one
retry 2
	expect rows == 3
	say behind it
end
say at the end'
is 'retry: its lines stop at what is not good' "$(grep -c 'say behind it' <<<"$err")" 0
has 'retry: on-error is as before' "$err" 'say at the end'

batch <<<'timeout 0.3
query with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n
timeout 20
query select 1 as one'
is 'timeout: status' "$status" 3
has 'timeout: of the lines behind it' "$err" '^tocsin: web[12], web[12]: timed out: no answer within 0.3 s'
cat >book <<<"retry 1000 0.05
	query select count(*) as n from file where path = '$T/flag'
	expect column n == 1
end
say it came"
rm -f err
"$TOCSIN" -i hosts batch book >out 2>err </dev/null &
pid=$!
wait_for 20 grep -q 'not as expected' err
touch flag
wait "$pid"
is 'retry until it is good: what went wrong before does not count' "$?" 0
has 'retry until it is good' "$(cat err)" 'say it came: good'

# ---- Values ----

value="it's
a \"b\" --yes; select \${x} \$(id)"
batch "v=$value" <<<'query select :v as v
write v.json'
is 'a value is bound' "$(jq -r '.[0].v' v.json)" "$value"
is 'a value is bound: status' "$status" 0
printf 'param a=1  a number\r\nquery select :a as a\r\nexpect column a == 1\r\n' >book
run "$TOCSIN" -i hosts batch book
is 'CRLF and a default' "$status" 0
refused 'a value would be an option' 'begins with -' --yes p=--force <<<'delete ${p}'
refused 'a value in SQL' 'book:1:7: no value is pasted' x=1 <<<'query select ${x}'
refused 'a missing value' 'book:2:6: \$\{x\} has no value: give x=' <<<'# one
 say ${x}'
refused 'a missing value of SQL' ':x has no value' <<<'query select :x'
refused 'a value that nobody takes' 'no variable `y`' y=1 <<<'say x'
refused 'text of a host names no file' 'no text of a host' <<<'query select 1
foreach row
write /tmp/${row.one}
end'

# What a host says is a value like any other: never split, an option, SQL, or a terminal's business.
batch -t web1 --yes --log hostile.ndjson --markdown hostile.md <<<'on-error continue
query select '\''it'\'\''s'\'' || char(10) || '\''"--yes" $'\'' || '\''{x} '\'' || char(27) || '\''[31m; drop'\'' as evil, \
	'\''--force'\'' as dash, x'\''6100'\'' as blob, cast(x'\''fe41'\'' as text) as bad, '\'\'' as empty
foreach row
	query --param p=${row.evil} "select :p as got"
	expect column got == ${row.evil}
	write got.json
	run user-sweep user=${row.evil}
	delete ${row.dash}
	delete -- ${row.dash}
	kill ${row.evil}
	say ${row.evil}
	say ${row.blob}
	query --param p=${row.bad} "select :p as got"
	kill ${row.empty}
	say to the end
end'
is 'values of hosts: status' "$status" 3
is 'values of hosts: bound as they are' "$(jq -r '.[0].got' got.json)" 'it'\''s
"--yes" ${x} '$'\e''[31m; drop'
has 'values of hosts: compared as they are' "$err" ':6: expect column got == .*: good$'
has 'values of hosts: a parameter' "$err" ':8: run user-sweep "user=it.*: good$'
has 'values of hosts: no option' "$err" ':9: delete --force: failed: book:9:9: .* begins with -'
has 'values of hosts: no option behind --' "$err" '^tocsin: `--force` is no absolute path'
has 'values of hosts: no process' "$err" ':11: kill .*: failed$'
has 'values of hosts: escaped' "$err" ':12: say "it.s\\n.*x1b\[31m; drop": good$'
has 'values of hosts: a NUL' "$err" ':13: say: failed: book:13:6: there is no \$\{row.blob\}, or it holds a NUL'
has 'values of hosts: no text' "$err" '^tocsin: the value of p is not UTF-8'
has 'values of hosts: none' "$err" ":15: kill '': failed"
has 'values of hosts: the line after them' "$err" 'say to the end: good'
hasnt 'values of hosts: nothing for a terminal' "$err$(cat hostile.md)$(cat hostile.ndjson)" $'\e'
is 'values of hosts: a log of JSON lines' "$(jq -c .event hostile.ndjson | sort | uniq -c | tr -s ' \n' ' ')" \
	' 1 "begin" 1 "end" 13 "step" '

# ---- What does not parse ----

refused 'unknown command' 'book:1:1: no command `frobnicate`' <<<'frobnicate'
refused 'the last line counts too' 'book:2:1: no command `kil`; did you mean kill' <<<'query select 1
kil 1'
refused 'a joined line' 'book:3:5: \$\{b\} has no value' a=1 <<<'say \
  first ${a} \
  x ${b}'
refused 'unclosed block' 'book:2:3: when has no end' <<<'query select 1
  when rows > 1'
refused 'end of nothing' 'book:1:1: end without' <<<'end'
refused 'an unknown query' 'book:1:5: no saved query' <<<'run no-such-query'
refused 'an unknown option' 'book:2:15: no option --row' <<<'query select 1
	kill --tree  --row'
refused 'an unknown parameter' 'book:1:15: no parameter `foo`' <<<'run acct-uid0 foo=1'
refused 'no number' 'book:2:20: `none` is not a number' <<<'query select 1
	when    rows  >=  none
end'
refused 'a value that is no number' 'book:2:16: `few` is not a number' most=few <<<'query select 1
expect rows <= ${most}'
refused 'no condition' 'book:2:8: expect: a condition is rows, ' <<<'query select 1
expect row == 1'
refused 'no pattern' 'book:2:19: `\(`: Unmatched' <<<'query select 1
expect column 1 ~ (
say never'
refused 'no format' 'book:2:14: no format `cvs`' <<<'query select 1
write /tmp/x cvs'
refused 'no time' 'book:1:9: `soon` is not a number of seconds' s=soon <<<'timeout ${s}'
refused 'no host' 'book:1:8: ' <<<'target nowhere'
refused 'no host of -t' 'no host or group `nowhere`' -t nowhere <<<'query select 1'
refused 'no host for a line' 'book:1:1: not-there: No such file' -i not-there <<<'query select 1'
refused 'nothing asked' 'book:1:1: nothing was asked' <<<'expect rows == 1'
refused 'a file that is not there' 'book:1:1: .*No such file' <<<'include not-there'
refused 'an action without --yes' 'needs --yes' <<<'kill 4194304'
echo 'say from the other' >other
batch <<<'include other'
has 'include' "$err" 'other:1: say from the other'
echo 'include book' >other
refused 'including itself' 'more than 8 files' <<<'include other'
head -c 10000000 /dev/zero | tr '\0' x >long
run "$TOCSIN" -i hosts batch long
is 'a line of 10 MB' "$status $(grep -c 'long:1:1: the line is longer' <<<"$err")" '2 1'

# ---- Logs, reports, locks, no surroundings ----

batch --log log.ndjson --markdown report.md --reason x <<<'query select 1 as "a|b"
expect rows == 1'
is 'log' "$(jq -c 'select(.event == "step") | [.line, .outcome, .status, .rows]' log.ndjson | tr '\n' ' ')" \
	'[1,"good",0,2] [2,"not as expected",1,null] '
is 'log: begin' "$(head -n 1 log.ndjson | jq -c '[.event, .target, .values, .dry_run]')" '["begin","all",{},false]'
is 'log: end' "$(tail -n 1 log.ndjson | jq -c '[.event, .status, .steps]')" '["end",1,2]'
has 'report' "$(cat report.md)" '^\| host \| a\\\|b \|$'
has 'report: end' "$(cat report.md)" '^Exit status 1'
printf 'before\n' >stdout
batch --markdown /dev/stdout <<<'say x'
has 'a report to standard output' "$out" '^Exit status 0'
"$TOCSIN" -i hosts batch book --markdown /dev/stdout >>stdout 2>/dev/null
is 'a report to a file by redirection' "$(head -n 1 stdout; grep -c '^Exit status 0' stdout)" 'before
1'
run "$TOCSIN" history -o json
is 'what lines ask is remembered' "$(jq -c '[.[] | select(.question | startswith("select :v as v v=")) | [.target, .hosts, .answered, .rows]] | .[0]' <<<"$out")" \
	'["all",2,2,2]'
batch --log v.ndjson "v=$value" <<<'run user-sweep user=${v}'
is 'a value in the log' "$(jq -r 'select(.event == "begin") | .values.v' v.ndjson)" "$value"
batch <<<'run acct-uid0
query select 1 as one
run ld-so-preload'
is 'results have titles' "$(grep -c '^[a-z0-9-]*: ' <<<"$out") $(grep -c '^$' <<<"$out")" '2 2'
batch --check <<<'query select 1
kill --rows'
is '--check: status' "$status" 0
is '--check' "$out" '# all: 2 hosts: web1 web2
query select 1
kill --rows'
batch --check "v=$value" <<<'query --param a=1 "select :v as v, \
		:a as a"
run user-sweep user=${v}
when rows > 0
	foreach row
		target ${row.host}
		say ${row.username} and ${v}
	end
else
	target web1
	say "" "it'\''s" \#
end'
has '--check: what a value is' "$out" "^run user-sweep \"user=it's\\\\na "
is '--check: all else' "$(grep -v '^run \|^query' <<<"$out")" '# all: 2 hosts: web1 web2
when rows > 0
  foreach row
    target ${row.host}
    say ${row.username} and ${v}
  end
else
  target web1
  # web1: 1 host: web1
  say '"'' \"it's\" '#'"'
end'
batch <<<"$(run "$TOCSIN" -i hosts batch account-compromise user=root --check; echo "$out")"
is '--check prints what runs' "$status" 1
has '--check prints what runs: to its end' "$err" 'the account runs programs'
cat >book <<<'query select 1'
(
	exec 9<book
	flock 9
	run "$TOCSIN" -i hosts batch book
	is 'others who may read it do not hold it up' "$status" 0
	run env -i "$TOCSIN" -i hosts batch book
	is 'without HOME it is locked too' "$status" 2
	has 'without HOME it is locked too: why' "$err" 'running already'
)
printf '%s\n' 'query select 1' 'query select 2' 'query select 3' >book
run env -i "$TOCSIN" -i hosts batch book
is 'without HOME and terminal' "$status" 0
is 'without HOME: that nothing is remembered is said once' "$(grep -c 'not remembered' <<<"$err")" 1
run "$TOCSIN" -i hosts --read-only --yes batch - <<<'x'
is 'standard input that is empty' "$status" 0

batch <<<'on-error continue
confirm really
say not reached'
is 'confirm without a terminal' "$status" 3
has 'confirm: why' "$err" 'confirm really: failed: nobody agreed'
hasnt 'confirm ends it all' "$err" 'not reached'
batch <<<'on-error continue
retry 2
	confirm really
end
say not reached'
is 'confirm is not asked again' "$(grep -c 'confirm really' <<<"$err")" 1
hasnt 'confirm ends it all, in a block' "$err" 'not reached'

# confirm at a terminal: answered NAME KEYS WANTED PATTERN
answered() {
	printf '%s\n' '> really do this \[y/N\] ' "< $2" >steps
	run "$top/tests/tools/chat" steps "$TOCSIN" -i hosts batch book
	is "confirm, $1: status" "$status" "$3"
	has "confirm, $1" "$out" "$4"
}
printf '%s\n' 'on-error continue' 'confirm really do this' 'say reached' >book
if command -v python3 >/dev/null; then
	answered 'yes' 'yes\n' 0 'say reached: good'
	answered 'no' 'n\n' 3 'confirm really do this: failed: nobody agreed'
	answered 'nothing' '\n' 3 'nobody agreed'
	answered 'Ctrl-D' '\x04' 3 'nobody agreed'
	answered 'Ctrl-C' '\x03' 130 'confirm really do this: interrupted'
	hasnt 'confirm, Ctrl-C: it ends' "$out" 'say reached'
fi
run "$TOCSIN" -i hosts batch book --dry-run
is 'confirm, --dry-run' "$status" 0
has 'confirm, --dry-run: nobody is asked' "$err" 'confirm really do this: good: nobody was asked'

batch <<<'query select 1 as one
foreach row
	say ${row.nothing}
end'
is 'a column that is not there' "$status" 3
has 'a column that is not there: where' "$err" 'book:3:6: there is no \$\{row.nothing\}'

# ---- Only what deviates, SQL over the rows, runs that are remembered ----

library=$HOME/.config/tocsin/queries
mkdir -p "$library/mine" tree
printf '%s\n' '-- name: tree' '-- title: Files of a tree' '-- key: path' \
	"select path, size from file where directory = '$T/tree'" >"$library/tree.sql"
echo one >tree/one
run "$TOCSIN" -i hosts run tree
run "$TOCSIN" baseline tree
old=$("$TOCSIN" history tree -o json | jq ".[0].run")
echo two >tree/two
batch --log rows.ndjson --markdown rows.md <<<"run tree --new
expect rows == 2
expect column path == $T/tree/two
foreach row
	query select 1 as one
	expect rows == 1
end
run tree --fold
expect rows == 4
run tree --sql \"select host, path from rows where path like '%/one'\"
expect hosts == 2
write rows.csv
write rows.lines.ndjson
write rows.ecs.ndjson
run tree --sql 'select count(*) as n from rows'
expect column n == 4
expect hosts == 0
run tree --sql \"select host || 'x' as host from rows\"
expect hosts == 2
run tree --sql 'select count(*) as n from rows'
write n.csv
diff tree
expect rows == 0
diff $old $((old + 1))
expect rows == 2
expect column change == added
expect column host ~ ^web
diff $old $((old + 1)) --sql 'select count(*) as n from rows'
expect column n == 2
diff $old $((old + 1)) --fold
expect rows == 2
foreach row
	expect column change == added
end
show $old
expect rows == 2
show $old --sql 'select max(path) as path from rows'
expect column path == $T/tree/one
say to the end"
is 'rows that were made of others: status' "$status" 0
has 'rows that were made of others: to the end' "$err" 'say to the end: good'
is 'they are written' "$(sort rows.csv | tr -d '\r' | tr '\n' ' ')$(tr -d '\r' <n.csv | tr '\n' ' ')" \
	"host,path web1,$T/tree/one web2,$T/tree/one n 4 "
is 'in the format of the ending' \
	"$(jq -r 'has("path")' rows.lines.ndjson | uniq) $(jq -r '.tocsin | has("path")' rows.ecs.ndjson | uniq)" 'true true'
is 'and told in the log' "$(jq -c 'select(.text | tostring | test("^(run|diff|show)")) | [.rows, .hosts]' rows.ndjson | tr '\n' ' ')" \
	'[2,2] [4,2] [2,2] [1,2] [4,2] [1,2] [0,null] [2,null] [1,null] [2,null] [2,null] [1,null] '
has 'and in the report' "$(cat rows.md)" "^\| web1 \| added \| $T/tree/two "
batch --yes <<<"on-error continue
run tree --new
kill --rows --dry-run
run tree --sql \"select host, path || 's' as path from rows where path like '%/one'\"
delete --rows --dry-run
show $old
delete --rows --dry-run
run tree --sql 'select max(path) as path from rows'
delete --rows --dry-run
foreach row
	say not reached
end"
is 'not every row is one to act on' "$status" 3
has 'those that deviate are' "$err" '^tocsin: these rows name no process'
has 'those of --sql are' "$out" "^web2 +delete +$T/tree/ones "
has 'those of before are not' "$err" '^tocsin: --rows: these are remembered'
has 'nor those of no host' "$err" '^tocsin: --rows: not every row has the name of a host'
hasnt 'nor is there a host to ask' "$err" 'not reached'

# ---- By name ----

printf '%s\n' '# Asks for nothing much.' '# It does.' 'param a' 'param b=2  more' 'query select :a as a, :b as b' \
	>"$library/mine/own.runbook"
run "$TOCSIN" -i hosts batch own a=1
is 'the own one' "$status $(head -n 1 <<<"$out")" '0 host  a  b'
echo 'say from this folder' >own.runbook
cp own.runbook elsewhere
run "$TOCSIN" -i hosts batch own a=1 --check
has 'a file of that name here does not count' "$out" '^query .*:a'
run "$TOCSIN" -i hosts batch own.runbook --check
is 'but with its ending' "$status $out" '0 say from this folder'
run "$TOCSIN" -i hosts batch elsewhere --check
is 'a file that none is named like' "$status $out" '0 say from this folder'
run "$TOCSIN" -i hosts batch contain case=x --check
has 'one that came with the program' "$out" 'quarantine --reason=x'
echo 'say mine' >"$library/contain.runbook"
run "$TOCSIN" -i hosts batch contain --check
is 'the own one wins' "$status $out" '0 say mine'
run "$TOCSIN" -i hosts batch mornin
is 'a name that is none' "$status" 2
has 'a name that is none: why' "$err" 'no runbook `mornin`.*did you mean morning'
run "$TOCSIN" batch --list -o json
is 'a list of them' "$(jq -c '.[] | select(.name == "own") | [.about, .params]' <<<"$out")" \
	'["Asks for nothing much.","a= b=2"]'
is 'all of them, one of each' "$(jq -r 'map(.name) | join(" ")' <<<"$out")" \
	'account-compromise contain cryptominer morning own sweep-address sweep-hash webshell'
run "$TOCSIN" batch --list
has 'for people too' "$out" '^sweep-hash +sha256= glob=/tmp/%% +Which hosts have this file, and which run it\?$'
run "$TOCSIN" batch
is 'none named' "$status" 2
