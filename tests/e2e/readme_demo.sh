#!/bin/bash
# What README.md tells to type over the demo fleet, its ```bash block, works as written.
. "$(dirname "$0")/../lib.sh"
start_demo
HOME=$demo/home
PATH=$(dirname "$TOCSIN"):$PATH
export HOME PATH
unset XDG_STATE_HOME
mkdir "$T/work"

n=0
while IFS= read -r line; do
	command=$line
	if [[ $line == *"<<'END'"* ]]; then
		while IFS= read -r line && [ "$line" != END ]; do command+=$'\n'$line; done
		command+=$'\nEND'
	fi
	n=$((n + 1))
	name=$(head -n 1 <<<"$command" | sed 's/  *#.*//')
	run bash -c "cd '$T/work' && $command"
	is "$name" "$status" 0
	# What the words beside it say.
	case $name in
	'tocsin run proc-exe-deleted') has "$name: rows" "$out" '^web2 .*demo-implant' ;;
	'tocsin run acct-uid0') has "$name: rows" "$out" '^db2 .*demo-backdoor' ;;
	*--new) hasnt "$name: rows" "$out" demo-backdoor ;;
	*--fold*) has "$name: rows" "$out" '^web1, web2, web3 +3 ' ;;
	*--check) has "$name: rows" "$out" '^# all: 8 hosts: ' ;;
	*--dry-run*) has "$name: rows" "$out" '^web2 +kill +.* planned ' ;;
	*--markdown*) has "$name: report" "$(cat "$T/work/end-it.md")" '^Exit status 0: all went well' ;;
	'tocsin diff'*) has "$name: rows" "$out" '^removed +web2 .*demo-implant' ;;
	'tocsin history') has "$name: rows" "$out" 'acct-uid0' ;;
	'tocsin audit') has "$name: rows" "$out" 'web2 +kill +.* done .*INC-7' ;;
	esac
done < <(awk '/^```/ {on = !on && $0 == "```bash"; next} on' README.md)
check 'there were some' test $n -ge 12
