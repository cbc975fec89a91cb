#!/bin/bash
# One question to 100 sshd on loopback: tocsin against ClusterShell, parallel-ssh and Ansible's raw
# module, which run ps there. All use the same key, check the same host key and keep no connection.
# Client CPU is that of the client and of the ssh processes it starts; the servers' is not in it,
# but the wall time is mostly theirs, since they share the machine.
. "$(dirname "$0")/lib.sh"
need python3 ssh clush parallel-ssh ansible
[ "$(id -u)" = 0 ] || user=$(id -un)
user=${user:-root}
hosts=100
runs=${BENCH_RUNS:-3}

port=$(free_port)
start_sshds sshd 127.1.0 1 $hosts "$port"
cat >"$T/ssh_config" <<END
Host *
	User $user
	Port $port
	IdentityFile $T/key
	IdentitiesOnly yes
	UserKnownHostsFile $T/known_hosts
	GlobalKnownHostsFile /dev/null
	StrictHostKeyChecking yes
	BatchMode yes
	ControlMaster no
END
for ((i = 1; i <= hosts; i++)); do echo "127.1.0.$i"; done >"$T/hosts"
{
	echo '[all:vars]'
	echo "ansible_user=$user"
	echo "ansible_port=$port"
	echo '[fleet]'
	cat "$T/hosts"
} >"$T/inventory"

# Nobody may be quick by leaving hosts out.
everybody() {
	local n
	n=$(grep -cE "$1" "$T/bench.out")
	[ "$status" = 0 ] && [ "$n" -ge "$hosts" ] && return
	echo "$2: status $status, $n of $hosts hosts: $(tail -n 3 "$T/bench.err")" >&2
	exit 1
}
run_tocsin() {
	measure "$TOCSIN" -i "$T/inventory" -u "$user" -p "$port" --private-key "$T/key" \
		--known-hosts "$T/known_hosts" -F none -f $hosts --connect-timeout 120 --timeout 120 \
		-o tsv query 'select pid, name from processes'
	everybody $'^127\\.1\\.0\\.[0-9]+\t1\t' tocsin
}
run_clush() {
	measure clush -q -S -t 120 -u 0 -w "127.1.0.[1-$hosts]" -f $hosts -o "-F $T/ssh_config" ps -eo pid,comm
	everybody '^127\.1\.0\.[0-9]+: +1 ' clush
}
run_pssh() {
	measure parallel-ssh -t 0 -h "$T/hosts" -p $hosts -i -x "-F $T/ssh_config" ps -eo pid,comm
	everybody '^ +1 ' parallel-ssh
}
run_ansible() {
	ANSIBLE_HOST_KEY_CHECKING=True ANSIBLE_SSH_ARGS="-F $T/ssh_config" ANSIBLE_NOCOWS=1 \
		ANSIBLE_LOCAL_TEMP=$T/ansible ANSIBLE_HOME=$T/ansible \
		measure ansible -T 120 -i "$T/inventory" all -m raw -f $hosts -a 'ps -eo pid,comm'
	everybody '^ +1 ' ansible
}

peers="clush pssh ansible"
[ -x "$TOCSIN" ] && peers="tocsin $peers"
# shellcheck disable=SC2086 # a list
interleaved "$runs" $peers
for p in $peers; do
	result "$p: client CPU, $hosts hosts" "$(med "$p" cpu_ms)" ms
	result "$p: wall time" "$(med "$p" wall_ms)" ms
	result "$p: largest process" "$(med "$p" rss_kb)" KB
done
[ -x "$TOCSIN" ] || exit 0
cpu=$(med tocsin cpu_ms) wall=$(med tocsin wall_ms)
limit "tocsin's CPU / ClusterShell's" "$(calc "$cpu / $(med clush cpu_ms)")" "" "<=" 0.125
limit "tocsin's CPU / parallel-ssh's" "$(calc "$cpu / $(med pssh cpu_ms)")" "" "<=" 0.1
limit "tocsin's CPU / Ansible raw's" "$(calc "$cpu / $(med ansible cpu_ms)")" "" "<=" 0.1
for p in clush pssh ansible; do
	limit "tocsin's wall time / $p's" "$(calc "$wall / $(med "$p" wall_ms)")" "" "<=" 1
done
