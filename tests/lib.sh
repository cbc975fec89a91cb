# shellcheck shell=bash
# Sourced by the shell tests: `. "$(dirname "$0")/../lib.sh"`. Gives
#
#   $B $T                        the build folder; a directory of this test's own, removed at its end
#   pass, fail, skip             print the lines that tests/run counts
#   check, is, has, hasnt        one comparison each, printing one such line; a failure ends nothing
#   alike                        likewise, of what this machine tells, which may change meanwhile
#   run CMD…                     runs it; $out $err $status tell what came of it
#   need, need_root, all_skipped end the test as skipped where it cannot be run
#   within FLAG…                 goes on in namespaces of the test's own
#   bounded SECONDS CMD…         runs it, and ends it when time is up
#   wait_for SECONDS CMD…        polls until CMD succeeds: wait for a state, never for a time
#   background CMD…              starts CMD, sets $pid; it and its children end with the test
#   start_daemon, ask_daemon     the agent's daemon, and a session of it
#   start_demo                   the demo's fleet
#   free_port, make_keys, start_sshd, start_sshds, known_hosts_for    real sshd on loopback
#
# Everything that a test starts must be started by `background` or `start_sshd`.

set -u
umask 022
test_file=$(realpath "$0")
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2
B=${B:-build}
case $B in /*) ;; *) B=$PWD/$B ;; esac
export B LC_ALL=C.UTF-8
# The system's own programs first: a shim of a version manager in front of python3 costs more than
# what is tested.
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
export PATH
unset TOCSIN_INVENTORY SSH_AUTH_SOCK SSH_ASKPASS XDG_CONFIG_HOME XDG_RUNTIME_DIR NO_COLOR COLUMNS LINES PAGER \
	BASH_ENV ENV POSIXLY_CORRECT
# Every day has 24 hours.
export TZ=UTC
# No connections stay open behind a test's back; the one about that says otherwise.
export TOCSIN_PERSIST_S=0
TOCSIN=$B/bin/tocsin
AGENTD=$B/bin/tocsin-agentd
export TOCSIN AGENTD
# A test that is about something else than speed lets the sanitizers take their time.
if [ "${SAN:-0}" = 1 ]; then SLOW=4; else SLOW=1; fi
export SLOW

T=$(mktemp -d "${TMPDIR:-/tmp}/tocsin-test.XXXXXX") || exit 2
# Ordinary users must find their keys in it.
chmod 711 "$T"
export T
# What is remembered of a test goes with it; settings of whoever runs it are not tested.
export XDG_STATE_HOME=$T/.state HOME=$T/.home
mkdir "$HOME"
pids=()
test_name=$(basename "$0" .sh)

# ---- Results ----

# One line, whatever is in the reason.
one_line() {
	printf '%s' "$*" | tr '\n\t' '  ' | LC_ALL=C tr -d '\000-\037\177' | cut -c1-600
}
pass() { printf 'ok %s\n' "$1"; }
fail() { printf 'not ok %s: %s\n' "$1" "$(one_line "${@:2}")"; }
skip() { printf 'skip %s: %s\n' "$1" "$(one_line "${@:2}")"; }
all_skipped() {
	skip "$test_name" "$@"
	exit 0
}

# check NAME CMD…: CMD succeeds.
check() {
	local name=$1 said st
	shift
	said=$("$@" 2>&1)
	st=$?
	if [ $st = 0 ]; then pass "$name"; else fail "$name" "status $st of: $*: $said"; fi
	return $st
}
# is NAME GOT WANT
is() {
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "got '$2', not '$3'"; fi
}
# alike NAME GOT WANT: two functions print the same; tried anew as long as what one of them prints changes, since
# others use this machine.
alike() {
	local got want i
	for ((i = 0; i < 50; i++)); do
		want=$("$3")
		got=$("$2")
		[ "$got" != "$want" ] || break
		[ "$("$3")" != "$want" ] || [ "$("$2")" != "$got" ] || break
	done
	is "$1" "$got" "$want"
}
# has NAME TEXT PATTERN (extended regular expression, any line of TEXT)
has() {
	if grep -qE -e "$3" <<<"$2"; then pass "$1"; else fail "$1" "no /$3/ in: $2"; fi
}
hasnt() {
	if grep -qE -e "$3" <<<"$2"; then fail "$1" "found /$3/ in: $2"; else pass "$1"; fi
}
# run CMD…: $out, $err (without their last newlines) and $status. Bounded.
# shellcheck disable=SC2034 # they are the caller's
run() {
	bounded "${RUN_TIMEOUT:-120}" "$@" >"$T/.out" 2>"$T/.err" </dev/null
	status=$?
	out=$(tr -d '\000' <"$T/.out")
	err=$(tr -d '\000' <"$T/.err")
	return 0
}

# ---- What this machine can do ----

need() {
	local c
	for c in "$@"; do command -v "$c" >/dev/null 2>&1 || [ -x "$c" ] || all_skipped "needs $c"; done
}
need_root() { [ "$(id -u)" = 0 ] || all_skipped "needs root"; }
# within FLAG…: begins the test anew in namespaces that unshare(1) makes by these flags. To be called before
# anything is made or started.
within() {
	if [ -n "${TOCSIN_WITHIN:-}" ]; then
		unset TOCSIN_WITHIN
		return
	fi
	unshare "$@" true 2>/dev/null || all_skipped "needs namespaces: unshare $*"
	# No trap is run by exec.
	rm -r "$T"
	TOCSIN_WITHIN=1 exec unshare "$@" "$test_file"
}

# ---- Waiting ----

# In the process group of the test: whoever ends that ends what it waits for.
bounded() { timeout --foreground -k 5 "$@"; }

# wait_for SECONDS CMD…: 0 as soon as CMD succeeds, 1 when time is up.
wait_for() {
	local until=$((${EPOCHREALTIME/./} + $1 * SLOW * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt "$until" ] || return 1
		sleep 0.02
	done
}

# ---- Processes ----

# background CMD…: sets $pid. Redirections of the caller's apply.
background() {
	# A job in the background would have /dev/null there.
	"$@" <&0 &
	pid=$!
	pids+=("$pid")
}
# Ends a process and all its descendants, children first found while it is stopped.
end_tree() {
	local child
	kill -STOP "$1" 2>/dev/null
	# shellcheck disable=SC2013 # words of one line
	for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do end_tree "$child"; done
	kill -KILL "$1" 2>/dev/null
	kill -CONT "$1" 2>/dev/null
}
# Prints what else was started by this test, whoever its parent is by now: it has $T in its environment.
stragglers() {
	local file
	for file in $(env -u T grep -lzxsF "T=$T" /proc/[0-9]*/environ); do
		file=${file#/proc/}
		echo "${file%/environ}"
	done
}
# 0: there are none any more.
end_stragglers() {
	local left
	left=$(stragglers)
	# shellcheck disable=SC2086 # words
	[ -z "$left" ] || { kill -KILL $left; return 1; }
}
clean_up() {
	local p
	# The shell would tell of each one that was killed.
	exec 2>/dev/null
	for p in "${pids[@]}"; do end_tree "$p"; done
	wait_for 10 end_stragglers
	for p in "${pids[@]}"; do wait "$p"; done
	# An audit log can only be added to.
	find "$T" -xdev -name 'audit.ndjson*' -exec chattr -f -a -i {} +
	rm -rf "$T"
}
trap clean_up EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

# ---- A real sshd ----

port_open() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# Prints a TCP port that nothing listens on, below the range that outgoing connections take.
free_port() {
	local p
	while :; do
		p=$((10000 + (RANDOM * 32768 + RANDOM) % 20000))
		grep -qi ":$(printf %04X $p) [0-9A-F:]* 0A" /proc/net/tcp /proc/net/tcp6 2>/dev/null || break
	done
	echo $p
}

# $T/key and $T/key.pub: the operator's, without a passphrase.
make_keys() {
	[ -e "$T/key" ] && return
	ssh-keygen -q -t ed25519 -N '' -C "$test_name" -f "$T/key" </dev/null
	cp "$T/key.pub" "$T/authorized_keys"
	chmod 644 "$T/authorized_keys"
}

# start_sshd NAME ADDR:PORT [CONFIG LINE…]
# A real sshd with a host key of its own, its files under $T/NAME, log in $T/NAME/log, listening when
# this returns. Its key is added to $T/known_hosts. Logs in whoever $T/key opens: root, any user with
# a shell, and the users of $SSHD_USERS ("name:uid name:uid …": they exist for this sshd only).
# Config lines given come first, so they win, except from the first "Match …" on: those come last.
# $SSHD_WITHIN: words of a command to run it by, such as `ip netns exec NAME`. Sets $pid.
start_sshd() {
	local name=$1 addr=${2%:*} port=${2##*:} d=$T/$1 sshd line
	local lines_first=() lines_last=()
	shift 2
	for line in "$@"; do
		if [ ${#lines_last[@]} -gt 0 ] || [[ $line == Match* ]]; then
			lines_last+=("$line")
		else
			lines_first+=("$line")
		fi
	done
	sshd=$(PATH=$PATH:/usr/sbin:/sbin command -v sshd) || all_skipped "needs sshd"
	make_keys
	mkdir "$d" && chmod 711 "$d"
	# Versions of sshd differ in what they make of a blank.
	ln -s "$AGENTD" "$d/"
	ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$d/host_key" </dev/null
	# Where Debian's service would have made it.
	if [ "$(id -u)" = 0 ]; then mkdir -p /run/sshd; fi
	# All tests come from the same few addresses, and many of their logins are meant to fail.
	if sshd_knows "$d/host_key" PerSourcePenalties=no; then lines_first+=("PerSourcePenalties no"); fi
	{
		printf '%s\n' "${lines_first[@]}"
		echo "ListenAddress $addr"
		echo "Port $port"
		echo "HostKey $d/host_key"
		echo "PidFile $d/pid"
		echo "AuthorizedKeysFile $T/authorized_keys"
		echo "Subsystem tocsin $d/${AGENTD##*/} session"
		echo "UsePAM no"
		echo "StrictModes no"
		echo "PermitRootLogin yes"
		echo "PasswordAuthentication no"
		echo "KbdInteractiveAuthentication no"
		echo "MaxStartups 1000"
		echo "MaxSessions 100"
		echo "UseDNS no"
		# A bash that sshd starts reads the account's ~/.bashrc unless it thinks itself a second
		# one: what stands there is not what is tested, and may take seconds.
		echo "SetEnv SHLVL=2 T=$T"
		echo "LogLevel VERBOSE"
		printf '%s\n' "${lines_last[@]}"
	} >"$d/config"
	if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
		sshd_passwd >"$d/passwd"
		# shellcheck disable=SC2016 # for the inner shell
		# shellcheck disable=SC2086 # words
		background ${SSHD_WITHIN:-} unshare --mount --propagation private sh -c '
			mount --bind "$1" /etc/passwd && exec "$2" -D -e -f "$3"' \
			sh "$d/passwd" "$sshd" "$d/config" >/dev/null 2>"$d/log" </dev/null
	elif [ -z "${SSHD_USERS:-}" ]; then
		# shellcheck disable=SC2086 # words
		background ${SSHD_WITHIN:-} "$sshd" -D -e -f "$d/config" >/dev/null 2>"$d/log" </dev/null
	else
		all_skipped "needs root and a mount namespace for users of its own"
	fi
	if ! wait_for 10 port_open "$addr" "$port"; then
		fail "start_sshd $name" "$(tail -n 3 "$d/log")"
		exit 1
	fi
	known_hosts_for "$name" "$addr" "$port" >>"$T/known_hosts"
}
# sshd_serves NAME [PGREP OPTION]: the processes by which it serves its connections; newer versions have two for each.
sshd_serves() {
	local p
	for p in $(pgrep ${2:+"$2"} -P "$(cat "$T/$1/pid")"); do
		echo "$p"
		pgrep -P "$p" '^sshd'
	done
}
# sshd_knows HOST_KEY OPTION=VALUE: this version of sshd does.
sshd_knows() { PATH=$PATH:/usr/sbin:/sbin sshd -t -h "$1" -f /dev/null -o "$2" 2>/dev/null; }
# start_sshds NAME NET FIRST LAST PORT [CONFIG LINE…]: sshd listening on NET.FIRST to NET.LAST, in
# several processes, since one takes 16 addresses.
start_sshds() {
	local name=$1 net=$2 from=$3 end=$4 port=$5 i to more
	shift 5
	for (( ; from <= end; from = to + 1)); do
		to=$((from + 14 < end ? from + 14 : end))
		more=()
		for ((i = from + 1; i <= to; i++)); do more+=("ListenAddress $net.$i:$port"); done
		start_sshd "$name$from" "$net.$from:$port" "${more[@]}" "$@"
		for ((i = from + 1; i <= to; i++)); do
			known_hosts_for "$name$from" "$net.$i" "$port" >>"$T/known_hosts"
		done
	done
}
# known_hosts_for NAME ADDR PORT: the line for ~/.ssh/known_hosts of an sshd started as NAME.
known_hosts_for() {
	printf '[%s]:%s %s\n' "$2" "$3" "$(cut -d' ' -f1,2 "$T/$1/host_key.pub")"
}
# The users as sshd sees them. Root gets a plain shell: bash would read whatever root's .bashrc does, for each
# session anew, when sshd starts it.
sshd_passwd() {
	local u
	sed '/^root:/s|:[^:]*$|:/bin/sh|' /etc/passwd
	for u in ${SSHD_USERS:-}; do echo "${u%%:*}:x:${u#*:}:${u#*:}::/tmp:/bin/sh"; done
}

# ---- The agent's daemon ----

# start_daemon [OPTION…]: one of its own, with $T/run, $T/state and the settings of $T/agentd.conf if that
# is there; listening when this returns. Its words go to $T/daemon.log. Sets $pid.
start_daemon() {
	local before
	before=$(grep -c 'daemon: listening in' "$T/daemon.log" 2>/dev/null)
	background "$AGENTD" daemon --run-dir "$T/run" --state-dir "$T/state" --config "$T/agentd.conf" "$@" \
		>/dev/null 2>>"$T/daemon.log" </dev/null
	# Not for the socket: that of one that was killed may still be there.
	# shellcheck disable=SC2016 # for the inner shell
	if ! wait_for 10 sh -c 'test "$(grep -c "daemon: listening in" "$1")" -gt "$2"' sh "$T/daemon.log" "${before:-0}"; then
		fail "start_daemon" "$(tail -n 3 "$T/daemon.log")"
		exit 1
	fi
}
# ask_daemon LINE…: a session handed to it; prints the replies but for hello.
ask_daemon() {
	printf '%s\n' "$@" | bounded 60 "$AGENTD" session --run-dir "$T/run" | grep -v '^{"op":"hello"'
}

# ---- The demo's fleet ----

# Its hosts, in namespaces; they end with the test. Sets $demo, its directory: $demo/home has its inventory.
start_demo() {
	need_root
	need ssh-keygen setpriv
	"$B/tools/demohost" probe 2>/dev/null || all_skipped "no namespaces here"
	mkfifo "$T/hold"
	exec 8<>"$T/hold"
	mkdir -m 1777 "$T/tmp"
	TMPDIR=$T/tmp background tests/tools/demo --start "$T/demo" <&8 >"$T/demo.log" 2>&1
	if ! wait_for 60 test -s "$T/demo"; then
		fail start_demo "$(cat "$T/demo.log")"
		exit 1
	fi
	# shellcheck disable=SC2034 # the caller's
	demo=$(cat "$T/demo")
}
