#!/bin/bash
# The roles query and tables of tocsin-agentd, and its usage.
. "$(dirname "$0")/../lib.sh"
need jq

agent() { run "$AGENTD" "$@"; }
numbers='with recursive n(i) as (select 1 union all select i + 1 from n limit 100000) select i from n'
endless='with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n'

# ---- query ----

agent query 'select 6 * 7 as x, null as n, 1.5 as r, x'"'00ff'"' as b, '"'a' || char(27) || 'b'"' as t' -o json
is "json" "$(jq -c . <<<"$out")" '[{"x":42,"n":null,"r":1.5,"b":{"b64":"AP8="},"t":"a\u001bb"}]'
agent query -o csv 'select 1 as a, '"'x,y'"' as b'
is "csv" "$(tr -d '\r' <<<"$out")" $'a,b\n1,"x,y"'
agent query -ondjson --max-rows 3 "$numbers"
is "max-rows" "$(jq -sc 'map(.i)' <<<"$out")" '[1,2,3]'
has "it says that there is more" "$err" 'truncated after 3 rows'
agent query "select char(27) || '[31m' as t"
hasnt "nothing reaches the terminal unescaped" "$out" $'\e'
agent query --param 'a=it'"'"'s' --param b=7 -o tsv 'select :a as a, :b + 1 as b'
is "param" "$out" "$(printf "a\tb\nit's\t8")"
out=$(echo 'select 3 as x' | "$AGENTD" query -o tsv -)
is "SQL on standard input" "$out" "$(printf 'x\n3')"
agent query -o tsv -- '-- a comment
select 4 as x'
is "SQL that begins with a comment" "$out" "$(printf 'x\n4')"

refused() {
	local name=$1 want=$2
	shift 2
	agent "$@"
	is "$name: status" "$status" 2
	has "$name: words" "$err" "$want"
	is "$name: no output" "$out" ""
}
refused "no such table" 'no such table: nonsense' query 'select * from nonsense'
refused "SQL that writes" 'tocsin-agentd: query: ' query 'create table t(x)'
refused "no SQL" 'takes one argument' query
refused "too much SQL" 'takes one argument' query 'select 1' 'select 2'
refused "no such format" 'no format "xml"' query -o xml 'select 1'
refused "no such option" 'no option --nonsense' query --nonsense 'select 1'
refused "param without a value" '"a" is not NAME=VALUE' query --param a 'select :a'
refused "param without a name" '"=a" is not NAME=VALUE' query --param =a 'select :a'
refused "param that is no text" 'is not UTF-8' query --param $'a=\xff' 'select :a'
refused "no such root" "/nowhere: No such file or directory" query --root /nowhere 'select 1'
refused "root that is no directory" "Not a directory" query --root /etc/passwd 'select 1'
refused "timeout out of range" '--timeout' query --timeout 0 'select 1'

agent query --timeout 0.2 "$endless"
is "out of time: status" "$status" 3
has "out of time: words" "$err" '^tocsin-agentd: query: .*(time|0\.2)'
"$AGENTD" query "$numbers" 2>"$T/err" >/dev/full
is "a full disk: status" $? 3
has "a full disk: words" "$(cat "$T/err")" 'query: cannot write the answer: No space left on device'
"$AGENTD" query -o ndjson "$numbers" 2>"$T/err" | head -n 1 >/dev/null
is "a reader that goes away: status" "${PIPESTATUS[0]}" 0
is "a reader that goes away: words" "$(cat "$T/err")" ""

# Its time does not go on meanwhile.
"$AGENTD" query --timeout $SLOW -o ndjson "$numbers" 2>"$T/err" | { sleep $((2 * SLOW)); wc -l >"$T/rows"; }
is "a reader that is late: status" "${PIPESTATUS[0]}" 0
is "a reader that is late: words" "$(cat "$T/err")" ""

background "$AGENTD" query "$endless" 2>"$T/err" >/dev/null
computing() { [ "$(awk '{ print $14 + $15 }' "/proc/$pid/stat")" -gt 5 ]; }
wait_for 20 computing
kill -INT "$pid"
wait "$pid"
is "interrupted: status" $? 3
has "interrupted: words" "$(cat "$T/err")" 'cancelled|interrupted'

mkdir -p "$T/root/etc"
echo 'eve:x:4711:4711::/:/bin/sh' >"$T/root/etc/passwd"
agent query --root "$T/root" -o tsv 'select uid, username from users'
is "another root" "$out" "$(printf 'uid\tusername\n4711\teve')"

# ---- tables ----

agent tables -o tsv
is "tsv: three fields, no header" "$(awk -F'\t' 'NF != 3 || $3 !~ /^(TEXT|INTEGER|(UNSIGNED_)?BIGINT|DATETIME|DOUBLE|BLOB)$/' <<<"$out")" ""
has "tsv: an ordinary column" "$out" $'^processes\tpid\tBIGINT$'
agent tables -o json
hidden=$(jq -r '.[] | select(.flags != null and (.flags | contains("hidden"))) | .table + "\t" + .column + "\t" + .type' <<<"$out" | head -n 1)
agent tables -o tsv
if [ -n "$hidden" ]; then has "tsv: hidden columns, too" "$out" "^$hidden\$"; else skip "tsv: hidden columns, too" "there are none"; fi
agent tables
has "names and docs" "$out" '^users +[A-Z].*\.$'
agent tables users
has "one table's columns" "$out" '^username +TEXT '
agent tables users -o csv
is "header of a table's columns" "$(head -n 1 <<<"$out" | tr -d '\r')" 'column,type,flags,doc'
refused "no such table to list" 'no table "procesess"; did you mean "processes"\?' tables procesess
refused "two tables" 'one table at most' tables users groups
"$AGENTD" tables >/dev/full 2>"$T/err"
is "tables on a full disk" "$?: $(cat "$T/err")" "3: tocsin-agentd: tables: cannot write: No space left on device"

# ---- Usage ----

agent
is "no role" "$status" 2
has "no role: usage on stderr" "$err" '^usage: tocsin-agentd ROLE'
refused "unknown role" 'no role "dance"' dance
agent --help
has "help" "$status: $out" '^0: usage: tocsin-agentd ROLE'
agent --version
has "version" "$status: $out" '^0: tocsin-agentd [0-9]'
refused "session with a word" 'takes no argument' session now
for role in session serve query tables; do
	agent $role --help
	has "help of $role" "$status: $out" "^0: usage: tocsin-agentd $role"
	for option in $(grep -oE '^ +(-., )?--[a-z-]+' <<<"$out" | grep -oE '\-\-[a-z-]+' | tr -d - | sort -u); do
		tr -d '\\-' <man/tocsin-agentd.8 | grep -qw "$option" || fail "manual of $role" "no word of --$option"
	done
	pass "options of $role are in the manual"
done
