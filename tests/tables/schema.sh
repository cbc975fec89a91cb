#!/bin/bash
# Tables and columns against osquery's Linux schema: what we have of it has all its columns, of the
# very type it has there. Prints how much of it is there; less than there was is a failure.
. "$(dirname "$0")/../lib.sh"
need awk jq

# Raised whenever tables are added.
tables_floor=146

schema=tests/fixtures/osquery-linux-schema.tsv
run "$AGENTD" tables -o tsv
printf '%s\n' "$out" >"$T/ours"

# ours: table, column, type …; schema: table, column, type, flags, …
cat >"$T/join.awk" <<'AWK'
BEGIN { FS = "\t" }
NR == FNR { have[$1] = 1; if ($2 != "") type[$1, $2] = $3; next }
/^#/ { next }
!($1 in seen) { seen[$1] = 1; tables++; if ($1 in have) ours++; else missing = missing " " $1 }
$1 in have && !(($1, $2) in type) { print "bad: " $1 "." $2 " is missing"; next }
$1 in have && type[$1, $2] != $3 { print "bad: " $1 "." $2 " is " type[$1, $2] ", not " $3 }
$1 in have { columns++ }
END {
	printf "# %d of %d tables of the schema, %d columns\n", ours, tables, columns
	if (missing != "") print "# not there:" missing
}
AWK
run awk -f "$T/join.awk" "$T/ours" "$schema"
grep '^#' <<<"$out"
is schema_columns "$(grep '^bad' <<<"$out")" ""
covered=$(sed -n 's/^# \([0-9]*\) of 146 tables.*/\1/p' <<<"$out")
check schema_coverage test "${covered:-0}" -ge $tables_floor

# What a column is for: a key to look up by, an input, wanted, left out of `select *`.
# `optimized` is about osquery's own planner.
run "$AGENTD" tables -o json
jq -r '.[] | select(.column != null) | [.table, .column, .flags // ""] | @tsv' <<<"$out" >"$T/flags"
cat >"$T/flags.awk" <<'AWK'
BEGIN { FS = "\t" }
NR == FNR { have[$1, $2] = "," $3 ","; next }
/^#/ { next }
{
	n = split($4, wanted, ",")
	for (i = 1; i <= n; i++)
		if (wanted[i] != "optimized" && !index(have[$1, $2], "," wanted[i] ","))
			print $1 "." $2 " is not " wanted[i]
	if (index(have[$1, $2], ",hidden,") && !index("," $4 ",", ",hidden,"))
		print $1 "." $2 " is hidden"
}
AWK
is schema_flags "$(awk -f "$T/flags.awk" "$T/flags" "$schema")" ""

# ---- What has no source yet: its columns, no rows, one warning ----

mapfile -t sourceless < <(cut -f1 "$T/flags" | sort -u | grep -E '_events$|^(ec2|azure|ycloud)_instance_' | grep -v '^osquery_')
check sourceless test ${#sourceless[@]} -ge 16
for t in "${sourceless[@]}"; do
	run "$AGENTD" query -o tsv "select count(*) from $t"
	is "sourceless_$t" "$status $out" $'0 count(*)\n0'
	is "sourceless_${t}_says" "${err/this agent * yet/not yet}" "tocsin-agentd: warning: $t: not yet: no rows"
done

# ---- tocsin-tables(5) tells of the same tables and columns ----

page=$B/man/tocsin-tables.5
sed -n '/^\.Sh TABLES/,/^\.Sh EXAMPLES/p' "$page" |
	awk '$1 == ".Ss" { t = $2 } $1 == ".It" { type = $5; print t "\t" $3 "\t" type }' >"$T/page"
is page_columns "$(diff "$T/page" "$T/ours" 2>&1 | head -n 5)" ""
if command -v mandoc >/dev/null; then
	check page_lint mandoc -T lint -W warning "$page"
else
	skip page_lint "needs mandoc"
fi
# The console has it from the agent on this machine, which has it from the same descriptors.
run "$TOCSIN" -o tsv tables
is console_tables "$(diff <(printf '%s\n' "$out") "$T/ours" | head -n 5)" ""
run "$TOCSIN" tables uptime
has console_table "$out" '^total_seconds +(\| *)?BIGINT'
