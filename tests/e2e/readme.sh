#!/bin/bash
# What README.md tells a newcomer to type works as written: its ```sh blocks are run in a fresh home
# directory against real sshd, its installation against a directory of its own.
. "$(dirname "$0")/../lib.sh"
need ssh jq make
[ -w "$B/gen" ] || all_skipped "may not write to $B"

# The blocks of README.md that begin with ```$1, in order, one after the other.
blocks() { awk -v kind="$1" '/^```/ {on = !on && $0 == "```" kind; next} on' README.md; }
# The line must be there, so that what is tested is what is told.
tells() { grep -qxF -- "$2" README.md && pass "$1" || fail "$1" "README.md does not say: $2"; }

# ---- Installing ----

tells "installing" 'sudo make install'
tells "the subsystem" "echo 'Subsystem tocsin /usr/libexec/tocsin-agentd session' | sudo tee /etc/ssh/sshd_config.d/tocsin.conf"
check "make install" make -s install "B=${B#"$PWD/"}" "SAN=${SAN:-0}" "DESTDIR=$T/root"
for f in usr/local/bin/tocsin usr/libexec/tocsin-agentd usr/local/share/man/man1/tocsin.1 \
	usr/local/share/tocsin/queries/process/proc-exe-deleted.sql usr/local/share/tocsin/queries/runbooks/morning.runbook \
	usr/local/lib/systemd/system/tocsin-runbook@.service usr/local/lib/systemd/system/tocsin-runbook@.timer; do
	check "installs /$f" test -s "$T/root/$f"
done
run env -i "$T/root/usr/local/bin/tocsin" batch --list -o json
is "the installed runbooks" "$(jq -r '.[] | .path' <<<"$out" | sort)" \
	"$(find "$T/root/usr/local/share/tocsin/queries/runbooks" -name '*.runbook' | sort)"
is "there are some" "$(jq length <<<"$out")" 7
for target in demo check lint fuzz bench deps; do
	check "make $target is there" make -n "$target" "B=${B#"$PWD/"}" "SAN=${SAN:-0}"
done

# ---- First questions ----

user=$(id -un)
port=$(free_port)
AGENTD=$T/root/usr/libexec/tocsin-agentd
start_sshds host 127.4.0 1 5 "$port"
# libexec is in nobody's PATH; here it stands for the place where the agent would be.
export HOME=$T/home PATH=$T/root/usr/local/bin:$T/root/usr/libexec:$PATH
unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_DATA_HOME
mkdir -p "$HOME/.ssh"
cp "$T/key" "$HOME/.ssh/id_ed25519"
i=0
for h in bastion web1 web2 web3 db1; do
	i=$((i + 1))
	printf 'Host %s.example.com\n\tHostName 127.4.0.%d\n\tPort %d\n\tUser %s\n' $h $i "$port" "$user"
done >"$HOME/.ssh/config"
cp "$T/known_hosts" "$HOME/.ssh/known_hosts"
if [ "$user" != root ]; then
	# The inventory in README.md says root for one of them.
	skip "every question" "needs root, whom the README's inventory names"
	exit 0
fi

# A block's commands, each with its here document.
n=0
script=$(blocks sh)
while IFS= read -r line; do
	command=$line
	if [[ $line == *"<<'END'"* ]]; then
		while IFS= read -r line && [ "$line" != END ]; do command+=$'\n'$line; done
		command+=$'\nEND'
	fi
	[ -n "$command" ] || continue
	n=$((n + 1))
	run bash -c "$command"
	[ "$status" = 0 ] && pass "$(head -n 1 <<<"$command")" || fail "$(head -n 1 <<<"$command")" "status $status: $err"
	hasnt "$(head -n 1 <<<"$command"): all hosts" "$err" 'unreachable|failed|timed out'
done <<<"$script"
check "there were questions" test $n -ge 8
check "the summary line has the form told" grep -qE '^tocsin: [0-9]+ of [0-9]+ hosts answered, 1 timed out, 1 unreachable; [0-9]+ rows in [0-9.]+ s$' README.md

run sh -c "$(blocks console | sed -n 's/^\$ //p' | sed "s/ssh -s web1 /ssh -o UserKnownHostsFile=\$HOME\/.ssh\/known_hosts -i \$HOME\/.ssh\/id_ed25519 -F \$HOME\/.ssh\/config -s web1.example.com /")"
is "by hand" "$(jq -sc 'map(.op)' <<<"$out")" '["hello","columns","rows","done"]'

# ---- What else it says ----

# shellcheck disable=SC2016 # backquotes of Markdown
formats=$(sed -n 's/^| `-o FORMAT` | //p' README.md | grep -o '`[a-z]*`' | tr -d '`')
check "it names formats" test "$(wc -w <<<"$formats")" -ge 6
for word in $formats; do
	check "the format $word" "$TOCSIN" -o "$word" tables processes
done
for f in common agentd agentd/tables console/fleet console/commands console/output queries tests/unit tests/e2e tests/fuzz \
	tests/bench tests/tools agentd/table.h console/command.h console/output.h LICENSE; do
	check "there is $f" test -e $f
done
