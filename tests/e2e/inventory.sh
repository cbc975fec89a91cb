#!/bin/bash
# Inventories and patterns against Ansible itself: the same hosts, groups and variables.
. "$(dirname "$0")/../lib.sh"
need ansible-inventory jq
fixtures=tests/fixtures/inventory
# The user's own settings stay out of it.
: >"$T/ansible.cfg"
# The order in which Ansible walks groups within groups hangs on Python's hashes: with this seed it is
# the one in which they are written.
export PYTHONHASHSEED=1
export ANSIBLE_CONFIG=$T/ansible.cfg ANSIBLE_HOME=$T ANSIBLE_LOCAL_TEMP=$T/tmp HOME=$T

# What ansible-inventory is run by knows Ansible.
python=$(sed -n '1s/^#! *//p' "$(command -v ansible-inventory)")
"$python" -c 'import ansible.inventory.manager' 2>/dev/null || all_skipped "$python does not know Ansible"

# same_inventory NAME SOURCE…
same_inventory() {
	local name=$1 source args=()
	shift
	for source; do args+=(-i "$source"); done
	ansible-inventory "${args[@]}" --list 2>"$T/ansible.err" | jq -S . >"$T/theirs"
	run "$TOCSIN" "${args[@]}" inventory
	[ "$status" = 0 ] || { fail "$name" "status $status: $err" && return; }
	jq -S . <<<"$out" >"$T/ours"
	if [ ! -s "$T/theirs" ]; then
		fail "$name" "Ansible: $(cat "$T/ansible.err")"
	else
		check "$name" diff "$T/ours" "$T/theirs"
	fi
}

# The names that Ansible selects, one line per pattern, sorted.
ansible_selects() {
	"$python" - "$1" "$fixtures/patterns" <<-'PYTHON' 2>/dev/null
		import sys
		from ansible.inventory.manager import InventoryManager
		from ansible.parsing.dataloader import DataLoader
		inventory = InventoryManager(DataLoader(), [sys.argv[1]])
		for line in open(sys.argv[2], encoding="utf-8"):
		    hosts = inventory.get_hosts(line.rstrip("\n"))
		    print(" ".join(sorted(h.name.replace(" ", "_") for h in hosts)))
	PYTHON
}

# Likewise for us; "?" where a name is refused, since nothing has it.
tocsin_selects() {
	local pattern
	while IFS= read -r pattern; do
		run "$TOCSIN" -i "$1" -t "$pattern" hosts --list
		if [[ $err == *'no host or group'* ]]; then
			echo '?'
		else
			tr ' ' '_' <<<"$out" | LC_ALL=C sort | paste -s -d ' '
		fi
	done <"$fixtures/patterns"
}

# What differs. A refused name selects nothing for Ansible, or excludes nothing.
differences() {
	paste "$fixtures/patterns" "$T/ours" "$T/theirs" |
		awk -F '\t' '$2 == "?" { if ($1 ~ /!/) next; $2 = "" } $2 != $3'
}

same_patterns() {
	ansible_selects "$2" >"$T/theirs"
	tocsin_selects "$2" >"$T/ours"
	[ -s "$T/theirs" ] || { fail "$1" "Ansible says nothing" && return; }
	is "$1" "$(differences)" ""
}

same_inventory "odd INI lines" "$fixtures/hard.ini"
same_inventory "groups within groups" "$fixtures/groups.ini"
same_inventory "a program" "$fixtures/program"
same_inventory "JSON as people write it" "$fixtures/people.json"
same_inventory "a directory" "$fixtures/dir"
same_inventory "several sources" "$fixtures/groups.ini" "$fixtures/program" "$fixtures/hard.ini"
same_inventory "a list" "one,two:2222,[::1]:22,fe80::1, three ,"

same_patterns "patterns over odd INI lines" "$fixtures/hard.ini"
same_patterns "patterns over groups within groups" "$fixtures/groups.ini"
same_patterns "patterns over a program's hosts" "$fixtures/program"

run "$TOCSIN" -i "$fixtures/hard.ini" -t 'all:!lonley' hosts --list
is "a name that nothing has is refused" "$status $out $err" "2  tocsin: no host or group \`lonley\`"
printf 'a\n[b:children]\nc\n' >"$T/wrong"
run "$TOCSIN" -i "$T/wrong" inventory
is "mistakes name file and line" "$status $out $err" \
	"2  tocsin: $T/wrong:3: the group \`c\` is nowhere declared"
