#!/bin/bash
# Actions the whole way: console, real sshd, session, daemon, its actor, and back; with the audit log. In a pid and a
# mount namespace: nothing outside can be hit.
. "$(dirname "$0")/../lib.sh"
need_root
within --mount --pid --fork --mount-proc --kill-child
need jq ssh

# What is mounted cannot be removed.
unmount() { umount -l /etc "$T/ram"; }
trap 'unmount 2>/dev/null; clean_up' EXIT
mkdir "$T/ram"
mount -t tmpfs -o size=64m none "$T/ram" || all_skipped "needs to mount"
mkdir "$T/ram/upper" "$T/ram/work"
mount -t overlay -o "lowerdir=/etc,upperdir=$T/ram/upper,workdir=$T/ram/work" none /etc ||
	all_skipped "needs overlays"
echo 'helper:x:40002:40002::/tmp:/bin/sh' >>/etc/passwd
export XDG_CONFIG_HOME=$T/config XDG_STATE_HOME=$T/xdg
cat >"$T/agentd.conf" <<END
protect_paths = $T/kept
[role chief]
users = root
allow = all
[role helper]
users = helper
allow = query suspend resume delete
END
chmod 600 "$T/agentd.conf"
# shellcheck disable=SC2119 # no options
start_daemon
daemon=$pid
port=$(free_port)
printf '#!/bin/sh\nexec "%s" "$@" --run-dir %s\n' "$AGENTD" "$T/run" >"$T/agentd"
chmod 755 "$T/agentd"
AGENTD=$T/agentd start_sshd host 127.0.0.1:"$port"
sshd=$pid

# as USER COMMAND…: $out holds the rows as JSON, without the brackets of the array
as() {
	local user=$1
	shift
	run "$TOCSIN" -i 127.0.0.1, -u "$user" -p "$port" --private-key "$T/key" --known-hosts "$T/known_hosts" \
		-F /dev/null -o json --reason 'INC-17' "$@"
}
of() { jq -r ".[0] | $1" <<<"$out" 2>&1; }
row() { is "$1" "$(of '.status')" "$2"; }
there() { [ -d "/proc/$1" ] && ! grep -q '^State:.Z' "/proc/$1/status"; }
fails() { ! "$@"; }
sleeper() {
	background sleep 1000
	wait_for 5 grep -q sleep "/proc/$pid/comm"
}

# ---- Processes ----

sleeper
as root --dry-run kill "$pid"
row kill-planned planned
check kill-planned-lives there "$pid"
as root --yes suspend "$pid"
row suspended 'done'
has suspended-state "$(cat "/proc/$pid/status")" '^State:.T'
as root --yes resume "$pid"
row resumed 'done'
start=$("$AGENTD" query -o csv "select start_time from processes where pid = $pid" | tail -n 1)
as root --yes kill "$pid@$((start + 1))"
row kill-of-another-time not_found
as helper --yes kill "$pid"
row kill-not-allowed refused
has kill-not-allowed-words "$(of .detail)" 'does not let helper do this \(kill\)'
check kill-not-allowed-lives there "$pid"
as root --yes kill "$pid@$start" --capture
row killed 'done'
check killed-is-gone fails there "$pid"
id=$(of .id)
check killed-was-captured cmp "$T/state/vault/$id/exe" /bin/sleep
is killed-status "$status" 0

# The agent and what carries the session.
as root --yes kill "$daemon"
row never-the-daemon refused
as root --yes kill --tree "$sshd"
row never-the-sshd refused
for p in $(pgrep -f 'tocsin-agentd' -P "$daemon"); do
	as root --yes kill "$p"
	has never-a-worker "$(of .status)" '^(refused|not_found)$'
done
check daemon-lives there "$daemon"
check sshd-lives there "$sshd"

# Two targets at once, one of them nobody's.
sleeper
as root --yes kill "$pid" 999999
is two-targets "$(jq -r 'map(.status) | sort | join(" ")' <<<"$out")" 'done not_found'
is two-targets-status "$status" 3

# ---- Files ----

mkdir "$T/files" "$T/kept"
f=$T/files/$'e\xffvil\n'
echo evil >"$f"
chmod 4711 "$f"
as root --yes delete "$f"
row deleted 'done'
check deleted-is-gone [ ! -e "$f" ]
id=$(of .id)
as root query "select state_dir from vault where id = '$id'"
is vault-table-is-this-agents "$(of .state_dir)" "$T/state"
as root query "select id, user, reason from vault where state_dir = '$T/state' and id = '$id'"
is deleted-in-the-vault-table "$(of '[.id, .user, .reason] | join(" ")')" "$id root INC-17"
as helper --yes restore "$id"
row restore-not-allowed refused
as root --yes restore "$id"
row restored 'done'
is restored-content "$(cat "$f") $(stat -c %a "$f")" 'evil 4711'
as root --yes restore "$id"
row restored-already already
echo kept >"$T/kept/x"
as root --yes delete "$T/kept/x"
row protected refused
as root --yes delete --force "$T/kept/x"
row protected-forced 'done'
as helper --yes delete --force "$f"
row force-is-a-right refused
has force-is-a-right-words "$(of .detail)" 'right of its own'
as helper --yes delete "$f"
row helper-may-delete 'done'
as root --yes delete /etc/passwd
row vital refused
if command -v dpkg >/dev/null; then
	as root --yes delete /usr/bin/env
	row packaged refused
	has packaged-why "$(of .detail)" coreutils
fi
as root --yes delete "$T/state/audit.ndjson" --force
row never-the-audit-log refused

# ---- The record ----

log=$T/state/audit.ndjson
pairs=$(jq -r 'select(.action == "delete") | [.request, .event] | @tsv' "$log" | sort | uniq -c | awk '{print $1, $3}' | sort -u)
is audit-request-and-outcome "$pairs" $'1 outcome\n1 request'
is audit-reasons "$(jq -r 'select(.event == "request").reason' "$log" | sort -u)" INC-17
has audit-says-what-was-done "$(jq -c 'select(.event == "outcome" and .action == "restore" and .status == "done")' "$log")" "$id"
check audit-is-whole "$AGENTD" audit --verify --state-dir "$T/state"

# ---- The console's own record ----

run "$TOCSIN" -o json audit --limit 1000
is record-done "$(jq -r '[.[] | select(.action == "kill" and .status == "done")] | length > 0 and all(.reason == "INC-17" and .before != null and .plan != "" and .operator == "root")' <<<"$out")" true
is record-refused "$(jq -r '[.[] | select(.status == "refused")] | length > 0' <<<"$out")" true
is record-none-sent "$(jq -r '[.[] | select(.status == "sent" or .status == "planned")] | length' <<<"$out")" 0
