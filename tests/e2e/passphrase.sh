#!/bin/bash
# A key with a passphrase: typed at the terminal, not shown, asked again when wrong.
. "$(dirname "$0")/../lib.sh"
need python3 ssh-keygen

make_keys
port=$(free_port)
start_sshd one "127.0.0.1:$port"
cp "$T/key" "$T/locked"
ssh-keygen -q -p -P '' -N 'open sesame' -f "$T/locked" </dev/null >/dev/null
export HOME=$T/home TERM=xterm
unset NO_COLOR
mkdir "$HOME"
echo "web1 ansible_host=127.0.0.1 ansible_port=$port ansible_user=$(id -un)" >"$T/hosts"
cat >"$T/type.py" <<'END'
"""type.py WORDS… -- COMMAND…: runs it on a terminal and types one of the words at each question."""
import os, pty, sys
at = sys.argv.index("--")
words, command = sys.argv[1:at], sys.argv[at + 1:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
out, asked = b"", 0
while True:
    try:
        got = os.read(fd, 65536)
    except OSError:
        break
    if not got:
        break
    out += got
    if out.count(b"Passphrase for ") > asked:
        os.write(fd, (words[asked] if asked < len(words) else "").encode() + b"\n")
        asked += 1
sys.stdout.buffer.write(out.replace(b"\r\n", b"\n"))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
ask() { timeout -k 5 100 python3 "$T/type.py" "$@" -- "$TOCSIN" -i "$T/hosts" --known-hosts "$T/known_hosts" -F none --connect-timeout 60 \
	--private-key "$T/locked" -o csv query 'select 7 as x'; }

out=$(ask 'open sesame')
is "the passphrase: status" $? 0
has "the passphrase: rows" "$out" '^web1,7$'
has "the passphrase: asked for this key" "$out" "Passphrase for $T/locked: "
hasnt "the passphrase: not shown" "$out" sesame
out=$(ask wrong 'open sesame')
has "asked again: rows" "$out" '^web1,7$'
is "asked again" "$(grep -o 'Passphrase for' <<<"$out" | wc -l)" 2
out=$(ask '')
is "nothing typed: status" $? 3
has "nothing typed: why" "$out" 'web1: failed: .*passphrase'
