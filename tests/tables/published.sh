#!/bin/bash
# 100 queries of the shapes that published collections have: the same tables, columns, functions,
# joins and habits of quoting, in words of our own. What osquery runs is to run here.
. "$(dirname "$0")/../lib.sh"

queries=tests/fixtures/published/queries.tsv
wanted=95

all=0 ran=0 prepared=0
while IFS=$'\t' read -r source pack name sql; do
	[[ $source == '#'* ]] && continue
	all=$((all + 1))
	if "$AGENTD" query --check "$sql" 2>"$T/said"; then
		prepared=$((prepared + 1))
	else
		echo "# $source, $pack, $name: $(head -n 1 "$T/said")"
	fi
	if timeout 120 "$AGENTD" query --timeout 60 -o tsv "$sql" >"$T/rows" 2>"$T/said"; then
		ran=$((ran + 1))
	else
		echo "# $source, $pack, $name: $(grep -v warning "$T/said" | head -n 1)"
	fi
done <"$queries"
echo "# $ran of $all run, $prepared prepare"
is there_are_100 "$all" 100
is all_prepare "$prepared" "$all"
check enough_run test "$ran" -ge $wanted
