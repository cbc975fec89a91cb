#!/bin/bash
# What is remembered: history, show, diff, baselines, folding, favourites; databases that are damaged,
# newer, full or out of reach; processes that are killed.
. "$(dirname "$0")/../lib.sh"
need jq sqlite3

export HOME=$T/home TERM=xterm
mkdir "$HOME"
DB=$XDG_STATE_HOME/tocsin/tocsin.db
printf '%s ansible_connection=local\n' web1 web2 web3 >"$T/hosts"
printf 'web4 ansible_connection=local\n' | cat "$T/hosts" - >"$T/more"
mkdir -p "$T/queries" "$T/tree"
export TOCSIN_QUERIES=$T/queries
cat >"$T/queries/tree.sql" <<END2
-- name: tree
-- title: Files of a tree
-- key: path
-- diff-ignore: mtime, inode
select path, size, mtime, inode from file where directory = '$T/tree'
END2
cat >"$T/queries/plain.sql" <<END2
-- name: plain
-- title: The same without a key
select filename, size from file where directory = '$T/tree' and size < :most
-- param: most=1000  bytes
END2
sed -i '/^-- param/d; s/^-- title: The same.*/&\n-- param: most=1000  bytes/' "$T/queries/plain.sql"
t() { run "$TOCSIN" -i "$T/hosts" "$@"; }
json() {
	t -o json "$@"
	[ "$out" != "$(printf '[\n]')" ] || out='[]'
}

# ---- Nothing yet ----

json history
is 'a history of nothing' "$out $status" '[] 0'
json baseline
is 'no baselines' "$out $status" '[] 0'
t show
is 'nothing to show' "$status" 2
t diff
is 'nothing to compare' "$status" 2

# ---- Plant, run, find ----

echo one >"$T/tree/a"
echo two >"$T/tree/b"
echo three >"$T/tree/gone"
t run tree
before=$out
t run plain
rm "$T/tree/gone"
echo longer >"$T/tree/b"
touch -d 2001-01-01 "$T/tree/a"
echo new >"$T/tree/it's \"new\""
t run tree
t run plain
json history tree
is 'two runs of it' "$(jq -c 'map([.question, .target, .hosts, .answered, .rows])' <<<"$out")" \
	'[["tree","all",3,3,9],["tree","all",3,3,9]]'
first=$(jq '.[1].run' <<<"$out")
run "$TOCSIN" show "$first"
is 'rows as they were shown' "$(sort <<<"$out")" "$(sort <<<"$before")"
has 'and what came of the hosts' "$err" "run $first of .*: 3 of 3 hosts answered; 9 rows"
json diff tree
is 'what changed, by its key' "$(jq -c 'map([.change, .host, (.path | sub(".*/"; ""))]) | sort_by(.[1], .[0] == "added", .[0] == "changed")' <<<"$out")" \
	"$(jq -nc --arg new "it's \"new\"" '[("web1","web2","web3") as $h | ["removed",$h,"gone"], ["changed",$h,"b"], ["added",$h,$new]]')"
is 'and what it was' "$(jq -r '[.[] | select(.change == "changed").was] | unique[]' <<<"$out")" '{"size":4}'
has 'and how much' "$err" 'added, 3 removed, 3 changed; 0 hosts the same'
json diff plain
is 'without a key a change is two rows' "$(jq -c '[.[] | select(.host == "web2") | [.change, .filename]] | sort' <<<"$out")" \
	'[["added","b"],["added","it'"'"'s \"new\""],["removed","b"],["removed","gone"]]'
is 'and there is no column for it' "$(jq '.[0] | has("was")' <<<"$out")" false
t diff tree --key nonsense
is 'a key that is no column' "$status $err" '2 tocsin: there is no column nonsense'
json diff tree --ignore size,mtime,inode
is 'what is ignored does not count' "$(jq -r 'map(.change) | unique | join(" ")' <<<"$out")" 'added removed'
t run tree
run "$TOCSIN" diff
is 'nothing changed' "$(wc -l <<<"$out")" 1
json diff "$first"
is 'one run with the last of its question' "$(jq length <<<"$out")" 9
json diff --fold "$first"
is 'a diff folded' "$(jq -c 'map([.host, .hosts, .change]) | sort' <<<"$out")" \
	'[["web1, web2, web3",3,"added"],["web1, web2, web3",3,"changed"],["web1, web2, web3",3,"removed"]]'
for f in csv ecs json markdown ndjson table tsv; do
	run "$TOCSIN" -o $f diff "$first"
	is "as $f" "$status $(grep -c 'removed.*/gone' <<<"$out")" '0 3'
done
run "$TOCSIN" -o json history tree
then=$(jq -r --argjson run "$first" '.[] | select(.run == $run).time' <<<"$out")
newest=$(jq -r '.[0].time' <<<"$out")
sqlite3 "$DB" "update runs set time = time - 3600000000 where id = $first"
run "$TOCSIN" -o ecs show "$first"
is 'rows for a SIEM are of their time' "$(jq -r '.["@timestamp"]' <<<"$out" | sort -u)" \
	"$(date -u -d "$then - 1 hour" +%Y-%m-%dT%H:%M:%SZ)"
run "$TOCSIN" -o ecs diff "$first"
is 'changes of the newer one' "$(jq -r '.["@timestamp"]' <<<"$out" | sort -u)" "$newest"
sqlite3 "$DB" "update runs set time = time + 3600000000 where id = $first"
t diff tree --since yesterday
is 'no run of yesterday' "$status" 2
sqlite3 "$DB" "update runs set time = time - 86400000000 where id = $first"
json diff tree --since yesterday
is 'since yesterday' "$(jq length <<<"$out")" 9
t diff tree --since whenever
is 'no time at all' "$status" 2

# ---- Hosts in one run only, other targets, other columns ----

run "$TOCSIN" -i "$T/more" run tree
json diff tree
is 'a host more is no change' "$out" '[]'
has 'but is told of' "$err" 'web4: not compared: answered in run [0-9]+ only'
t -t web1 run tree
t diff -t web1
is 'other targets are another history' "$status" 2
has 'which is said' "$err" 'no run of .tree. with target web1 before run'
json show tree -t web1
is 'the last run there' "$(jq -c 'map(.host) | unique' <<<"$out")" '["web1"]'
t show tree -t web2
has 'none there' "$status $err" '^2 tocsin: no run of .tree. with target web2 is remembered'
t diff plain "$first"
has 'runs of two questions' "$err" '^tocsin: plain most=1000 and tree: '
sed -i 's/select path, size/select path, 7 as seven, size/' "$T/queries/tree.sql"
t run tree
json diff tree
is 'a column more is no change' "$out" '[]'

# ---- What came of each host ----

printf 'gone ansible_host=127.0.0.1 ansible_port=1\n' | cat "$T/hosts" - >"$T/some"
run "$TOCSIN" -i "$T/some" query "select 'some' as some"
is 'a host that does not answer' "$status" 3
run "$TOCSIN" show -o csv
has 'is remembered' "$err" '^tocsin: gone: unreachable: .*refused'
has 'with those that did' "$err" 'target all, by .*: 3 of 4 hosts answered; 3 rows'
json history --limit 1
is 'and counted' "$(jq -c '.[0] | [.hosts, .answered, .rows]' <<<"$out")" '[4,3,3]'

# ---- Baselines ----

t run plain --new
is 'no baseline yet' "$status" 2
t baseline plain
json run plain --new
is 'nothing deviates' "$out $status" '[] 0'
json -t web1 run plain --new
is 'nor at one host' "$out" '[]'
echo x >"$T/tree/deviates"
t run plain --new
has 'how much deviates, and from what' "$err" '^tocsin: plain: 3 of 12 rows deviate from run [0-9]+$'
json run plain --new
is 'what deviates' "$(jq -c 'map([.host, .hosts, .filename])' <<<"$out")" \
	'[["web1",3,"deviates"],["web2",3,"deviates"],["web3",3,"deviates"]]'
run "$TOCSIN" -i "$T/more" -o json run plain --new --fold
is 'at a host that is new as well, folded' "$(jq -c 'map([.host, .hosts, .filename])' <<<"$out")" \
	'[["web1, web2, web3 and 1 more",4,"deviates"]]'
json baseline
is 'the baselines' "$(jq -r '.[].question' <<<"$out")" 'plain most=1000'
t baseline --remove
is 'nothing named to remove' "$status" 2
t baseline --remove plain
t run plain --new
is 'none any more' "$status" 2

# ---- Folding, and SQL over the rows ----

json query "select 1 as a, 'x' as b union all select 2, 'y'" --fold
is 'equal rows once' "$(jq -c 'map([.host, .hosts, .a, .b])' <<<"$out")" '[["web1, web2, web3",3,1,"x"],["web1, web2, web3",3,2,"y"]]'
cat >"$T/queries/volatile.sql" <<'END2'
-- name: volatile
-- title: A column that no two hosts have in common
-- diff-ignore: mine
select 1 as a, hex(randomblob(8)) as mine
END2
json run volatile --fold
is 'equal but for what is ignored' "$(jq -c . <<<"$out")" '[{"host":"web1, web2, web3","hosts":3,"a":1}]'
json show --fold
is 'also of what was remembered' "$(jq -c 'map([.hosts, .a, .mine])' <<<"$out")" '[[3,1,null]]'
json run volatile
is 'not folded it is there' "$(jq -r '.[].mine | length' <<<"$out" | sort -u)" 16
json query "select 'all' as a union all select hex(randomblob(8)) as a" --rare-first
is 'the rarest first' "$(jq -c 'map(.hosts)' <<<"$out") $(jq -r '.[-1].a' <<<"$out")" '[1,1,1,3] all'
json query "select 'all' as a union all select hex(randomblob(8)) as a" --fold
is 'or last' "$(jq -c 'map(.hosts)' <<<"$out") $(jq -r '.[0].a' <<<"$out")" '[3,1,1,1] all'
json query 'select 1 as a' --sql 'select count(*) as n, min(host) as h, sum(a) as s from rows'
is 'SQL over the rows' "$(jq -c .[0] <<<"$out")" '{"n":3,"h":"web1","s":3}'
json show --sql 'select distinct a from rows'
is 'SQL over rows that were remembered' "$(jq -c . <<<"$out")" '[{"a":1}]'
json show --fold
is 'and those folded' "$(jq -c 'map([.hosts, .a])' <<<"$out")" '[[3,1]]'
t query 'select 1' --sql 'delete from nothing'
is 'SQL that is none' "$status" 3
t query 'select 1' --sql "attach '$T/x' as x"
is 'SQL that opens files' "$status $(ls "$T/x" 2>&1 | wc -l)" '3 1'
t query 'select 1' --sql 'select 1' --fold
is 'SQL and folding' "$status" 2

# ---- Favourites ----

t fav tree
t fav plain --note 'every morning'
t fav plain --place 1
json fav
is 'favourites in their order' "$(jq -c 'map([.place, .name, .note])' <<<"$out")" '[[1,"plain","every morning"],[2,"tree",""]]'
t fav nonsense
is 'no such query' "$status" 2
t unfav plain
json fav
is 'one less' "$(jq -c 'map(.name)' <<<"$out")" '["tree"]'
t unfav plain
is 'none to take off' "$status" 2

# ---- Actions ----

victim=$$
t -t web1 kill "$victim" --yes --dry-run
json audit
is 'a rehearsal is no action' "$out" '[]'
t -t web1 kill "$victim" --yes --reason INC-1
t -t web1:web2 get "$T/hosts" --to "$T/evidence" --reason INC-2
json audit
# Without a daemon nothing is done; actions_daemon.sh sees what is.
is 'actions with reason and outcome' "$(jq -c 'map([.host, .action, .target, .status, .reason])' <<<"$out")" \
	"[[\"web1\",\"get\",\"$T/hosts\",\"failed\",\"INC-2\"],[\"web2\",\"get\",\"$T/hosts\",\"failed\",\"INC-2\"],[\"web1\",\"kill\",\"$victim\",\"failed\",\"INC-1\"]]"
is 'and why not' "$(jq -r '[.[].detail | length > 0] | all' <<<"$out")" true
is 'by somebody' "$(jq -r '.[2].operator' <<<"$out" | grep -c "^$(id -un)")" 1

run "$TOCSIN" -o ecs audit
is 'actions for a SIEM' "$(jq -sc '.[0] | [.["host.name"], .["event.action"], .["event.outcome"], .["event.reason"], .["event.dataset"], .tocsin.target, (.["@timestamp"] | length)]' <<<"$out")" \
	"[\"web1\",\"get\",\"failure\",\"INC-2\",\"tocsin.action\",\"$T/hosts\",20]"
run "$TOCSIN" -o ecs history --limit 1
is 'runs for a SIEM' "$(jq -c '[.["event.dataset"], (.tocsin.run > 0), .["user.name"] == .tocsin.operator]' <<<"$out")" '["tocsin.run",true,true]'
t -t web1 -o ecs query "select 7 as pid, 'x' as name, '/bin/x' as path, '1.2.3.4' as remote_address"
is 'rows for a SIEM' "$(jq -c '[.["host.name"], .["process.pid"], .["process.executable"], .["file.path"], .["destination.ip"], .tocsin.name]' <<<"$out")" \
	'["web1",7,"/bin/x",null,"1.2.3.4","x"]'

# ---- Several at once, killed at any moment ----

for i in 1 2 3 4; do "$TOCSIN" -i "$T/hosts" query "select $i as n" >/dev/null 2>&1 & jobs_[i]=$!; done
for i in 1 2 3 4; do wait "${jobs_[i]}"; done
is 'four programs at once' "$(sqlite3 "$DB" "select count(*) from runs where question like 'select _ as n' and finished")" 4
finished=0
for i in $(seq 15); do
	"$TOCSIN" -i "$T/hosts" query "with recursive c(x) as (select 1 union all select x + 1 from c where x < 20000) select x, hex(x * $i) as h from c" \
		>/dev/null 2>"$T/said" &
	pid=$!
	# Killed a little later each time.
	sleep "0.$(printf %02d $((i * 3)))"
	kill -KILL $pid 2>/dev/null
	if wait $pid 2>/dev/null; then finished=$((finished + 1)); fi
done
is 'whole after each kill' "$(sqlite3 "$DB" 'pragma integrity_check')" ok
kept=$(sqlite3 "$DB" "select count(*) from runs where question like 'with recursive%' and finished = 1 and rows = 60000 and answered = 3")
if [ "$kept" -ge $finished ]; then pass 'every finished run is there'; else fail 'every finished run is there' "$kept of $finished"; fi
for r in $(sqlite3 "$DB" "select id from runs where question like 'with recursive%' and finished"); do
	"$TOCSIN" -q show "$r" -o ndjson 2>/dev/null | wc -l
done | sort -u >"$T/lengths"
is 'and whole' "$(tr '\n' ' ' <"$T/lengths" | sed 's/^60000 $//')" ''

# ---- Databases that cannot be used ----

answers() {
	is "answers with $1" "$(jq -c 'map(.a)' <<<"$out") $status" '[1,1,1] 0'
	has "says so once: $1" "$(grep -c 'not remembered' <<<"$err")" '^1$'
}
cp "$DB" "$T/good.db"
sqlite3 "$DB" 'pragma user_version = 99'
json query 'select 1 as a'
answers 'a newer database'
t history
is 'a newer database is not read' "$status" 2
has 'and said to be newer' "$err" 'newer'
rm -f "$DB"-*
head -c 5000 /dev/urandom >"$DB"
json query 'select 1 as a'
answers 'a damaged database'
t history
has 'said to be damaged' "$err" 'damaged'
is 'left where it is' "$(wc -c <"$DB")" 5000
t history --move-aside
is 'moved aside when asked' "$status $([ -e "$DB" ] || echo gone)" '0 gone'
json query 'select 1 as a'
json history
is 'and a new one begun' "$(jq length <<<"$out")" 1
XDG_STATE_HOME=/proc/nowhere json query 'select 1 as a'
answers 'no place to write to'
has 'no place to write to: why' "$err" 'no directory for tocsin.db'
env -u HOME -u XDG_STATE_HOME "$TOCSIN" -i "$T/hosts" -o json query 'select 1 as a' >"$T/.out" 2>"$T/.err"
status=$? out=$(<"$T/.out") err=$(<"$T/.err")
answers 'no home'
has 'no home: why' "$err" 'the environment names no home'

# A disk of 300 KB; what is asked goes on, and what fits is remembered again.
if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
	mkdir "$T/small"
	# shellcheck disable=SC2016 # for the inner shell
	XDG_STATE_HOME=$T/small run unshare --mount sh -c 'mount -t tmpfs -o size=300k none "$XDG_STATE_HOME" &&
		"$TOCSIN" -i "$0" -o tsv query "with recursive c(x) as (select 1 union all select x + 1 from c where x < 20000) select hex(randomblob(20)) from c" | wc -l
		"$TOCSIN" -q -i "$0" query "select 1" >&2
		"$TOCSIN" history -o csv | cut -d, -f 7' "$T/hosts"
	is 'answers with a full disk' "$(tr -d '\r' <<<"$out" | tr '\n' ' ')" '60001 rows 3 '
	is 'and says so once' "$(grep -c 'not remembered: .*full' <<<"$err")" 1
else
	skip 'answers with a full disk' 'needs root and a mount namespace'
fi

# ---- Time that goes back, and what is too old ----

sqlite3 "$DB" 'delete from runs; delete from blocks; delete from details'
json query 'select 2 as a'
sqlite3 "$DB" 'update runs set time = time + 3600000000'
json query 'select 2 as a'
json history
is 'the last run is the first of the list' "$(jq -c 'map(.run) | . == (sort | reverse)' <<<"$out")" true
sqlite3 "$DB" "update runs set time = 1000000 where id = (select min(id) from runs)"
json query 'select 3 as a'
is 'the oldest one is gone' "$(sqlite3 "$DB" 'select count(*) from runs where time = 1000000')" 0
is 'with its rows' "$(sqlite3 "$DB" 'select count(*) from blocks where run not in (select id from runs)')" 0

# ---- The configuration ----

export XDG_CONFIG_HOME=$T/config
mkdir -p "$T/config/tocsin"
C=$T/config/tocsin/config
printf '# mine\n\n  output = json\r\n; other\ntarget=web2\nread-only = yes\nremember = no\n' >"$C"
t query 'select 1 as a'
is 'options from the configuration' "$(jq -c 'map(.host)' <<<"$out")" '["web2"]'
t query 'select 1 as a' -o csv -t web1
is 'the command line wins' "$(tail -n 1 <<<"$out" | tr -d '\r')" 'web1,1'
is 'nothing is remembered where it says so' "$(sqlite3 "$DB" "select count(*) from runs where target like 'web_'")" 0
t kill 1 --yes
has 'flags as well' "$err" 'read-only'
for bad in 'nonsense = 1' 'timeout' 'timeout = soon' 'history_days = -1' 'yes = yes' 'read-only = perhaps'; do
	printf 'output = json\n%s\n' "$bad" >"$C"
	t history
	is "refused: $bad" "$status $(grep -c "config:2: " <<<"$err")" '2 1'
done
printf 'history_days = 1\nhistory_max_mb = 1\n' >"$C"
printf -- '-- name: normal\nselect 7 as n\n' >"$T/queries/normal.sql"
t run normal
t baseline normal
sqlite3 "$DB" 'update runs set time = time - 2 * 86400000000'
json query 'select 4 as a'
is 'kept as long as it says, and what is normal' "$(sqlite3 "$DB" 'select sum(baseline), count(*) from runs')" '1|2'
for i in 1 2 3; do
	t query "with recursive c(x) as (select 1 union all select x + 1 from c where x < 15000) select hex(randomblob(20)) as r, $i as i from c"
done
is 'kept as much as it says' "$(sqlite3 "$DB" 'select count(*) < 5 and max(rows) = 45000 and sum(baseline) = 1 from runs')" 1
