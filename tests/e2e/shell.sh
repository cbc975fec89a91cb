#!/bin/bash
# `tocsin shell`: at a terminal, and with lines from elsewhere.
# shellcheck disable=SC2016 # backquotes and ${…} of what is typed
. "$(dirname "$0")/../lib.sh"
need python3 jq

export HOME=$T/home TERM=xterm
unset INPUTRC
mkdir -p "$HOME/.config/tocsin"
history=$XDG_STATE_HOME/tocsin/shell_history
top=$PWD
cd "$T" || exit 2
printf '%s ansible_connection=local\n' web1 web2 db1 >hosts
printf '[webs]\nweb1\nweb2\n' >>hosts
echo 'say from a file' >sayso.runbook

# chat NAME: steps on stdin (tests/tools/chat), all of which come true, and status 0.
chat() {
	cat >steps
	run "$top/tests/tools/chat" steps "$TOCSIN" -i hosts shell
	is "$1" "$status ${out##*NO MATCH}" "0 $out"
}
# pipe LINE…: from elsewhere.
pipe() {
	run bash -c 'printf "%s\n" "$@" | "$TOCSIN" -i hosts shell' - "$@"
}

# ---- At a terminal ----

chat 'questions and rows' <<'END'
> tocsin> 
< query select 6 * 7 as answer\n
> web. +42\n
> 3 of 3 hosts answered; 3 rows
> tocsin> 
< when rows == 3\n
>    \.\.\.> 
< say there are three\n
>    \.\.\.> 
< end\n
> tocsin: say there are three\n
> tocsin> 
< expect rows == 4 or there should be four\n
> tocsin: found 3; there should be four\n
> tocsin> 
< frobnicate\n
> no command `frobnicate`
> tocsin> 
< quit\n
END
chat 'SQL over several lines' <<'END'
> tocsin> 
< select 'a;b' as a, -- one;\n
>    \.\.\.> 
<   'c\n
>    \.\.\.> 
< d' as b\n
>    \.\.\.> 
< ;\n
> web1 +a;b +c\\nd\n
> tocsin> 
< query -o csv \\\n
>    \.\.\.> 
< "select 1 as one"\n
> web., ?1\n
> tocsin> 
< WITH x(y) AS (select 5) SELECT y FROM x;\n
> web. +5\n
> tocsin> 
< \x04
END
chat 'targets' <<'END'
> tocsin> 
< query -t db1 "select 1 as one"\n
> 1 of 1 hosts answered
> tocsin> 
< target webs\n
> tocsin webs> 
< select 1;\n
> 2 of 2 hosts answered
> tocsin webs> 
< batch ./sayso.runbook -t db1\n
> say from a file
> tocsin webs> 
< select 1;\n
> 2 of 2 hosts answered
< target nowhere\n
> no host or group `nowhere`
< select 1;\n
> 2 of 2 hosts answered
> tocsin webs> 
< target all\n
> tocsin> 
< exit\n
END
chat 'actions' <<'END'
> tocsin> 
< query -t web1 "select pid, start_time from processes where pid = 1"\n
> web1 +1 
> tocsin> 
< kill --rows --dry-run\n
> web1 +kill +1@
> tocsin> 
< kill 4194304 -t web1 --dry-run\n
> web1 +kill +4194304
> tocsin> 
< \x04
END
chat 'Ctrl-C' <<'END'
> tocsin> 
< query select 1 as wro\x03
> \^C\ntocsin> 
< when rows == 1\n
> nothing was asked
< select 1\n
>    \.\.\.> 
< \x03
> \^C\ntocsin> 
< with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n;\n
> asking 3 hosts
< \x03
> 0 of 3 hosts answered
> tocsin> 
< select 7 as seven;\n
> web. +7\n
> tocsin> 
< \x04
END
hasnt 'what was given up is not asked' "$out" 'no such column'

# ---- History ----

check 'the history is a file' test -s "$history"
is 'of this user alone' "$(stat -c %a "$history")" 600
has 'it has what was typed' "$(cat "$history")" '^select 7 as seven;$'
hasnt 'but not what was given up' "$(cat "$history")" 'wro'
# Killed: what was typed is there all the same.
printf '%s\n' '> tocsin> ' '< say one of a kind\n' '> tocsin: say one' '> tocsin> ' >steps
background "$top/tests/tools/chat" steps "$TOCSIN" -i hosts shell </dev/null >/dev/null
wait_for 20 grep -q 'one of a kind' "$history"
end_tree "$pid"
has 'killed, it is kept' "$(tail -n 1 "$history")" 'one of a kind'
chat 'it is there in the next one' <<'END'
> tocsin> 
< \x10\n
> tocsin: say one of a kind
> tocsin> 
< \x04
END

# ---- Completion ----

chat 'completion' <<'END'
> tocsin> 
< run acct-uid\t\n
> run acct-uid0 \n(.*\n)*.* 3 of 3 hosts answered
> tocsin> 
< target we\x1b?
> web1 +web2 +webs
< bs\n
> tocsin webs> 
< target d\t\n
> tocsin db1> 
< query -o mark\t"select 1 as one"\n
> \| db1 \| 1 \|
> tocsin db1> 
< query --max-r\t1 "select 2 as two"\n
> db1 +2
> tocsin db1> 
< select minutes from upti\twhere total_sec\t> 0;\n
> select minutes from uptime where total_seconds > 0;\n
> db1 +\d+
> tocsin db1> 
< select pid\n
>    \.\.\.> 
< from proc\x1b?
> processes
< esses where pid = 1;\n
> db1 +1\n
> tocsin db1> 
< run net-ip-sweep i\x1b?
> ip=
< \x15batch sweep-add\tip=203.0.113.99 --check\n
> # db1: 1 host: db1
> tocsin db1> 
< include say\t\n
> say from a file
> tocsin db1> 
< on-error cont\t\n
> on-error continue *\n
> tocsin db1> 
< exp\trow\t== 2\n
> tocsin: found 1
> tocsin db1> 
< \x04
END

# ---- From elsewhere ----

pipe 'query select 1 as one' frob 'expect rows == 7' 'when rows == 3' 'say three' end 'target web1' \
	'query select 2 as two' 'kill --rows' quit 'say later'
is 'lines: status' "$status" 0
has 'lines: rows' "$out" '^web1 +2$'
hasnt 'lines: no prompt' "$out$err" 'tocsin>|query select'
has 'lines: a mistake ends nothing' "$err" 'no command `frob`'
has 'lines: the last result' "$err" 'found 3'
has 'lines: a block' "$err" '^tocsin: say three$'
has 'lines: kill asks' "$err" 'needs --yes'
hasnt 'lines: quit' "$err$out" 'later'
pipe 'kill 4194304 -t web1 --yes'
has 'lines: --yes' "$out" '^web1 +kill +4194304'
pipe 'select 8' 'as eight'
has 'SQL without its end' "$out" '^web1 +8$'
pipe 'query select 1' 'when rows > 0' 'say never'
has 'a block without its end' "$err" 'when has no end'
hasnt 'which is not run' "$err" 'say never'
pipe shell
has 'no shell in a shell' "$err" 'wants a terminal of its own'
pipe 'select ${x};' 'select :y;'
has 'no value in SQL' "$err" 'no value is pasted'
has 'nor one that is not there' "$err" ':y has no value'
run bash -c '(head -c 3000000 /dev/zero | tr "\0" x; echo; echo say after) | "$TOCSIN" -i hosts shell'
has 'a long line' "$err" 'too long'
has 'a long line: it goes on' "$err" 'say after'
run bash -c 'printf "say \377\nselect \"\377\";\nsay \0x\nsay after\n" | "$TOCSIN" -i hosts shell'
is 'lines that are no text' "$(grep -c 'UTF-8' <<<"$err") $(grep -c 'say after' <<<"$err")" '2 1'

# What was asked is remembered.
pipe 'select 314 as pie;' 'run acct-uid0'
run "$TOCSIN" history -o json
is 'lines are remembered' "$(jq -r '[.[].question] | map(select(test("314|acct-uid0"))) | unique | join(",")' <<<"$out")" \
	'acct-uid0,select 314 as pie'
