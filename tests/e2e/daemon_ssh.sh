#!/bin/bash
# The daemon behind a real sshd, asked by the console: who it was and from where, whatever the environment says.
. "$(dirname "$0")/../lib.sh"
need jq ssh sshd python3 setpriv
need_root
cat >"$T/agentd.conf" <<'EOF'
[role responder]
users = root tocsin-a
allow = all
EOF
cat >"$T/agent" <<EOF
#!/bin/sh
exec "$AGENTD" "\$@" --run-dir "$T/run"
EOF
chmod 755 "$T/agent"
chmod 644 "$T/agentd.conf"
# shellcheck disable=SC2119 # no options
start_daemon
daemon=$pid
port=$(free_port)
real=$AGENTD
AGENTD=$T/agent
SSHD_USERS="tocsin-a:40001" start_sshd web1 127.0.0.1:"$port" "ExposeAuthInfo yes"
AGENTD=$real
# The daemon does not know that sshd's users by name.
sed -i 's/tocsin-a/40001/' "$T/agentd.conf"
kill -HUP "$daemon"
check reloaded wait_for 10 grep -q '"config"' "$T/state/audit.ndjson"
printf 'web1 ansible_host=127.0.0.1 ansible_port=%s\n' "$port" >"$T/hosts"
console() {
	run "$TOCSIN" -i "$T/hosts" --known-hosts "$T/known_hosts" --private-key "$T/key" --no-persist "$@"
}

for user in root tocsin-a; do
	console -u "$user" -o json query "select count(*) > 0 as n from shadow where username = 'root'"
	is "asks_$user" "$(jq -c '[.[0].host, .[0].n]' <<<"$out")" '["web1",1]'
	uid=0
	[ $user = root ] || uid=40001
	got=$(jq -c "select(.event == \"session\" and .uid == $uid) | .address" "$T/state/audit.ndjson" | sort -u)
	is "address_$user" "$got" '"127.0.0.1"'
done
has key_is_claimed "$(jq -r 'select(.event == "session").claimed // empty' "$T/state/audit.ndjson" | sort -u)" \
	'^publickey ssh-ed25519 SHA256:'

# Jumbled environment, and an sshd-like process in between that is the user's own.
cat >"$T/fake.sh" <<EOF
#!/bin/sh
SSH_CONNECTION="203.0.113.9 1 203.0.113.9 22" SSH_CLIENT="203.0.113.9 1 22" "$AGENTD" session --run-dir "$T/run"
EOF
chmod 755 "$T/fake.sh"
ssh=(ssh -F none -i "$T/key" -o UserKnownHostsFile="$T/known_hosts" -o BatchMode=yes -p "$port")
cp "$(command -v bash)" "$T/sshd"
chmod 755 "$T/sshd"
n=$(wc -l <"$T/state/audit.ndjson")
run "${ssh[@]}" tocsin-a@127.0.0.1 "$T/sshd -c '$T/fake.sh; :' </dev/null"
got=$(tail -n +$((n + 1)) "$T/state/audit.ndjson" | jq -c 'select(.event == "session") | [.uid, .address]')
is not_the_environment "$got" '[40001,"127.0.0.1"]'

# An sshd that anybody runs has whatever clients they like.
mkdir "$T/own"
cp "$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')" "$T/own/sshd"
cat >"$T/own/serve.py" <<'EOF'
import socket, subprocess, sys
listens = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listens.getsockname())
served = listens.accept()
subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL)
EOF
n=$(wc -l <"$T/state/audit.ndjson")
run setpriv --reuid 40001 --regid 40001 --clear-groups "$T/own/sshd" "$T/own/serve.py" "$real" session --run-dir "$T/run"
got=$(tail -n +$((n + 1)) "$T/state/audit.ndjson" | jq -c 'select(.event == "session") | [.uid, .address]')
is not_of_an_sshd_of_their_own "$got" '[40001,null]'

# From no sshd at all: no address.
ask_daemon '{"op":"ping","id":1}' >/dev/null
is no_address "$(jq -c 'select(.event == "session") | .address' "$T/state/audit.ndjson" | tail -n 1)" null

# A process that connected is gone, and its number is that of another one below sshd: that one's address is not its.
cat >"$T/connect.py" <<'EOF'
import array, os, socket, struct, sys, time
number, reused, path = sys.argv[1:]
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
pid = os.fork()
if pid == 0:
    s.connect(path)
    os._exit(0)
os.waitpid(pid, 0)
with open(number + ".new", "w") as f:
    f.write(str(pid))
os.rename(number + ".new", number)
while not os.path.exists(reused):
    time.sleep(0.01)
text = struct.pack("=I", 0) + b"\0"
mine, theirs = socket.socketpair()
s.sendmsg([struct.pack("=IIQ", 1, len(text), 1) + text], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [theirs.fileno()] * 2))])
mine.recv(20)
EOF
cat >"$T/reuse.py" <<'EOF'
import ctypes, os, struct, sys, time
number, reused = sys.argv[1:]
print("waits", flush=True)
while not os.path.exists(number):
    time.sleep(0.01)
pid = ctypes.c_int32(int(open(number).read()))
args = struct.pack("=11Q", 0, 0, 0, 0, 17, 0, 0, 0, ctypes.addressof(pid), 1, 0)
got = ctypes.CDLL(None, use_errno=True).syscall(435, args, len(args))
if got == 0:
    time.sleep(20)
    os._exit(0)
with open(reused + ".new", "w") as f:
    f.write("yes" if got == pid.value else f"no: {os.strerror(ctypes.get_errno())}")
os.rename(reused + ".new", reused)
time.sleep(20)
EOF
background "${ssh[@]}" root@127.0.0.1 "python3 $T/reuse.py $T/number $T/reused" >"$T/reuse.out" </dev/null
check reuser_waits wait_for 20 grep -q waits "$T/reuse.out"
n=$(wc -l <"$T/state/audit.ndjson")
run python3 "$T/connect.py" "$T/number" "$T/reused" "$T/run/agentd.sock"
if [ "$(cat "$T/reused")" = yes ]; then
	got=$(tail -n +$((n + 1)) "$T/state/audit.ndjson" | jq -c 'select(.event == "session") | [.pid, .address]')
	is not_of_a_reused_number "$got" "[$(cat "$T/number"),null]"
else
	skip not_of_a_reused_number "$(cat "$T/reused")"
fi

# The client goes away: the worker ends.
background "${ssh[@]}" -s root@127.0.0.1 tocsin <>"$(mkfifo "$T/in" && echo "$T/in")" >"$T/out"
client=$pid
check client_waits wait_for 20 grep -q hello "$T/out"
kill -KILL "$client"
ended() { [ "$(grep -c '"event":"session"' "$T/state/audit.ndjson")" = "$(grep -c '"event":"session_end"' "$T/state/audit.ndjson")" ]; }
check client_gone wait_for 20 ended

# Through the agent's own server.
port=$(free_port)
ssh-keygen -q -t ed25519 -N '' -f "$T/host_key"
background "$B/bin/tocsin-agentd-serve" --listen "127.0.0.1:$port" --host-key "$T/host_key" --authorized-keys "$T/authorized_keys" \
	--agent "$T/agent" >"$T/serve.log" 2>&1
check serve_listens wait_for 10 port_open 127.0.0.1 "$port"
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$T/host_key.pub")" >>"$T/known_hosts"
printf 'srv1 ansible_host=127.0.0.1 ansible_port=%s\n' "$port" >"$T/hosts"
console -u anyone -o json query "select uid from processes where pid = (select pid from agent_info)"
has serve_asks "$out" '"uid": ?65534'
is serve_address "$(jq -c 'select(.event == "session") | .address' "$T/state/audit.ndjson" | tail -n 1)" '"127.0.0.1"'
