#!/bin/bash
# Jump hosts that ask a person: sshd with PAM, with a password and with a key besides; and servers
# that ask for several things, for nothing, without end, or in words that would fool a terminal.
. "$(dirname "$0")/../lib.sh"
need jq python3 ssh
export HOME=$T/home TERM=xterm
mkdir -p "$HOME/.ssh"

port=$(free_port)
make_keys
start_sshd target "127.0.0.1:$port"
echo "t ansible_host=127.0.0.1 ansible_port=$port ansible_user=$(id -un) ansible_ssh_private_key_file=$T/key" >"$T/hosts"
for i in 1 2 3 4; do sed "s/^t /u$i /" "$T/hosts"; done >"$T/many"

# The servers.
mkdir "$T/asking"
mkfifo "$T/hold"
background "$B/tools/askhost" "$T/asking" <>"$T/hold" >"$T/modes" 2>"$T/askhost.err"
check "servers that ask" wait_for 20 grep -q '^$' "$T/modes" || exit
while read -r name at; do
	[ -n "$name" ] || continue
	printf 'Host %s\n\tHostName 127.0.0.1\n\tPort %s\n\tUser ann\n\tHostKeyAlias asking\n' "$name" "$at"
	[ "$name" != keycode ] || printf '\tIdentityFile %s\n' "$T/key"
done <"$T/modes" >"$T/config"
echo "asking $(cut -d' ' -f1,2 "$T/asking/host_key.pub")" >>"$T/known_hosts"

cat >"$T/type.py" <<'END'
"""type.py OUT ANSWER… -- COMMAND…: runs it on a terminal; types an answer whenever it waits for one.

It waits when the last line ends in ": ". ^C and ^D are the keys; the last answer is given again and
again. OUT gets every byte that the terminal was sent; prints whether it echoed at each question.
"""
import os, pty, select, sys, termios, time
at = sys.argv.index("--")
out, answers, command = sys.argv[1], sys.argv[2:at], sys.argv[at + 1:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
said, seen, asked, until = b"", 0, 0, time.time() + 100
while time.time() < until:
    ready = select.select([fd], [], [], 0.1)[0]
    if ready:
        try:
            got = os.read(fd, 65536)
        except OSError:
            break
        if not got:
            break
        said += got
        continue
    if not said[seen:].endswith(b": "):
        continue
    seen = len(said)
    print("asked", "openly" if termios.tcgetattr(fd)[3] & termios.ECHO else "silently", flush=True)
    answer = answers[min(asked, len(answers) - 1)]
    asked += 1
    os.write(fd, {"^C": b"\x03", "^D": b"\x04"}.get(answer, answer.encode() + b"\n"))
open(out, "wb").write(said)
print("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
# typed JUMP ANSWER… : $out tells what was asked and how it ended, $shown what the terminal got.
inventory=$T/hosts
typed() {
	local jump=$1
	shift
	rm -f "$T/shown" "$T/report"
	run python3 "$T/type.py" "$T/shown" "$@" -- "$TOCSIN" -q -i "$inventory" --known-hosts "$T/known_hosts" -F "$T/config" \
		--connect-timeout 60 --report "$T/report" -o tsv -J "$jump" query 'select 1 as one'
	shown=$(tr -d '\r' <"$T/shown")
}
error() { jq -r '.hosts[0].error' "$T/report"; }
# How often it asked, and how it ended.
ended() { echo "$(grep -c asked <<<"$out"):$(tail -n 1 <<<"$out")"; }
silently=$'asked silently\nstatus 0'

# ---- What servers ask ----

typed code 'open sesame' 123456 ''
is "two rounds, three questions" "$out" $'asked silently\nasked openly\nasked silently\nstatus 0'
has "who asks stands before each line" "$shown" '^ann@code: Password: $'
is "what the server says stands before its question" "$(grep -A3 '^ann@code: Second step' <<<"$shown")" \
	$'ann@code: Second step\nann@code: Your token\nann@code: shows six digits.\nann@code: Code: 123456'
hasnt "what is typed silently is not shown" "$shown" 'sesame'
has "the host answers" "$shown" '^t	1$'
typed code 'open sesame' 000000 '' 'open sesame' 123456 ''
is "a wrong code: all is asked again" "$(ended)" '6:status 0'
typed code wrong
is "three times at most" "$(ended)" '3:status 3'
is "then it says so" "$(error)" 'jump host code: authentication failed for ann: wrong password'
typed menu 1
is "a question of several lines" "$(grep 'ann@menu' <<<"$shown")" \
	$'ann@menu: Choose one:\nann@menu:  1. Push\nann@menu:  2. Call\nann@menu: Option: 1'
is "and its answer" "$(ended)" '1:status 0'
typed hostile x
is "hostile words: status" "$out" "$silently"
is "hostile words: no control goes to the terminal" \
	"$(LC_ALL=C grep -cP '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x9b]|\xe2\x80\xae' "$T/shown")" 0
is "hostile words: none stand alone" "$(grep -v '^ann@hostile: ' <<<"$shown" | grep -c 'Passphrase')" 0
typed crowd x
has "too many questions at once" "$(error)" 'protocol error: 9 questions at once'
typed endless x
has "questions without end" "$(error)" 'protocol error: questions without end'
typed empty 'open sesame'
is "a server that asks nothing is told the password" "$out" "$silently"
has "and says so" "$shown" '^ann@empty: password: $'
typed keycode 123456
is "a key, then a code" "$out" "$silently"
typed code 'open sesame' 123456 '^D'
has "the end of input is no answer" "$(error)" 'it wants a password, and none was given'
typed code '^C'
is "Ctrl-C ends it" "$(ended)" '1:status 130'

run "$TOCSIN" -i "$T/hosts" --known-hosts "$T/known_hosts" -F "$T/config" --report "$T/report" -J code query 'select 1'
is "without a terminal nobody is asked" "$status:$(error)" \
	'3:jump host code: it wants a password, and there is no terminal to ask for it'

# ---- sshd and PAM ----

if [ "$(id -u)" != 0 ] || ! unshare --mount true 2>/dev/null; then
	skip "sshd and PAM" "needs root and a mount namespace"
	exit
fi
security=$(find /lib /usr/lib -name pam_unix.so -printf '%h\n' -quit 2>/dev/null)
if [ ! -e "$security/pam_echo.so" ]; then
	skip "sshd and PAM" "no PAM here"
	exit
fi
mkdir "$T/pam.d"
printf 'Welcome\033[31m,\nfriend\n' >"$T/words"
cat >"$T/pam.d/sshd" <<END
auth optional pam_echo.so file=$T/words
auth required pam_unix.so nodelay
account required pam_permit.so
session required pam_permit.so
END
{
	cat /etc/shadow
	echo "pat:$(openssl passwd -6 'open sesame'):19000:0:99999:7:::"
} >"$T/shadow"
cat >"$T/with_pam" <<'END'
#!/bin/sh
exec unshare --mount --propagation private sh -c \
	'd=$1 && shift && mount --bind "$d/shadow" /etc/shadow && mount --bind "$d/pam.d" /etc/pam.d && exec "$@"' sh "$@"
END
chmod 755 "$T/with_pam"
# pam_sshd NAME LINE…
pam_sshd() {
	local name=$1 at
	shift
	at=$(free_port)
	SSHD_USERS="pat:2004" SSHD_WITHIN="$T/with_pam $T" start_sshd "$name" "127.0.0.1:$at" "UsePAM yes" \
		"KbdInteractiveAuthentication yes" "$@"
	printf 'Host %s\n\tHostName 127.0.0.1\n\tPort %s\n\tUser pat\n\tIdentityFile %s\n' "$name" "$at" "$T/key" >>"$T/config"
}
logins() { grep -c 'Accepted keyboard-interactive' "$T/$1/log"; }

pam_sshd pam "PubkeyAuthentication no"
inventory=$T/many
typed pam 'open sesame'
is "PAM: one question for four hosts" "$out" "$silently"
is "PAM: four rows" "$(grep -c '^u' <<<"$shown")" 4
is "PAM: one login" "$(logins pam)" 1
has "PAM: what it has to say is shown" "$shown" '^pat@pam: friend$'
is "PAM: but not what the terminal would obey" "$(LC_ALL=C grep -cP '\x1b' "$T/shown")" 0
typed pam wrong 'open sesame'
is "PAM: a wrong password, then the right one" "$(ended)" '2:status 0'
typed pam wrong
is "PAM: only wrong ones" "$(ended):$(error)" \
	'3:status 3:jump host pam: authentication failed for pat: wrong password'
pam_sshd both "AuthenticationMethods publickey,keyboard-interactive"
typed both 'open sesame'
is "sshd wants a key and a password" "$out" "$silently"
pam_sshd parts "PasswordAuthentication yes" "AuthenticationMethods password,keyboard-interactive,publickey"
typed parts 'open sesame'
is "sshd wants a password, an answer and a key" "$(ended)" '2:status 0'

# ---- The next command ----

mkdir -m 700 "$T/run"
export XDG_RUNTIME_DIR=$T/run TOCSIN_PERSIST_S=60
before=$(logins pam)
typed pam 'open sesame'
is "connections are left open" "$out" "$silently"
run "$TOCSIN" -i "$inventory" --known-hosts "$T/known_hosts" -F "$T/config" -o tsv -J pam query 'select 1 as one'
is "then the next command asks nobody" "$status $(grep -c '^u' <<<"$out")" "0 4"
is "nor logs in" "$(logins pam)" $((before + 1))
for socket in "$T"/run/tocsin/*-*; do
	holder=${socket##*/}
	kill "${holder%%-*}"
	wait_for 20 test ! -e "/proc/${holder%%-*}/exe"
done
