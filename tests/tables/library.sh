#!/bin/bash
# The saved queries: each finds what its case (tests/library/NAME.case) has put there and leaves alone
# what its case says is no matter, and those of the daily round say nothing of a host that is clean.
. "$(dirname "$0")/../lib.sh"
. tests/library/given.sh
need python3

# With arguments: only these cases. `--live` first: in the namespaces that were made for it.
chosen=("$@")
is_chosen() {
	local c
	[ ${#chosen[@]} -gt 0 ] || return 0
	for c in "${chosen[@]}"; do [ "$c" != "$1" ] || return 0; done
	return 1
}
is_live() { [ "$(head -n 1 "$1")" = live ]; }

# cases live|made: what they expect is then in $T/expected.
cases() {
	local f
	: >"$T/expected"
	for f in tests/library/*.case; do
		case_name=$(basename "$f" .case)
		is_chosen "$case_name" || continue
		if is_live "$f"; then [ "$1" = live ] || continue; else [ "$1" = made ] || continue; fi
		root "$1"
		skipped=0
		# shellcheck disable=SC1090 # one after the other
		. "$f"
		[ $skipped = 1 ] || grep -qF "$case_name"$'\037' "$T/expected" || fail "$case_name" "its case expects nothing"
	done
}

if [ "${1-}" = --live ]; then
	chosen=("${@:2}")
	# shellcheck disable=SC2317 # for the cases
	live() { live_root=/; }
	mkdir -p "$T/roots/clean"
	ip link set lo up
	cases live
	python3 tests/library/ask.py "$AGENTD" queries "$T/expected"
	exit 0
fi

# ---- Each has its case ----

names=()
while IFS= read -r f; do
	name=$(basename "$f" .sql)
	names+=("$name")
	[ -e "tests/library/$name.case" ] || fail "$name" "has no case: tests/library/$name.case"
done < <(find queries -name '*.sql' | sort)
check "enough of them" test ${#names[@]} -ge 80
is "no name twice" "$(printf '%s\n' "${names[@]}" | sort | uniq -d)" ""
while IFS= read -r f; do
	name=$(basename "$f" .case)
	grep -qxF "$name" <(printf '%s\n' "${names[@]}") || fail "$name" "there is a case, but no query"
done < <(find tests/library -name '*.case')

# ---- A clean host ----

make_clean "$T/roots/clean"
: >"$T/expected"
params=''
while IFS= read -r f; do
	case_name=$(basename "$f" .sql)
	# What listens is the answer, also on a clean host.
	# shellcheck disable=SC2119 # without words: no row
	[ "$case_name" = net-listen ] || hides
done < <(grep -rlE '^-- packs:.*\bhygiene\b' queries)
hygiene=$(wc -l <"$T/expected")
check "the daily round is about twenty" test "$hygiene" -ge 18 -a "$hygiene" -le 24
python3 tests/library/ask.py "$AGENTD" queries "$T/expected" quiet | sed 's/^\(ok\|not ok\) /&clean host: /'

# ---- The cases ----

cases made
python3 tests/library/ask.py "$AGENTD" queries "$T/expected"

if [ "$(id -u)" = 0 ] && unshare --net --mount --pid --fork --mount-proc --propagation private true 2>/dev/null; then
	unshare --net --mount --pid --fork --mount-proc --propagation private --kill-child "$test_file" --live "${chosen[@]}"
else
	skip "live cases" "needs root and namespaces"
fi
