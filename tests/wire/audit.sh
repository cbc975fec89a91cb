#!/bin/bash
# `tocsin-agentd audit`: the log shown and verified; its lines are made here, with sha256sum.
. "$(dirname "$0")/../lib.sh"
need sha256sum

prev=$(printf '0%.0s' {1..64})
seq=0
year=2026
log=$T
# line REST: one more of the log.
line() {
	local text
	seq=$((seq + 1))
	text="{\"seq\":$seq,\"prev\":\"$prev\",\"time\":\"$year-01-02T03:04:05.000006Z\",$1}"
	prev=$(printf %s "$text" | sha256sum | cut -d' ' -f1)
	printf '%s\n' "$text" >>"$log/audit.ndjson"
}
audit() { run "$AGENTD" audit --state-dir "$T" "$@"; }

audit
is audit_without_log "$status $err" "3 tocsin-agentd: audit: audit log $T/audit.ndjson: No such file or directory"

line '"event":"start"'
line '"event":"query","user":"alice","uid":1000,"address":"192.0.2.1","text":"select \u001b[2J \u202e\n1"'
mv "$T/audit.ndjson" "$T/audit.ndjson.000001"
line '"event":"continue","file":1'
line '"event":"request","user":"bob","action":"delete","args":{"path":{"b64":"L/8="}},"reason":"a | b"'
line '"event":"outcome","action":"delete","status":"done","text":{"b64":"/w=="},"before":{"size":7},"dry_run":false'

audit --verify
is audit_whole "$status" 0
has audit_last_hash "$err" "whole, lines 1 to 5; the last one's hash is $prev"
audit -o tsv
is audit_rows "$(cut -f1,3,6,7 <<<"$out")" "$(printf 'seq\tevent\tuser\tuid\n1\tstart\t\t\n2\tquery\talice\t1000\n3\tcontinue\t\t\n4\trequest\tbob\t\n5\toutcome\t\t')"
audit -o json
is audit_json "$(jq -c '.[3].args, .[4].before, .[4].text, .[4].dry_run, .[1].session' <<<"$out" | tr '\n' ' ')" \
	'"{\"path\":{\"b64\":\"L/8=\"}}" "{\"size\":7}" {"b64":"/w=="} 0 null '
audit
is audit_table_is_escaped "$(grep -c $'[\033\342]' <<<"$(grep alice <<<"$out" | LC_ALL=C sed 's/\xe2\x94\x82//g')")" 0
has audit_table_shows_it "$out" 'alice.*select \\x1[bB]\[2J'
audit -o markdown
has audit_markdown "$out" 'a \\\| b'

# As a table.
table() { run "$AGENTD" query -o tsv "select $1 from audit_log where state_dir = '$log'${2:-}"; }
table "seq, event, file, line, oldest, problem is null"
is table_rows "$(tail -n +2 <<<"$out" | tr '\t\n' '  ')" \
	'1 start audit.ndjson.000001 1 1 1 2 query audit.ndjson.000001 2 0 1 3 continue audit.ndjson 1 0 1 4 request audit.ndjson 2 0 1 5 outcome audit.ndjson 3 0 1 '
cp "$T/audit.ndjson.000001" "$T/first"
sed -i 's/alice/malice/' "$T/audit.ndjson.000001"
table "file, line, problem" " and problem is not null"
# shellcheck disable=SC2016 # the backticks are text
is table_broken "$(tail -n 1 <<<"$out")" "$(printf 'audit.ndjson\t1\t`prev` is not the hash of the line before')"
# The file being written begins at 1767323045: what was put away ends before that, is not read, and is no problem.
table "count(*), min(seq), max(oldest), count(problem)" " and time >= 1767323046"
is table_without_older "$(tail -n 1 <<<"$out" | tr '\t' ' ')" '0   0'
table "count(*), min(seq), max(oldest), count(problem)" " and time >= 1767323045"
is table_with_older "$(tail -n 1 <<<"$out" | tr '\t' ' ')" '6 1 1 1'
mv "$T/first" "$T/audit.ndjson.000001"
# The clock was a year ahead for a while: what was written then is not before 2026-06-01.
was="$prev $seq"
log=$T/ahead
mkdir "$log"
cp "$T"/audit.ndjson* "$log"
mv "$log/audit.ndjson" "$log/audit.ndjson.000002"
year=2027
line '"event":"continue","file":2'
line '"event":"stop"'
mv "$log/audit.ndjson" "$log/audit.ndjson.000003"
year=2026
line '"event":"continue","file":3'
table "event, problem is null" " and time >= 1780272000"
is table_clock_set_back "$(tail -n +2 <<<"$out" | tr '\t\n' '  ')" "continue 1 stop 1 "
read -r prev seq <<<"$was"
log=$T

sed 's/alice/malice/' "$T/audit.ndjson.000001" >"$T/new" && mv "$T/new" "$T/audit.ndjson.000001"
audit --verify -o tsv
# shellcheck disable=SC2016 # the backticks are text
is audit_broken "$status $(tail -n +2 <<<"$out")" "$(printf '1 audit.ndjson\t1\t`prev` is not the hash of the line before')"
has audit_broken_said "$err" 'broken in 1 places'
audit
is audit_shows_it_all_the_same "$status" 0

sed -i '2d' "$T/audit.ndjson"
printf 'half' >>"$T/audit.ndjson"
audit --verify -o tsv
has audit_lines_missing "$out" '^audit.ndjson	2	lines 4 to 4 are missing$'
has audit_half_line "$err" '1 lines were left unfinished'
audit -o tsv
has audit_none_of_the_log "$err" '1 lines are none'

rm "$T/audit.ndjson" && mkfifo "$T/audit.ndjson"
audit --verify
is audit_no_file "$status" 3
audit extra
is audit_usage "$status" 2
audit -o xml
is audit_format "$status" 2
