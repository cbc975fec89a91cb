#!/bin/bash
# `tocsin-agentd query` without SQL: a prompt on a terminal, driven through one of Python's.
. "$(dirname "$0")/../lib.sh"
need python3

export XDG_STATE_HOME=$T/state HOME=$T/home TERM=xterm
unset INPUTRC
mkdir "$HOME"
history=$T/state/tocsin/agentd_history

# chat [OPTION…]: steps on stdin (tests/tools/chat). $status is the agent's.
chat() {
	cat >"$T/steps"
	run tests/tools/chat "$T/steps" "$AGENTD" query "$@"
}

# ---- Questions ----

chat -o csv <<'END'
> tocsin> 
< select 6 * 7 as answer;\n
> \nanswer\n42\n
> tocsin> 
< select 'a;b' -- one;\n
>    \.\.\.> 
<   as b\n
> \.\.\.> 
< ; \n
> \nb\na;b\n
< \n;\n
> tocsin> 
< select nosuch from users;\n
> no such column: nosuch
> tocsin> 
< \x04
END
is questions "$status ${out##*NO MATCH}" "0 $out"
hasnt questions_no_error "$out" 'one statement|incomplete'
is history "$(head -n 1 "$history" 2>/dev/null)" "select 6 * 7 as answer;"
is history_mode "$(stat -c %a "$history" "$T/state/tocsin" | xargs)" "600 700"

# ---- Commands ----

chat <<'END'
> tocsin> 
< .help\n
> \.schema +TABLE
> tocsin> 
< .tables kernel_\n
> kernel_info .*\n(.*\n)*.*kernel_modules
> tocsin> 
< .schema uptime\n
> total_seconds +BIGINT
> tocsin> 
< .schema uptme\n
> no table "uptme"; did you mean "uptime"
< .mode\n
> \* table
< .mode json\n
< select 1 as a;\n
> \[\n?.*"a": ?1
< .mode paper\n
> no format "paper"
< .nothing\n
> no command \.nothing
< .tables nothing\n
> no table has "nothing" in its name
< .schema proces\n
> did you mean "processes"
< help;\n
> \.schema +TABLE
< .quit\n
END
is commands "$status ${out##*NO MATCH}" "0 $out"

for word in exit 'quit;' .exit; do
	printf '> tocsin> \n< %s\\n\n' "$word" | chat
	is "$word leaves" "$status ${out##*NO MATCH}" "0 $out"
done

# ---- Completion ----

chat -o csv <<'END'
> tocsin> 
< selec\t1 as a;\n
> select 1 as a;\n+a\n1\n
< select total_s\t
< \x15
< select u.us\x01\x0b
< .sch\tupt\t\n
> \.schema uptime +\n(.*\n)+
> tocsin> 
< select min(p.pid) from processes p where p.on_d\t= 1 and .5 < 1;\n
> p\.on_disk = 1 .*\n+min\(p\.pid\)\n\d+\n
< SELECT minutes FROM upti\tWHER\t1;\n
> SELECT minutes FROM uptime WHERE 1;\n+minutes\n\d+
< select version_c\t'1.0', '1.1') as v;\n
> version_compare\('1\.0'.*\n+v\n-1\n
< .quit\n
END
is completion "$status ${out##*NO MATCH}" "0 $out"

# ---- Ctrl-C ----

chat -o csv <<'END'
> tocsin> 
< select 1,\n
> \.\.\.> 
< garbage\x03
> tocsin> 
< select 'fresh' as a;\n
> \na\nfresh\n
> tocsin> 
< with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) as n from n;\n
> from n;\n
< \x03
> cancelled
> tocsin> 
< select 'alive' as a;\n
> \na\nalive\n
> tocsin> 
< \x03
> tocsin> 
< \x04
END
is interrupt "$status ${out##*NO MATCH}" "0 $out"

# ---- Without readline ----

# A library of that name that is not one.
mkdir "$T/lib"
: >"$T/lib/libreadline.so.8"
: >"$T/lib/libreadline.so.7"
if [ "${SAN:-0}" = 1 ]; then
	skip plain "the sanitizers' own libraries come first"
else
	export LD_LIBRARY_PATH=$T/lib
	chat -o csv <<'END'
> tocsin> 
< select 2 + 2 as four;\n
> \nfour\n4\n
> tocsin> 
< select 'half',\n
> \.\.\.> 
< more\x03
> tocsin> 
< select 3 as three;\n
> \nthree\n3\n
> tocsin> 
< \x04
END
	unset LD_LIBRARY_PATH
	is plain "$status ${out##*NO MATCH}" "0 $out"
fi

# ---- Not a terminal ----

run "$AGENTD" query
is no_terminal "$status" 2
has no_terminal_said "$err" 'takes one argument, the SQL'
run "$AGENTD" query --check 'select :a from users'
is check_good "$status$out$err" 0
run "$AGENTD" query --check 'select a from user'
is check_bad "$status $out$err" '2 tocsin-agentd: query: no such table: user (did you mean users?)'
run "$AGENTD" query --check 'select 1; select 2'
is check_two "$status" 2
# A home that cannot be written is none.
XDG_STATE_HOME=/proc/nowhere chat <<'END'
> tocsin> 
< .quit\n
END
is no_home "$status" 0
# Nor is one that is somebody else's, as under sudo.
if [ "$(id -u)" = 0 ]; then
	mkdir "$T/theirs" && chown 12345 "$T/theirs"
	XDG_STATE_HOME=$T/theirs chat <<'END'
> tocsin> 
< .quit\n
END
	is their_home "$status $(find "$T/theirs" -mindepth 1)" "0 "
fi
