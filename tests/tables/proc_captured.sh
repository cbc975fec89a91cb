#!/bin/bash
# The tables about processes and the machine over a captured /proc: every value, golden.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

root=tests/fixtures/proc-host
# golden NAME SQL: the answer as ndjson against tests/fixtures/proc-host.golden/NAME.
golden() {
	run "$AGENTD" query --root $root -o ndjson "$2"
	if [ "${UPDATE_GOLDEN:-}" = 1 ]; then printf '%s\n' "$out" "$err" >"$root.golden/$1"; fi
	if said=$(diff -u "$root.golden/$1" - <<<"$out"$'\n'"$err"); then pass "golden_$1"; else fail "golden_$1" "$said"; fi
}

golden processes 'select * from processes order by pid'
golden process_open_sockets 'select * from process_open_sockets order by pid, fd, socket'
golden listening_ports 'select * from listening_ports order by pid, fd, socket'
golden process_open_files 'select * from process_open_files order by pid, fd'
golden process_envs 'select * from process_envs order by pid, key'
golden system_info 'select * from system_info'
golden os_version 'select *, pid_with_namespace, mount_namespace_id from os_version'
golden kernel_info 'select * from kernel_info'

ask() { "$AGENTD" query --root $root -o csv "$1" 2>&1 | tail -n +2 | tr '\n' ' '; }
is look_up "$(ask 'select pid, name from processes where pid = 100')" '100,sshd '
is look_up_none "$(ask 'select pid from processes where pid = 99')" ''
is look_up_odd "$(ask "select pid from processes where pid in (-1, 0, 'x', 1.5, 4294967396, 100, 100)")" '100 '
is join_sockets "$(ask 'select p.name, s.local_port from processes p join process_open_sockets s using (pid)
	where s.family = 2 and s.protocol = 6 order by 1, 2')" \
	'a) R 9 (b\n\xff,8080 a) R 9 (b\n\xff,49153 nginx,8080 sshd,22 sshd,80 systemd,22 '
is foreign_namespace "$(ask 'select local_port, net_namespace from process_open_sockets where pid = 101 and fd = 9')" \
	'8080,4026532200 '
is nobodys "$(ask 'select state, path is null from process_open_sockets where pid = -1 and family = 2')" 'TIME_WAIT,0 '
is nobodys_join "$(ask 'with w(pid) as (values (-1), (-1), (103)) select count(*) from w join process_open_sockets using (pid)')" '6 '
is namespace_of_captured "$(ask 'select name from os_version where pid_with_namespace = 1')" \
	'tocsin-agentd: warning: os_version: namespaces of processes are there on the machine itself only '

# Other distributions.
release() { mkdir -p "$T/$1/etc" && cat >"$T/$1/etc/$2"; }
os() { "$AGENTD" query --root "$T/$1" -o csv 'select * from os_version' 2>&1 | tail -n +2; }
release centos redhat-release <<<'CentOS Linux release 7.9.2009 (Core)'
release centos os-release <<<$'NAME="CentOS Linux"\nID="centos"\nID_LIKE="rhel fedora"\nVERSION_ID="7"\nVERSION="7 (Core)"'
is centos "$(os centos)" 'CentOS Linux,CentOS Linux release 7.9.2009 (Core),7,9,2009,"",rhel,rhel,"",""'
release oracle redhat-release <<<'Red Hat Enterprise Linux release 9.3 (Plow)'
release oracle oracle-release <<<'Oracle Linux Server release 9.3'
release oracle os-release <<<$'NAME="Oracle Linux Server"\nID="ol"\nVERSION_ID="9.3"'
is oracle "$(os oracle)" 'Oracle Linux Server,Oracle Linux Server release 9.3,9,3,0,"",ol,"","",""'
release ubuntu os-release <<<$'NAME=\'Ubuntu\'\nID=ubuntu\nUBUNTU_CODENAME=jammy\nVERSION="22.04.3 \\"LTS\\""\nVERSION_ID="22.04"\nBUILD_ID=b1'
is ubuntu "$(os ubuntu)" 'Ubuntu,"22.04.3 ""LTS""",22,4,0,b1,ubuntu,"",jammy,""'
mkdir "$T/empty"
is unknown "$(os empty)" 'Unknown,"",0,0,0,"",posix,"","",""'
release long os-release <<<"NAME=$(head -c 100000 /dev/zero | tr '\0' x)"
is long "$(os long | grep -o "^x*" | cut -c1-20)" xxxxxxxxxxxxxxxxxxxx

# An image without /proc is no error.
run "$AGENTD" query --root "$T/empty" -o csv 'select count(*) from processes'
is no_proc "$status $out $err" '0 count(*)
0 tocsin-agentd: warning: processes: no processes: /proc: No such file or directory'

# What an enemy may have put there: links out of the root, devices, endless lines.
mkdir -p "$T/evil" && cp -a $root/proc "$T/evil/"
(
	cd "$T/evil/proc" || exit 1
	rm 100/stat 101/status 102/cmdline 104/fd/*
	ln -s /proc/self/stat 100/stat
	mkfifo 101/status
	mknod 102/cmdline c 1 5 2>/dev/null || mkfifo 102/cmdline
	ln -s /proc/self 105
	rm -rf 104/fd && ln -s /proc/self/fd 104/fd
	rm net/tcp && ln -s /etc/passwd net/tcp
	head -c 3000000 /dev/zero | tr '\0' A >net/udp
	head -c 3000000 /dev/urandom >net/raw
)
run "$AGENTD" query --root "$T/evil" -o csv 'select pid, name, cmdline, uid from processes order by pid'
is evil_status "$status" 0
is evil_rows "$(cut -d, -f1,2 <<<"$out" | tr '\n' ' ')" 'pid,name 1,systemd 2,kthreadd 102,odd 103,gone 104,nginx '
run "$AGENTD" query --root "$T/evil" -o csv 'select count(*) from process_open_sockets'
is evil_sockets "$status" 0
run "$AGENTD" query --root "$T/evil" -o csv 'select count(*) from process_open_files where pid = 104'
is evil_files "$status $out" '0 count(*)
0'
