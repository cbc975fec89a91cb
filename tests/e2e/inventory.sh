#!/bin/bash
# Inventories and patterns against Ansible itself: the same hosts, groups and variables.
. "$(dirname "$0")/../lib.sh"
need ansible-inventory jq
fixtures=tests/fixtures/inventory
# The user's own settings stay out of it.
: >"$T/ansible.cfg"
export ANSIBLE_CONFIG=$T/ansible.cfg ANSIBLE_HOME=$T ANSIBLE_LOCAL_TEMP=$T/tmp HOME=$T

# What ansible-inventory is run by knows Ansible.
python=$(sed -n '1s/^#! *//p' "$(command -v ansible-inventory)")
"$python" -c 'import ansible.inventory.manager' 2>/dev/null || all_skipped "$python does not know Ansible"

# Everything that Ansible is to be asked, and the comparisons to be made when it has answered.
cases=()

# same_inventory NAME SOURCE…
same_inventory() {
	local n=${#cases[@]}
	cases+=("compare_inventory $(printf '%q ' "$T/theirs.$n" "$@")")
	(IFS=$'\t'; echo "list"$'\t'"$T/theirs.$n"$'\t'"${*:2}") >>"$T/questions"
}
# same_patterns NAME SOURCE PATTERNS
same_patterns() {
	local n=${#cases[@]}
	cases+=("compare_patterns $(printf '%q ' "$T/theirs.$n" "$@")")
	printf 'select\t%s\t%s\t%s\n' "$T/theirs.$n" "$2" "$3" >>"$T/questions"
}
# same_reach NAME SOURCE: hosts are reached by the same user, key, port, arguments and address.
same_reach() {
	local n=${#cases[@]}
	cases+=("compare_reach $(printf '%q ' "$T/theirs.$n" "$@")")
	printf 'reach\t%s\t%s\n' "$T/theirs.$n" "$2" >>"$T/questions"
}
ask_ansible() {
	local c
	bounded 120 "$python" tests/tools/ansiblesays <"$T/questions" >"$T/says" 2>&1 ||
		fail "Ansible answers" "$(tail -n 3 "$T/says")"
	for c in "${cases[@]}"; do eval "$c"; done
}

# same_form PROFILE <JSON: sorted. From 2.19 on Ansible names the form of its output in a profile, and marks other values
# than before as not to be expanded: the marks are left out then.
same_form() {
	if [ "$1" = null ]; then
		jq -S .
	else
		jq -S 'del(._meta.profile) | walk(if type == "object" and has("__ansible_unsafe") then .__ansible_unsafe else . end)'
	fi
}

# compare_inventory THEIRS NAME SOURCE…
compare_inventory() {
	local theirs=$1 name=$2 source args=() profile
	shift 2
	for source; do args+=(-i "$source"); done
	run "$TOCSIN" "${args[@]}" inventory
	[ "$status" = 0 ] || { fail "$name" "status $status: $err" && return; }
	if [ ! -s "$theirs" ]; then
		fail "$name" "Ansible: $(cat "$theirs.err")"
	else
		profile=$(jq ._meta.profile "$theirs")
		same_form "$profile" <<<"$out" >"$T/ours"
		same_form "$profile" <"$theirs" >"$T/theirs"
		check "$name" diff "$T/ours" "$T/theirs"
	fi
}

# tocsin_selects SOURCE PATTERNS: the names that each pattern selects, sorted; "?" where a name is
# refused, since nothing has it.
tocsin_selects() {
	local pattern
	while IFS= read -r pattern; do
		run "$TOCSIN" -i "$1" -t "$pattern" hosts --list
		if [[ $err == *'no host or group'* ]]; then
			echo '?'
		else
			tr ' ' '_' <<<"$out" | LC_ALL=C sort | paste -s -d ' '
		fi
	done <"$2"
}

# differences THEIRS PATTERNS: what differs. A refused name selects nothing for Ansible, or excludes nothing.
differences() {
	paste "$2" "$T/ours" "$1" |
		awk -F '\t' '$2 == "?" { if ($1 ~ /!/) next; $2 = "" } $2 != $3'
}

# compare_patterns THEIRS NAME SOURCE PATTERNS
compare_patterns() {
	tocsin_selects "$3" "$4" >"$T/ours"
	[ -s "$1" ] || { fail "$2" "Ansible says nothing: $(cat "$1.err")" && return; }
	is "$2" "$(differences "$1" "$4")" ""
}

# Says what it was called with, but for what tocsin adds to it.
cat >"$T/ssh" <<'END'
#!/bin/bash
IFS='|'
line="$*" to=${*: -2:1}
printf '%s--|%s\n' "${line%%-o|BatchMode=yes*}" "$to" >>"$T/reached"
END
chmod +x "$T/ssh"
# compare_reach THEIRS NAME SOURCE
compare_reach() {
	: >"$T/reached"
	run "$TOCSIN" -i "$3" --ssh-command "$T/ssh" query 'select 1'
	[ -s "$1" ] || { fail "$2" "Ansible says nothing: $(cat "$1.err")" && return; }
	check "$2" diff <(sort "$T/reached") <(sort "$1")
}

same_inventory "odd INI lines" "$fixtures/hard.ini"
same_inventory "groups within groups" "$fixtures/groups.ini"
same_inventory "a program" "$fixtures/program"
same_inventory "a program that is asked for each host" "$fixtures/program-hosts"
same_inventory "JSON as people write it" "$fixtures/people.json"
same_inventory "a directory" "$fixtures/dir"
same_inventory "a directory of all sorts, with variables" "$fixtures/mixed"
same_inventory "several sources" "$fixtures/groups.ini" "$fixtures/program" "$fixtures/hard.ini"
same_inventory "a list" "one,two:2222,[::1]:22,fe80::1, three ,"
same_inventory "odd YAML" "$fixtures/yaml/hard.yml"
same_inventory "YAML that says nothing" "$fixtures/yaml/empty.yml"
same_inventory "YAML without an ending" "$fixtures/yaml/noending"
same_inventory "YAML in braces" "$fixtures/yaml/flow"
same_inventory "INI that looks like YAML" "$fixtures/yaml/colons"
same_inventory "INI with an odd ending" "$fixtures/yaml/ports.prod"
same_inventory "group_vars and host_vars" "$fixtures/vars/hosts"
same_inventory "two sources with variables" "$fixtures/two/a/hosts.yml.ini" "$fixtures/two/b/hosts.yml"
same_inventory "one of them twice" "$fixtures/two/b/hosts.yml" "$fixtures/two/a/hosts.yml.ini" \
	"$fixtures/two/b/hosts.yml"
same_inventory "all of them" "$fixtures/yaml/hard.yml" "$fixtures/vars/hosts" "$fixtures/mixed" "m1,web1,"
same_inventory "variables that refer to others" "$fixtures/templates/hosts"
same_reach "and what becomes of them" "$fixtures/templates/hosts"
same_patterns "patterns over odd INI lines" "$fixtures/hard.ini" "$fixtures/patterns"
same_patterns "patterns over groups within groups" "$fixtures/groups.ini" "$fixtures/patterns"
same_patterns "patterns over a program's hosts" "$fixtures/program" "$fixtures/patterns"
same_patterns "harder patterns" "$fixtures/choosing.ini" "$fixtures/patterns.hard"
ask_ansible

# Newer versions of Ansible take them apart at every colon, and "2001:db8::*" for everybody.
selected() {
	run "$TOCSIN" -i "$fixtures/choosing.ini" -t "$1" hosts --list
	echo "$status $out"
}
is "an address with wildcards is one pattern" "$(selected '2001:db8::*')" $'0 2001:db8::1\n2001:db8::2'
is "and not parted from what follows a colon" "$(selected 2001:db8::1:web) $(selected ::1:127.0.0.1)" "2  2 "
# Not by jq, which may round.
run "$TOCSIN" -i "$fixtures/hard.ini" inventory
has "numbers have no more digits than they need" "$out" '"b": 0\.1,'

run "$TOCSIN" -i <(printf '[g]\nh1\nh2\n') -t g hosts --list
is "hosts from a pipe" "$status $out" $'0 h1\nh2'

printf 'all:\n  hosts:\n    h1: {ansible_user: !vault x}\n    h2: {other: !vault x}\n' >"$T/vault.yml"
run "$TOCSIN" -i "$T/vault.yml" -t h1 query 'select 1'
is "what ansible-vault keeps is named where it is needed" "$status $(head -n 1 <<<"$err")" \
	"3 tocsin: h1: failed: $T/vault.yml:3: ansible_user is encrypted by ansible-vault, which cannot be read"
run "$TOCSIN" -i "$T/vault.yml" -u me hosts --list
is "and does not matter elsewhere" "$status $out" $'0 h1\nh2'
printf 'h1 ansible_user="{{ x | regex_replace(1) }}" unused="{{ y() }}"\nh2 ansible_host=127.0.0.1 ansible_port=1 unused="{{ z() }}"\n' >"$T/expressions"
run "$TOCSIN" -i "$T/expressions" --report "$T/report" --connect-timeout 1 query 'select 1'
is "an expression is refused where it is needed, with file and line" \
	"$status $(jq -r '.hosts[0] | .host + " " + .state + " " + .error' "$T/report")" \
	"3 h1 failed $T/expressions:1: ansible_user has \`{{ x | regex_replace(1) }}\`, which only Ansible works out"
is "and keeps no other host from being asked" "$(jq -r '.hosts[1] | .host + " " + .state' "$T/report")" "h2 unreachable"
run "$TOCSIN" -i "$T/expressions" hosts --list
is "nor anybody from listing them" "$status $out" $'0 h1\nh2'

mkdir "$T/kept" "$T/kept/host_vars"
printf 'h1\nh2\n' >"$T/kept/hosts"
# shellcheck disable=SC2016 # it is no variable
for h in h1 h2; do printf '$ANSIBLE_VAULT;1.1;AES256\n3333\n' >"$T/kept/host_vars/$h"; done
run "$TOCSIN" -i "$T/kept/hosts" hosts --list
is "files of ansible-vault are left out and told once" "$status $out $err" \
	"0 h1"$'\n'"h2 tocsin: $T/kept/host_vars/h1 and 1 more are encrypted by ansible-vault: what they set is not known"

run "$TOCSIN" -i "$fixtures/hard.ini" -t 'all:!lonley' hosts --list
is "a name that nothing has is refused" "$status $out $err" "2  tocsin: no host or group \`lonley\`; did you mean \`lonely\`?"
printf 'a\n[b:children]\nc\n' >"$T/wrong"
run "$TOCSIN" -i "$T/wrong" inventory
is "mistakes name file and line" "$status $out $err" \
	"2  tocsin: $T/wrong:3: the group \`c\` is nowhere declared"
printf 'all:\n  hosts:\n    a: {b: c: d}\n' >"$T/wrong.yml"
run "$TOCSIN" -i "$T/wrong.yml" inventory
is "in YAML the column too" "$status $out $err" \
	"2  tocsin: $T/wrong.yml:3:13: not YAML: did not find expected ',' or '}'"

# cpu_ms CMD…: the processor time it takes.
cpu_ms() {
	local TIMEFORMAT='%U %S' spent
	spent=$( { time "$@" >/dev/null 2>&1; } 2>&1)
	awk '{ printf "%d", ($1 + $2) * 1000 }' <<<"$spent"
}
# fast NAME FILE MS: reading it takes no more.
fast() {
	local ms
	ms=$(cpu_ms "$TOCSIN" -i "$2" hosts --list)
	check "$1 (${ms} ms)" [ "$ms" -le $(($3 * SLOW * SLOW)) ]
}
mkdir "$T/big" "$T/big/host_vars"
seq -f 'host%05g.example.com ansible_host=127.0.0.1 ansible_port=2222 rack=r1' 10000 >"$T/big/hosts.ini"
{
	printf 'web:\n  hosts:\n'
	seq -f '    host%05g.example.com: {ansible_host: 127.0.0.1, ansible_port: 2222, rack: r1}' 10000
} >"$T/big/hosts.yml"
# Several times the time that they take on an idle machine.
fast "10,000 hosts in INI" "$T/big/hosts.ini" 100
fast "10,000 hosts in YAML" "$T/big/hosts.yml" 300
