#!/bin/bash
# Small images of Debian, Ubuntu, a Red Hat and Alpine (tests/fixtures/make-roots), asked the questions
# of layouts.sql: the answers are in layouts.golden, warnings among them. After a change that is
# meant: tests/tables/layouts.sh --write
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3 diff

python3 tests/fixtures/make-roots "$T/roots"
golden=tests/fixtures/layouts.golden
for layout in debian ubuntu rhel alpine; do
	printf '##### %s\n' $layout
	while read -r sql; do
		printf '== %s\n' "$sql"
		run "$AGENTD" query -o tsv --root "$T/roots/$layout" "$sql"
		tail -n +2 <<<"$out"
		[ "$status$err" = 0 ] || printf '!! %s\n' "$status: $err"
	done <tests/fixtures/layouts.sql
done >"$T/got"
if [ "${1:-}" = --write ]; then
	cp "$T/got" $golden
	exit
fi
# part FILE LAYOUT TABLE
part() { awk -v l="##### $2" -v t=" from $3( |\$)" '/^#####/ {on = $0 == l} /^== / {in_it = $0 ~ t} on && in_it' "$1"; }
for layout in debian ubuntu rhel alpine; do
	while read -r table; do
		is "${layout}_$table" "$(part "$T/got" $layout "$table")" "$(part $golden $layout "$table")"
	done < <(grep -o ' from [a-z_]*' tests/fixtures/layouts.sql | cut -d' ' -f3 | sort -u)
done
