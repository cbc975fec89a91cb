#!/bin/bash
# The memory under bad luck: runs of the same second, a clock that goes back, a database of an older tocsin, pages that
# went bad, a home that cannot be written to, a full disk, columns that changed, and programs that are killed.
. "$(dirname "$0")/../lib.sh"
need jq sqlite3

export HOME=$T/home TERM=xterm
mkdir "$HOME"
DB=$XDG_STATE_HOME/tocsin/tocsin.db
printf '%s ansible_connection=local\n' web1 web2 web3 >"$T/hosts"
mkdir "$T/queries" "$T/tree"
export TOCSIN_QUERIES=$T/queries
save() { printf -- '-- name: tree\n-- title: Files of a tree\n-- key: path\n%s\n' "$1" >"$T/queries/tree.sql"; }
save "select path, size from file where directory = '$T/tree'"
t() { run "$TOCSIN" -i "$T/hosts" "$@"; }
json() {
	t -o json "$@"
	[ "$out" != "$(printf '[\n]')" ] || out='[]'
}
fresh() { rm -rf "$XDG_STATE_HOME/tocsin"; }

# ---- The same second, and the clock ----

echo a >"$T/tree/a"
t run tree
echo b >"$T/tree/b"
t run tree
sqlite3 "$DB" 'update runs set time = 1790000000500000'
json history tree
is 'two runs of one second, the last one first' "$(jq -c 'map([.run, .rows])' <<<"$out")" '[[2,6],[1,3]]'
json diff tree
is 'and their difference' "$(jq -c 'map(.change) | unique' <<<"$out")" '["added"]'
json diff 2 1
is 'and back' "$(jq -c 'map(.change) | unique' <<<"$out")" '["removed"]'

# The first of them is from tomorrow.
now=$(date +%s)
sqlite3 "$DB" "update runs set time = ($now + 86400) * 1000000 where id = 1; update runs set time = $now * 1000000 where id = 2"
json diff tree
is 'a clock that went back: the run before is the one that was put before' "$(jq -c 'map(.change) | unique' <<<"$out")" '["added"]'
t diff tree --since 1h
is 'none was put until an hour ago' "$status" 2
sqlite3 "$DB" "update runs set time = ($now - 7200) * 1000000 where id = 1"
t diff tree --since 1h
is 'one was' "$status" 0
# Left by a program that was killed while the clock was ahead.
sqlite3 "$DB" "insert into runs (id, finished, time, question, target, operator, hosts) values (77, 0, ($now + 864000) * 1000000, 'q', 'all', 'x', 1);
	insert into blocks (run, data) values (77, x'00')"
t run tree
is 'nothing is kept for ever of what was not finished' "$(sqlite3 "$DB" 'select count(*) from runs where id = 77') $(sqlite3 "$DB" 'select count(*) from blocks where run = 77')" '0 0'

# ---- Columns that changed ----

save "select path, size, 7 as seven from file where directory = '$T/tree'"
t baseline tree 2
t run tree
json run tree --new
is 'a column more deviates from nothing' "$out $status" '[] 0'
json show 2
is 'a run keeps the columns that it had' "$(jq -c '.[0] | keys' <<<"$out")" '["host","path","size"]'
json diff 2
is 'and is compared by those of both' "$out $status" '[] 0'
save "select filename from file where directory = '$T/tree'"
t run tree
t diff tree
is 'a key that is no column any more' "$status" 2
has 'is named' "$err" 'the column path, a key, is in one of the runs only'
t diff tree --key ' '
is 'nor is anything else compared' "$status" 2
has 'and that is said' "$err" 'no column in common'
json history tree
is 'all of them are its history' "$(jq length <<<"$out")" 6

# ---- A database of an older tocsin, as that one left it ----

fresh
mkdir -p "$XDG_STATE_HOME/tocsin"
sqlite3 "$DB" <tests/fixtures/store-v2.sql >/dev/null
is 'an older database' "$(sqlite3 "$DB" 'pragma user_version')" 2
json history
is 'its runs are there' "$(jq -c 'map([.run, .question, .hosts, .answered, .rows])' <<<"$out")" \
	'[[3,"select 2 as b",2,2,2],[2,"both name=x value=it'"'"'s",2,2,4],[1,"plain",2,1,1]]'
is 'and it is of this version' "$(sqlite3 "$DB" 'pragma user_version; pragma integrity_check')" "$(printf '3\nok')"
json show 2
is 'with their rows' "$(jq -c 'map([.host, .n, .text, .v]) | sort' <<<"$out")" \
	'[["old1",1,"日本","it'"'"'s"],["old1",2,null,"it'"'"'s"],["old2",1,"日本","it'"'"'s"],["old2",2,null,"it'"'"'s"]]'
json audit
is 'no actions' "$out $status" '[] 0'
json fav
is 'its favourites' "$(jq -c 'map([.name, .note])' <<<"$out")" '[["plain","from before"]]'
t get /etc/hostname --to "$T/evidence" --reason INC-1
t query 'select 2 as b'
json audit --limit 3
is 'and new ones beside them' "$(jq -c 'map(.reason)' <<<"$out")" '["INC-1","INC-1","INC-1"]'

# ---- Pages that went bad ----

fresh
much="with recursive c(x) as (select 1 union all select x + 1 from c where x < 20000) select x, hex(randomblob(20)) as r from c"
t query 'select 1 as good'
t query "$much"
t query 'select 2 as good'
sqlite3 "$DB" 'pragma wal_checkpoint(truncate)' >/dev/null
size=$(stat -c %s "$DB")
# The middle of the file is the rows of the second run.
dd if=/dev/urandom of="$DB" bs=1 count=3000 seek=$((size / 2)) conv=notrunc 2>/dev/null
t history
is 'a page of rows: the list is there' "$status" 0
t show 2 -o ndjson
is 'a page of rows: that run cannot be shown' "$([ "$status" != 0 ] && echo refused)" refused
has 'a page of rows: and says so' "$err" 'run 2 cannot be read|damaged'
json show 1
is 'a page of rows: the others can' "$(jq -c 'map(.good) | unique' <<<"$out")" '[1]'
json query 'select 3 as good'
is 'a page of rows: and are remembered on' "$(jq length <<<"$out") $(grep -c 'not remembered' <<<"$err")" '3 0'
for at in 100 4200 8300 12400; do
	cp "$DB" "$T/saved.db"
	dd if=/dev/zero of="$DB" bs=1 count=3900 seek=$at conv=notrunc 2>/dev/null
	json query 'select 4 as a'
	is "page at $at: answers all the same" "$(jq -c 'map(.a)' <<<"$out") $status" '[4,4,4] 0'
	t history
	[ "$status" -lt 4 ] || fail "page at $at: history" "status $status"
	t diff 1 3
	[ "$status" -lt 4 ] || fail "page at $at: diff" "status $status"
	rm -f "$DB-wal" "$DB-shm"
	cp "$T/saved.db" "$DB"
done
# A disk that went bad under one value only: the block is whole by SQLite, not by itself.
sqlite3 "$DB" 'update blocks set data = randomblob(length(data)) where run = 1; update details set outcome = x"00" where run = 3' 2>/dev/null ||
	sqlite3 "$DB" "update blocks set data = randomblob(length(data)) where run = 1; update details set outcome = x'00' where run = 3"
for r in 1 3; do
	t show $r
	has "run $r, whose bytes are others" "$status $err" "^3?2? ?tocsin: run $r cannot be read|^[23] tocsin: run $r cannot be read"
done
t diff 1 3
is 'cannot be compared' "$status" 2

# ---- A home that cannot be written to, a full disk ----

if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
	fresh
	t query 'select 5 as kept'
	# shellcheck disable=SC2016 # for the inner shell
	run unshare --mount sh -c 'mount --bind "$XDG_STATE_HOME" "$XDG_STATE_HOME" && mount -o remount,bind,ro "$XDG_STATE_HOME" &&
		"$TOCSIN" -i "$0" -o csv query "select 6 as lost" | sort && "$TOCSIN" history -o csv && "$TOCSIN" show -o csv | sort' "$T/hosts"
	is 'a home that is read-only: answers, and what there was' \
		"$(tr -d '\r' <<<"$out" | sed 's/^\(1\),[^,]*,/\1,/' | tr '\n' ' ')" \
		"host,lost web1,6 web2,6 web3,6 run,time,question,target,hosts,answered,rows,operator 1,select 5 as kept,all,3,3,3,$(id -un) host,kept web1,5 web2,5 web3,5 "
	is 'a home that is read-only: said once' "$(grep -c 'not remembered' <<<"$err")" 1
	# 1 MB: a small run fits, a large one does not, and then the next small one does again.
	# shellcheck disable=SC2016 # for the inner shell
	XDG_STATE_HOME=$T/small run unshare --mount sh -c 'mkdir "$XDG_STATE_HOME" && mount -t tmpfs -o size=1m none "$XDG_STATE_HOME" &&
		"$TOCSIN" -q -i "$0" query "select 1 as small" >/dev/null
		"$TOCSIN" -i "$0" -o tsv query "with recursive c(x) as (select 1 union all select x + 1 from c where x < 30000) select hex(randomblob(20)) from c" | wc -l
		"$TOCSIN" -q -i "$0" query "select 2 as small" >/dev/null
		"$TOCSIN" -q fav plain 2>/dev/null
		"$TOCSIN" history -o csv | cut -d, -f 3
		sqlite3 "$XDG_STATE_HOME/tocsin/tocsin.db" "pragma integrity_check"' "$T/hosts"
	is 'a full disk: answers, and what fits is remembered' "$(tr -d '\r' <<<"$out" | tr '\n' ' ')" \
		'90001 question select 2 as small select 1 as small ok '
	is 'a full disk: said once' "$(grep -c 'not remembered: .*full' <<<"$err")" 1
else
	skip 'a home that is read-only' 'needs root and a mount namespace'
fi

# ---- Killed while runs are written ----

fresh
t query 'select 1 as first'
n=0
# Each program puts two questions to hosts, and is killed as soon as the database has grown by a while's worth.
for i in $(seq 12); do
	"$TOCSIN" -i "$T/hosts" query "with recursive c(x) as (select 1 union all select x + 1 from c where x < 15000) select x, hex(randomblob(10)) as h, $i as i from c" \
		>/dev/null 2>&1 &
	pid=$!
	wait_for 20 test -n "$(sqlite3 "$DB" "select 1 from runs limit 1" 2>/dev/null)"
	j=0
	while [ $j -lt $((i * 4)) ] && kill -0 $pid 2>/dev/null; do
		sqlite3 -readonly "$DB" 'select count(*) from blocks' >/dev/null 2>&1
		j=$((j + 1))
	done
	kill -KILL $pid 2>/dev/null
	if wait $pid 2>/dev/null; then n=$((n + 1)); fi
	is "whole after kill $i" "$(sqlite3 "$DB" 'pragma integrity_check')" ok
done
kept=$(sqlite3 "$DB" 'select count(*) from runs where finished = 1 and rows = 45000')
check 'every finished run is there' [ "$kept" -ge "$n" ]
for r in $(sqlite3 "$DB" 'select id from runs where finished and rows = 45000'); do
	"$TOCSIN" -q show "$r" -o ndjson | wc -l
done | sort -u >"$T/lengths"
is 'and each is whole' "$(grep -vx 45000 "$T/lengths")" ''
json show 1
is 'the first as well' "$(jq length <<<"$out")" 3
