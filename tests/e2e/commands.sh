#!/bin/bash
# The console's commands: formats parsed back, states, statuses, report, saved queries.
# shellcheck disable=SC2016 # backquotes in the messages
. "$(dirname "$0")/../lib.sh"
need jq python3 mandoc

# ---- A fleet of stand-ins ----
# Local agents, and an ssh that plays hosts by their names.

cat >"$T/hosts" <<END
[web]
web1
web2
[web:vars]
ansible_connection=local
END
echo 'win ansible_connection=winrm' >"$T/winrm"
cat >"$T/ssh" <<'END'
#!/bin/bash
echo "$*" >"$T/args"
while [ "$1" != -- ]; do shift; done
host=$2
hello() { echo '{"op":"hello","protocol":1,"agent":"9.9","privileged":true,"host":{"name":"x","os":"Old\u001b[2J","kernel":"4.4"}}'; }
case $host in
slow*)
	hello
	read -r _
	: >"$T/asked.$host"
	# What cancels is answered as well.
	while read -r _; do :; done ;;
mute) sleep 1000 ;;
old)
	hello
	read -r line
	id=$(jq .id <<<"$line")
	echo '{"op":"columns","id":'"$id"',"columns":[{"name":"extra","type":"TEXT"},{"name":"pid","type":"BIGINT"}]}'
	echo '{"op":"rows","id":'"$id"',"rows":[["e",7]]}'
	echo '{"op":"done","id":'"$id"',"rows":1,"ms":1,"warnings":["processes: 3 left out"]}'
	read -r _ ;;
refused)
	echo "ssh: connect to host refused port 22: Connection refused" >&2
	exit 255 ;;
empty) exec "$AGENTD" session --root "$T/empty" ;;
*) exec "$AGENTD" session ;;
esac
END
chmod +x "$T/ssh"
unset NO_COLOR
export TERM=xterm HOME=$T/home XDG_CONFIG_HOME=
mkdir "$HOME"
local=("$TOCSIN" -i "$T/hosts")
fake=("$TOCSIN" --ssh-command "$T/ssh")

# ---- Formats ----

cat >"$T/hard.sql" <<'END'
select 1 as n, 'a,b' as comma, 'q"q' as quote, 'l1' || char(10) || 'l2' as newline, char(9) || '\' as tab,
	null as none, '' as empty, 0.5 as real, 'wide 日本' as wide, x'00ff' as blob, '=1+1' as formula,
	'<b>|[x](y)' as markup, 'own' as host, -9223372036854775808 as least
END
cat >"$T/check.py" <<'END'
import csv, io, json, sys
form, text = sys.argv[1], sys.stdin.read()
names = ("host n comma quote newline tab none empty real wide blob formula markup host:1 least").split()
values = [1, "a,b", 'q"q', "l1\nl2", "\t\\", None, "", 0.5, "wide 日本", {"b64": "AP8="}, "=1+1",
          "<b>|[x](y)", "own", -9223372036854775808]
if form in ("json", "ndjson"):
    rows = json.loads(text) if form == "json" else [json.loads(line) for line in text.splitlines()]
    want = [dict(zip(names, [h] + values)) for h in ("web1", "web2")]
    rows.sort(key=lambda r: r["host"])
    assert [list(r) for r in rows] == [names, names], rows
else:
    cells = ["" if v is None else "\\x00\\xff" if isinstance(v, dict) else str(v) for v in values]
    want = [names] + [[h] + cells for h in ("web1", "web2")]
    if form == "csv":
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    else:
        def field(s):
            for a, b in (("\\\\", "\0"), ("\\t", "\t"), ("\\n", "\n"), ("\\r", "\r"), ("\0", "\\")):
                s = s.replace(a, b)
            return s
        rows = [[field(f) for f in line.split("\t")] for line in text.rstrip("\n").split("\n")]
    rows[1:] = sorted(rows[1:])
assert rows == want, (rows, want)
END
for f in json ndjson csv tsv; do
	"${local[@]}" -o $f query - <"$T/hard.sql" >"$T/out" 2>"$T/err"
	is "status $f" $? 0
	check "reads back $f" python3 "$T/check.py" $f <"$T/out"
done
run "${local[@]}" -o table query "select 1 as n, 'x' as name union all select 20, null order by n"
is "table" "$(sort <<<"${out//web[12]/web0}" | uniq -c | tr -s ' ')" " 1 host n name
 2 web0 1 x
 2 web0 20"
run "${local[@]}" -t web1 -o markdown query "select '<b>|' as x"
is "markdown" "$out" $'| host | x |\n| --- | --- |\n| web1 | &lt;b&gt;\\| |'
run "${local[@]}" -o json query 'select 1 where 0'
is "json without rows" "$out" $'[\n]'
run "${local[@]}" -o csv query 'select 1 as x where 0'
is "csv without rows" "$out" "host,x"

# ---- The summary, and which hosts ----

run "${local[@]}" query 'select 1'
has "summary" "$err" '^tocsin: 2 of 2 hosts answered; 2 rows in [0-9]+\.[0-9] s$'
run "${local[@]}" -q query 'select 1'
is "quiet" "$err" ""
run "${local[@]}" -t 'web:!web2' -o csv query 'select 1 as x'
is "target" "$out" $'host,x\nweb1,1'
run "$TOCSIN" query 'select :a || :b as x' -o csv -i "$T/hosts" --param a=1 -t web1 --param=b=2
is "options behind and params" "$out" $'host,x\nweb1,12'
run "$TOCSIN" --param a=1 -t web1 -i "$T/hosts" -o csv -- query 'select :a as x'
is "options of the command before it" "$out" $'host,x\nweb1,1'
run env TOCSIN_INVENTORY="$T/hosts" "$TOCSIN" hosts --list
is "inventory from the environment" "$out" $'web1\nweb2'
mkdir -p "$HOME/.config/tocsin"
cp "$T/hosts" "$HOME/.config/tocsin/hosts"
run "$TOCSIN" hosts --list
is "the user's inventory" "$out" $'web1\nweb2'
rm "$HOME/.config/tocsin/hosts"

# The command line over the inventory over the defaults, as ssh is told.
cat >"$T/vars" <<END
[all]
plain
v ansible_host=192.0.2.7 ansible_user=ann ansible_port=2200 ansible_ssh_private_key_file=~/key
old_names ansible_ssh_host=192.0.2.8 ansible_ssh_user=bob ansible_ssh_port=23
END
told() { # ARG…: what the ssh client is told, without what is always there
	run "${fake[@]}" -i "$T/vars" -q query 'select 1' "$@"
	sed -E 's/-o [^ ]+ ?//g; s/-s -- //' "$T/args"
}
is "ssh: nothing given" "$(told -t plain)" "plain tocsin"
is "ssh: variables" "$(told -t v)" "-p 2200 -l ann -i $HOME/key 192.0.2.7 tocsin"
is "ssh: variables by their old names" "$(told -t old_names)" "-p 23 -l bob 192.0.2.8 tocsin"
is "ssh: command line" "$(told -t v -u me -p 24 --private-key k -J j1,j2 -F cfg)" \
	"-F cfg -J j1,j2 -p 24 -l me -i k 192.0.2.7 tocsin"

# ---- How hosts end ----

run "${fake[@]}" -i 'good,refused,mute,slow,' --connect-timeout 5 --timeout 5 -o csv --report "$T/report" \
	query 'select 7 as x'
is "rows of those that answer" "$out" $'host,x\ngood,7'
is "status when some do not answer" "$status" 3
has "unreachable is told" "$err" '^tocsin: refused: unreachable: '
has "summary of four states" "$err" '^tocsin: 1 of 4 hosts answered, 2 timed out, 1 unreachable; 1 rows in [0-9.]+ s$'
is "summary is last" "$(tail -n 1 <<<"$err" | cut -c1-14)" "tocsin: 1 of 4"
run bash -c '"$@" 2>&1' sh "${fake[@]}" -i 'good,refused,' -o csv query 'select 7 as x'
is "rows stand before what is said of the others" "$(cut -c1-29 <<<"$out")" \
	$'host,x\ngood,7\ntocsin: refused: unreachable:\ntocsin: 1 of 2 hosts answered'
is "report" "$(jq -r '.hosts[] | "\(.host) \(.state) \(.rows)"' "$T/report")" \
	$'good answered 1\nrefused unreachable 0\nmute timed_out 0\nslow timed_out 0'
is "report of the run" "$(jq -r '.run | "\(.command) \(.question) \(.target) \(.rows) \(.interrupted)"' "$T/report")" \
	'query select 7 as x all 1 false'
is "report has no left-overs" "$(cd "$T" && echo report*)" report
run "${fake[@]}" -i 'refused,refused2,' --report /dev/null query 'select 1'
check "the report may be a device" test -c /dev/null

run "${fake[@]}" -i "$(printf 'refused%s,' 1 2 3 4 5)" hosts
is "no stand-in of that name: it answers" "$status" 0

# Hosts of another version.
"${fake[@]}" -i 'old,' -o csv query 'select pid from processes where pid = 1' >"$T/out" 2>"$T/err"
is "an old agent alone" "$(cat "$T/out")" $'host,extra,pid\nold,e,7'
has "warnings of an agent" "$(cat "$T/err")" '^tocsin: old: processes: 3 left out$'
run "${fake[@]}" -i 'good,old,' -o ndjson query 'select pid from processes where pid = 1'
is "own names in ndjson" "$(sort <<<"$out")" $'{"host":"good","pid":1}\n{"host":"old","extra":"e","pid":7}'
run "${fake[@]}" -i 'good,old,' -o csv query 'select pid, name as extra from processes where pid = 1'
is "mapped by name in csv" "$(grep -c '^old,\(7,e\|e,7\)$' <<<"$out") $(wc -l <<<"$out")" "1 3"
has "the other columns are told" "$err" 'answers with other columns'

run "${fake[@]}" -i 'good,refused,old,' -o ndjson hosts
is "hosts: status" "$status" 3
is "hosts: states" "$(jq -r '"\(.host) \(.state)"' <<<"$out" | sort)" $'good answered\nold answered\nrefused unreachable'
is "hosts: the failed one" "$(jq -r 'select(.host == "refused") | "\(.agent) \(.latency_ms) \(.error != null)"' <<<"$out")" \
	"null null true"
is "hosts: agent" "$(jq -r 'select(.host == "old") | "\(.agent) \(.privileged) \(.kernel)"' <<<"$out")" "9.9 1 4.4"

# ---- Nothing was asked: status 2 ----

nothing() { # NAME PATTERN ARG…
	local name=$1 want=$2
	shift 2
	run "$TOCSIN" "$@"
	is "status: $name" "$status$out" 2
	has "$name" "$err" "$want"
}
one=(-i "$T/hosts" -t web1)
nothing "no command" '^usage: tocsin'
nothing "unknown command" '^tocsin: no command `quary`; did you mean query\?$' quary
nothing "unknown option" '^tocsin: no option --bogus; see' --bogus query x
nothing "unknown option behind" '^tocsin: no option --bogus; see `tocsin help query`$' query x --bogus
nothing "no SQL" 'needs more arguments' query
nothing "too many words" 'takes fewer arguments' query a b
nothing "empty SQL" 'there is no SQL' "${one[@]}" query ' '
nothing "bad parameter" 'name=value' "${one[@]}" query 'select 1' --param x
nothing "parameter twice" 'given twice' "${one[@]}" query 'select :x' --param x=1 --param x=2
nothing "unknown format" 'no output format `xml`; there are: csv ecs json' "${one[@]}" -o xml query 'select 1'
nothing "no inventory" 'no inventory: give -i' query 'select 1'
nothing "inventory not there" "$T/none" -i "$T/none" query 'select 1'
nothing "no host matches" 'no host matches `web1:!web1`' -i "$T/hosts" -t 'web1:!web1' query 'select 1'
nothing "unknown host" 'nonesuch' -i "$T/hosts" -t nonesuch query 'select 1'
nothing "report cannot be written" 'cannot write the report .*: No such file' "${one[@]}" --report "$T/none/r" query 'select 1'
nothing "bad SQL" '^tocsin: .*no such table: nonesuch' -i "$T/hosts" query 'select * from nonesuch'
run "$TOCSIN" -i "$T/winrm" query 'select 1'
is "connection not supported: status" "$status" 3
has "connection not supported" "$err" '^tocsin: win: failed: ansible_connection=winrm is not supported'
# As Debian 13 has it for everybody, by an Include of a file that nobody wrote himself.
cat >"$T/proxies.conf" <<'END'
Host unix/* vsock/*
	ProxyCommand /bin/false
	ProxyUseFdpass yes
END
printf 'Include %s\nHost *\nHostName 127.0.0.1\nPort 1\n' "$T/proxies.conf" >"$T/with-proxies"
run "$TOCSIN" -i a,b -F "$T/with-proxies" query 'select 1'
hasnt "ssh options for other hosts are no matter" "$err" "not supported"
run "$TOCSIN" -i a,vsock/1,b,vsock/2,unix/x -F "$T/with-proxies" query 'select 1'
is "for those whom they concern they are told once" "$(grep 'not supported' <<<"$err")" \
	"tocsin: vsock/1, vsock/2, unix/x: $T/proxies.conf:3: ProxyUseFdpass is not supported (--ssh-command ssh does it)"
nothing "help of nothing" 'no command `nonesuch`' help nonesuch
is "bad SQL is said once" "$("${local[@]}" query 'select * from nonesuch' 2>&1 | grep -c 'no such table')" 1
run "${fake[@]}" -i 'good,refused,' query 'select * from nonesuch'
is "bad SQL, but not every host says so" "$status" 3
head -c 300000 /dev/zero | tr '\0' ' ' >"$T/long.sql"
"${local[@]}" query - <"$T/long.sql" >"$T/out" 2>"$T/err"
is "SQL too long" "$? $(cat "$T/err")" "2 tocsin: the SQL is longer than 256 KiB"

# ---- Where rows go ----

many="with recursive c (n) as (select 1 union all select n + 1 from c where n < 50000) select n, 'row' as x from c"
"${local[@]}" -o csv query "$many" 2>"$T/err" | head -n 1 >"$T/out"
is "| head" "$(cat "$T/err" "$T/out")" "host,n,x"
"${local[@]}" --report "$T/report" query 'select 1' >/dev/full 2>"$T/err"
is "full disk: status" $? 3
has "full disk" "$(cat "$T/err")" '^tocsin: cannot write to standard output: No space left on device$'
is "full disk: the hosts have answered" "$(jq -c '[.hosts[].state] | unique' "$T/report")" '["answered"]'
"${local[@]}" query 'select 1' >&- 2>"$T/err"
is "no stdout" "$? $(grep -c 'cannot write' "$T/err")" "3 1"

# ---- Interrupted ----

background "${fake[@]}" -i 'good,slow,slow2,' -o json --report "$T/ireport" \
	query 'select 3 as x' >"$T/out" 2>"$T/err"
answered() { [ -e "$T/asked.slow" ] && [ -e "$T/asked.slow2" ] && grep -q good "$T/out"; }
wait_for 20 answered
kill -INT $pid
wait $pid
is "interrupted: status" $? 130
is "interrupted: output is whole" "$(jq -c . "$T/out" 2>&1)" '[{"host":"good","x":3}]'
is "interrupted: report" "$(jq -c '[.run.interrupted, .hosts[].state]' "$T/ireport")" '[true,"answered","failed","failed"]'
has "interrupted: summary" "$(cat "$T/err")" '1 of 3 hosts answered, 2 failed; 1 rows'

# Blocked by a reader that does not read: the second signal ends it, and nothing is left behind.
mkfifo "$T/fifo"
exec 7<>"$T/fifo"
timeout 1 cat /dev/zero >&7
background "${local[@]}" --report "$T/freport" query "$many" >&7 2>/dev/null
fifo_pid=$pid
# The pipe is full: it waits in a write to descriptor 1.
wait_for 20 grep -qE '^[0-9]+ 0x1 ' "/proc/$fifo_pid/syscall"
dies() {
	kill -TERM "$fifo_pid" 2>/dev/null
	! kill -0 "$fifo_pid" 2>/dev/null
}
wait_for 20 dies
wait "$fifo_pid"
is "a second interrupt" "$? $(compgen -G "$T/freport*")" "130 "
exec 7>&-

# ---- Saved queries ----

mkdir -p "$T/q/daily/deep"
cat >"$T/q/daily/one.sql" <<'END'
-- name: one
-- title: The first
-- tags: alpha
-- packs: morning
-- key: a
-- diff-ignore: b, c
-- param: a=1  first
select :a as a
END
cat >"$T/q/daily/deep/two.sql" <<'END'
-- title: The second
-- packs: daily, morning
-- param: b  must be given
select :b as b, 2 as c
END
echo 'select' >"$T/q/three.sql"
printf -- '-- name: bad\nselect :x' >"$T/q/bad.sql"
export TOCSIN_QUERIES=$T/q
run "${local[@]}" -t web1 -o csv run one
is "run" "$out" $'host,a\nweb1,1'
run "${local[@]}" -t web1 -o csv run one a=2
is "run with a parameter" "$out" $'host,a\nweb1,2'
run "${local[@]}" -t web1 -o csv run daily b=x
is "a pack, csv" "$out" $'host,query,a\nweb1,one,1\n\nhost,query,b,c\nweb1,two,x,2'
run "${local[@]}" -t web1 -o csv run morning b=x
is "a pack that queries name" "$out" $'host,query,a\nweb1,one,1\n\nhost,query,b,c\nweb1,two,x,2'
run "${local[@]}" -t web1 -o ndjson run daily b=x
is "a pack, ndjson" "$out" $'{"host":"web1","query":"one","a":"1"}\n{"host":"web1","query":"two","b":"x","c":2}'
run "${local[@]}" -t web1 -o json run daily b=x
is "a pack, json" "$(jq -c '[.[].query]' <<<"$out")" '["one","two"]'
run "${local[@]}" -t web1 run one two b=x
is "titles" "$out" $'one: The first\nhost  a\nweb1  1\n\ntwo: The second\nhost  b  c\nweb1  x  2'
has "one summary" "$err" '^tocsin: 1 of 1 hosts answered; 2 rows'
run "${local[@]}" -t web1 --report "$T/report" -o csv run one three
is "one of two is refused: status" "$status" 3
has "one of two is refused" "$err" '^tocsin: three: '
is "one of two is refused: report" "$(jq -r '.run.question, .hosts[0].state' "$T/report")" $'one three\nfailed'
nothing "run: missing value" 'two needs a value: b=… \(must be given\)' "${one[@]}" run daily
nothing "run: unknown parameter" 'no parameter `z` in one' "${one[@]}" run one z=1
nothing "run: unknown name" 'no saved query or pack `ome`; did you mean one\?' "${one[@]}" run ome
nothing "run: a broken one" 'q/bad.sql:2: a :parameter has no' "${one[@]}" run bad
nothing "run: only parameters" 'run which saved query' "${one[@]}" run a=1
run "$TOCSIN" -o csv queries
is "queries" "$out" $'name,pack,packs,title,tags,attack,params\nthree,"","","","","",""\none,daily,morning,The first,alpha,"",a=1\ntwo,daily/deep,daily morning,The second,"","",b='
has "queries: a broken one is told" "$err" 'q/bad.sql:2: a :parameter has no'
run "$TOCSIN" queries
is "queries, for people" "$out" $'in no pack (1)\n  three\n\ndaily (2)\n  one    The first\n  also two\n\ndaily/deep (1)\n  two    The second  (b=…)\n\nmorning (2)\n  one two'
has "queries, for people: how many" "$err" '^tocsin: 3 saved queries; '
run "$TOCSIN" -o csv queries FIRST alpha
is "queries: words" "$(tail -n +2 <<<"$out")" 'one,daily,morning,The first,alpha,"",a=1'
run "$TOCSIN" queries first
has "queries, one" "$err" '^tocsin: 1 saved query; '
run "$TOCSIN" queries nothing-of-this
is "queries, none: status" "$status" 0
has "queries, none" "$err" '^tocsin: no saved query is like that; `tocsin queries` lists all$'
run "$TOCSIN" queries --show one
has "queries --show" "$out" '^select :a as a$'
has "queries --show: packs" "$out" '^packs   morning$'
has "queries --show: key" "$out" '^key     a$'
has "queries --show: what a diff ignores" "$out" '^ignored b, c$'
has "queries --show: parameter" "$out" '^param   a=1  first$'
nothing "queries --show: unknown" 'no saved query `onee`; did you mean one\?' queries --show onee
unset TOCSIN_QUERIES
run "$TOCSIN" -o ndjson queries
is "those that come with the program" "$(jq -r .name <<<"$out" | grep -c -e '^proc-exe-deleted$' -e '^file-hash-sweep$')" 2
mkdir -p "$HOME/.config/tocsin/queries"
echo "select 'mine' as x" >"$HOME/.config/tocsin/queries/proc-exe-deleted.sql"
run "${local[@]}" -t web1 -o csv run proc-exe-deleted
is "the user's own wins" "$out" $'host,x\nweb1,mine'
run "$TOCSIN" -o ndjson queries
# The whole library in one run, of a host on which nothing is: SQL that the agent takes, with a value for each
# parameter. What the rows are is for tests/tables/library.sh.
mkdir "$T/empty"
mapfile -t names < <(jq -r .name <<<"$out")
values=()
while read -r p; do
	case $p in sha256) p=$p=$(printf '%064d' 0) ;; glob) p="$p=$T/%" ;; path) p="$p=$T/key" ;; *) p=$p=1 ;; esac
	values+=("$p")
done < <(jq -r '.params | split(" ")[] | select(endswith("=")) | rtrimstr("=")' <<<"$out" | sort -u)
run "${fake[@]}" -i 'empty,' -q -o ndjson run "${names[@]}" "${values[@]}"
is "the whole library: status" "$status $(grep -v warning <<<"$err")" "0 "

# ---- Tables, inventory, help ----

run "$TOCSIN" tables -o csv uptime
has "tables" "$out" '^total_seconds,BIGINT,'
run "${local[@]}" -t web1 -o csv tables uptime
has "tables of a host" "$out" '^web1,uptime,total_seconds,BIGINT,'
hasnt "tables of a host: only the one asked for" "$out" 'processes'
run "${local[@]}" -t web1 tables nonesuch
is "tables: there is none" "$status" 2
run "${local[@]}" inventory
is "inventory" "$(jq -c '.web.hosts' <<<"$out")" '["web1","web2"]'
run "$TOCSIN" --help
for c in help hosts inventory queries query run tables; do has "help lists $c" "$out" "^  $c( |\$)"; done
is "--help: status" "$status$err" 0
run "$TOCSIN" run --help
has "help of a command" "$out" '^usage: tocsin \[options\] run NAME'
run "$TOCSIN" help run
has "the same by help" "$out" '^usage: tocsin \[options\] run NAME'
helps() {
	local c
	"$TOCSIN" --help
	for c in $("$TOCSIN" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\).*/\1/p'); do "$TOCSIN" help "$c"; done
	for c in '' session daemon serve query tables audit check; do "$AGENTD" $c --help; done
}
is "no line of help is wider than 80 columns" "$(helps | sed 's/…/./g' | awk 'length > 80; END { print (NR > 300) }')" 1
run "$TOCSIN" --version
has "--version" "$out" '^tocsin [0-9.]+$'
is "the man page" "$(mandoc -T lint -W warning "$B/man/tocsin.1" 2>&1)" ""

# ---- On a terminal ----

cat >"$T/terminal.py" <<'END'
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    while os.get_terminal_size(1).columns != int(sys.argv[1]):
        pass
    os.execvp(sys.argv[2], sys.argv[2:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
out = b""
while True:
    try:
        got = os.read(fd, 65536)
    except OSError:
        break
    if not got:
        break
    out += got
sys.stdout.buffer.write(out.replace(b"\r\n", b"\n"))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
tty() { bounded 60 python3 "$T/terminal.py" "$@" </dev/null; }
is "cut to the terminal" "$(NO_COLOR=1 tty 20 "${local[@]}" -q -t web1 query "select 'a long text that goes on' as x")" \
	$'host  x\nweb1  a long text t…'
is "the library fits 80 columns" "$(NO_COLOR=1 tty 80 "$TOCSIN" -q queries | grep -v '^  also' | wc -L)" 80
hasnt "no title is cut" "$(NO_COLOR=1 tty 80 "$TOCSIN" -q queries)" '…$'
is "bold header" "$(tty 80 "${local[@]}" -q -t web1 query "select 1 as x")" $'\e[1mhost  x\e[0m\nweb1  1'
hostile="select char(27) || '[2J' || char(155) || char(8238) as x"
for f in table json ndjson csv tsv markdown; do
	is "nothing hostile in $f" "$(NO_COLOR=1 tty 80 "${local[@]}" -q -o $f query "$hostile" | LC_ALL=C tr -d '\n\t -~' | wc -c)" 0
done
said=$(tty 80 "${fake[@]}" -i 'good,slow,' --timeout 3 query 'select 1 as x')
has "progress" "$said" 'asking 2 hosts: 1 answered, 1 asked, 1 rows  0\.[0-9] s'
has "progress is wiped" "$said" $'\r\e\\[Ktocsin: slow: timed out: '
