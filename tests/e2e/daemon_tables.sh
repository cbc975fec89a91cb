#!/bin/bash
# Every table through the daemon: what a sandboxed worker tells is what root is told. And what it cannot get
# itself comes through relays.
. "$(dirname "$0")/../lib.sh"
need python3 jq unshare
need_root
within -n -m
ip link set lo up
# shellcheck disable=SC2119 # no options
start_daemon
python3 tests/e2e/daemon_tables.py "$AGENTD" "$T/run"

sql() { ask_daemon "{\"op\":\"query\",\"id\":1,\"sql\":\"$1\"}"; }
rows() { jq -c 'select(.op == "rows").rows' <<<"$1"; }

# ---- Relays ----

if command -v nft >/dev/null && nft add table inet t1 2>/dev/null; then
	nft add chain inet t1 c '{ type filter hook input priority 5; }'
	nft add rule inet t1 c tcp dport 12345 counter drop
	out=$(sql "select table_name, chain, handle > 0 from nft_rules")
	is relay_nft "$(rows "$out")" '[["t1","c",1]]'
	nft delete table inet t1
else
	skip relay_nft "no nftables here"
fi
if command -v iptables-legacy >/dev/null && iptables-legacy -P FORWARD DROP 2>/dev/null; then
	out=$(sql "select policy from iptables where filter_name = 'filter' and chain = 'FORWARD'")
	is relay_iptables "$(rows "$out")" '[["DROP"]]'
else
	skip relay_iptables "no legacy iptables here"
fi
out=$(sql "select count(*) from system_controls where name = 'fs.protected_symlinks' and current_value is not null")
is relay_file "$(rows "$out")" '[[1]]'

port=$(free_port)
mkdir "$T/www"
echo hello >"$T/www/page"
background python3 -m http.server -d "$T/www" --bind 127.0.0.1 "$port" >/dev/null 2>&1
if wait_for 10 port_open 127.0.0.1 "$port"; then
	out=$(sql "select response_code, result from curl where url = 'http://127.0.0.1:$port/page'")
	if [[ $out == *"libcurl is not installed"* ]]; then
		skip relay_web "no libcurl"
	else
		is relay_web "$(rows "$out")" '[[200,"hello\n"]]'
		out=$(sql "select response_code from curl where url = 'file:///etc/passwd'")
		hasnt relay_web_file "$out" root:
	fi
fi

# Docker, at its place.
if mount -t tmpfs tmpfs /run 2>/dev/null; then
	mkdir -p /run/t
	cat >"$T/docker.py" <<'PY'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind("/run/docker.sock")
s.listen()
while True:
    c, _ = s.accept()
    got = b""
    while b"\r\n\r\n" not in got:
        got += c.recv(4096)
    body = b'{"Version":"24.0","ApiVersion":"1.43"}' if got.startswith(b"GET /version ") else b"{}"
    c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    c.close()
PY
	background python3 "$T/docker.py"
	check docker_is_there wait_for 10 test -S /run/docker.sock
	# Root's alone, as the real one is but for its group.
	chmod 600 /run/docker.sock
	out=$(sql "select version, api_version from docker_version")
	is relay_docker "$(rows "$out")" '[["24.0","1.43"]]'
	out=$(echo '{"op":"query","id":1,"sql":"select count(*) from docker_version"}' |
		bounded 60 setpriv --reuid 40001 --regid 40001 --clear-groups "$AGENTD" session --run-dir "$T/run")
	has relay_docker_other "$out" 'docker_version: .*[Pp]ermission denied'
fi
