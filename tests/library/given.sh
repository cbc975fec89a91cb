# shellcheck shell=bash
# What a case (tests/library/NAME.case) may say about the host that its query is asked of. A case is a
# piece of bash; one for each saved query, of the same name. Most share one made-up host, $R, in
# which all that is odd stands side by side:
#
#   process KEY=VALUE…      a process, sets $pid: path= args= name= parent= uid= euid= cwd= root=
#                           age= (seconds) env=NAME=VALUE (repeatable) cgroup= maps='LINE' gone=1
#   fd N TARGET             what it has open; `pipe:[1]`, `socket:[1]`, a path
#   tcp N LOCAL REMOTE ST   a TCP socket as its descriptor N; ST: 0A listens, 01 is connected
#   udp N LOCAL REMOTE
#   put PATH [MODE]         a file with stdin as its content      add PATH LINE…   lines behind those there are
#   user NAME UID [SHELL [HOME]]     shadow NAME HASH [DAY]
#   login USER HOST AGE     failed_login USER HOST AGE            records of wtmp and btmp
#   journal                 entries of now in the journal: lines "IDENTIFIER MESSAGE" of stdin. Needs root and a
#                           journald: `journal <<<'…' || return`
#   rpm_package NAME PATH…  as `package`, of rpm          attribute PATH TEXT     a file of /proc or /sys
#   docker_api              live: docker's socket, with the containers of tests/library/docker.py
#   root NAME               from here on the host is another one: $R is a clean one called NAME
#   live                    first line: asked of the running system, in namespaces made for it (root)
#   can CMD… || return      a case that cannot be made without it is skipped
#   undo COMMAND            run at the end, whatever comes of the test
#   agent FILE              a live case's own agent: a program that ends by `exec "$AGENTD" session`
#
# What is asked, and what must come of it. A row is WORDs COLUMN=PATTERN (as file names match), all of
# which hold in one row:
#
#   with PARAM=VALUE…       for the lines behind it, instead of the values before
#   shows WORD…             some row is like this; without words: there are rows
#   hides WORD…             no row is
#
# Files are made now: for what is older than a query looks for, ask `with days=0`.

# Set by who reads the cases: $case_name, $skipped, $params, $live_root.
# shellcheck disable=SC2154,SC2034
undos=()
undo_all() {
	local u
	for u in "${undos[@]}"; do eval "$u"; done
	clean_up
}
trap undo_all EXIT

BOOT_AGE=864000
NOW=$EPOCHSECONDS

# ---- Files ----

put() {
	local path=$R/$1
	mkdir -p "${path%/*}" && cat >"$path" && chmod "${2:-644}" "$path"
}
add() {
	local path=$R/$1
	mkdir -p "${path%/*}" && printf '%s\n' "${@:2}" >>"$path"
}
# program PATH [MODE]: an executable file.
program() { put "$1" "${2:-755}" <<<'#!/bin/sh'; }

# ---- Accounts ----

user() {
	local home=${4:-/home/$1}
	add etc/passwd "$1:x:$2:$2::$home:${3:-/bin/bash}"
	add etc/group "$1:x:$2:"
}
# The day is that of the last change, since 1970.
shadow() { add etc/shadow "$1:$2:${3:-19000}:0:99999:7:::"; }

utmp_record() {
	mkdir -p "$R/var/log"
	python3 - "$R/$1" "$2" "$3" $((NOW - $4)) <<'PY'
import ipaddress, struct, sys
path, user, host, time = sys.argv[1:]
try:
    address = ipaddress.ip_address(host).packed.ljust(16, b"\0")
except ValueError:
    address = bytes(16)
with open(path, "ab") as f:
    f.write(struct.pack("<hxxi32s4s32s256shhiIi16s20x", 7, 4242, b"pts/1", b"ts/1", user.encode(),
                        host.encode(), 0, 0, 0, int(time), 0, address))
PY
}
login() { utmp_record var/log/wtmp "$@"; }
failed_login() { utmp_record var/log/btmp "$@"; }

journal() {
	local daemon=/lib/systemd/systemd-journald
	cat >"$T/entries"
	[ "$(id -u)" = 0 ] && [ -x $daemon ] && command -v journalctl >/dev/null && can unshare --mount true || {
		[ "$skipped" = 1 ] || skip "$case_name" "needs root and journald"
		skipped=1
		return 1
	}
	mkdir -p "$R/var/log"
	# shellcheck disable=SC2016 # for the inner shell
	timeout 60 unshare --mount --propagation private bash -c '
		mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal /run/log/journal || exit
		"$1" >/dev/null 2>&1 &
		for _ in $(seq 500); do [ -S /run/systemd/journal/stdout ] && break; sleep 0.02; done
		n=0
		while read -r identifier message; do
			printf "%s\n" "$message" | systemd-cat -t "$identifier"
			n=$((n + 1))
		done <"$2"
		for _ in $(seq 500); do
			[ "$(journalctl -D /run/log/journal _TRANSPORT=stdout -o cat 2>/dev/null | wc -l)" -ge $n ] && break
			sleep 0.02
		done
		kill %1
		wait
		for f in /run/log/journal/*/*.journal; do
			d=$3/var/log/journal/$(basename "$(dirname "$f")")
			mkdir -p "$d" && cp "$f" "$d/$4-${f##*/}"
		done' bash $daemon "$T/entries" "$R" "$case_name"
}

# ---- Processes ----

next_pid=2000
next_inode=70000

process() {
	local path='' args='' name='' parent=1 uid=0 euid='' cwd=/ proc_root=/ age=3600 gone=0 maps=''
	local cgroup=/system.slice/some.service env=() word d start
	for word; do
		case $word in
		path=*) path=${word#*=} ;; args=*) args=${word#*=} ;; name=*) name=${word#*=} ;;
		parent=*) parent=${word#*=} ;; uid=*) uid=${word#*=} ;; euid=*) euid=${word#*=} ;;
		cwd=*) cwd=${word#*=} ;; root=*) proc_root=${word#*=} ;; age=*) age=${word#*=} ;;
		gone=*) gone=${word#*=} ;; maps=*) maps=${word#*=} ;; cgroup=*) cgroup=${word#*=} ;;
		env=*) env+=("${word#*=}") ;;
		*) fail "$case_name" "process: no such word: $word" ;;
		esac
	done
	next_pid=$((next_pid + 3)) pid=$next_pid
	name=${name:-${path##*/}} name=${name:0:15} euid=${euid:-$uid} start=$(((BOOT_AGE - age) * 100))
	d=$R/proc/$pid
	mkdir -p "$d/fd" "$d/ns" "$d/task/$pid"
	# shellcheck disable=SC2086 # words
	if [ "$args" = - ]; then : >"$d/cmdline"; else printf '%s\0' ${args:-$path} >"$d/cmdline"; fi
	echo "$name" >"$d/comm"
	if [ ${#env[@]} -gt 0 ]; then printf '%s\0' "${env[@]}" >"$d/environ"; else : >"$d/environ"; fi
	printf '%s' "${maps:+$maps$'\n'}" >"$d/maps"
	if [ -n "$path" ]; then
		if [ "$gone" = 1 ]; then
			ln -s "$path (deleted)" "$d/exe"
		else
			ln -s "$path" "$d/exe"
			[ -e "$R$path" ] || [[ $path != /* ]] || program "$path"
		fi
	fi
	ln -s "$cwd" "$d/cwd"
	ln -s "$proc_root" "$d/root"
	ln -s ../net "$d/net"
	ln -s 'net:[4026531840]' "$d/ns/net"
	ln -s 'pid:[4026531836]' "$d/ns/pid"
	printf '%d (%s) S %d %d %d 0 -1 4194560 120 0 0 0 12 7 0 0 20 0 1 0 %d 2400000 200 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n' \
		"$pid" "$name" "$parent" "$pid" "$pid" $start >"$d/stat"
	echo '586 200 180 9 0 60 0' >"$d/statm"
	printf 'Name:\t%s\nState:\tS (sleeping)\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\nUid:\t%d\t%d\t%d\t%d\nGid:\t%d\t%d\t%d\t%d\nVmSize:\t 2344 kB\nVmRSS:\t 800 kB\nThreads:\t1\n' \
		"$name" "$pid" "$pid" "$parent" "$uid" "$euid" "$euid" "$euid" "$uid" "$euid" "$euid" "$euid" >"$d/status"
	printf 'rchar: 4096\nwchar: 0\nsyscr: 4\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n' >"$d/io"
	echo "0::$cgroup" >"$d/cgroup"
}
# As the kernel has its own: no file, no arguments, below pid 2.
kernel_thread() {
	process "name=$1" args=- parent=2
}
fd() {
	ln -s "$2" "$R/proc/$pid/fd/$1"
	mkdir -p "$R/proc/$pid/fdinfo"
	printf 'pos:\t0\nflags:\t%s\n' "${3:-0100002}" >"$R/proc/$pid/fdinfo/$1"
}

# ADDRESS:PORT as /proc/net/tcp has it (IPv4).
hex_address() {
	local a b c d port=${1##*:}
	IFS=. read -r a b c d <<<"${1%:*}"
	printf '%02X%02X%02X%02X:%04X' "$d" "$c" "$b" "$a" "$port"
}
# inet FILE FD LOCAL REMOTE STATE
inet() {
	next_inode=$((next_inode + 1))
	printf ' 0: %s %s %s 00000000:00000000 00:00000000 00000000 0 0 %d 1 0000000000000000 100 0 0 10 0\n' \
		"$(hex_address "$3")" "$(hex_address "$4")" "$5" $next_inode >>"$R/proc/net/$1"
	[ "$2" = - ] || fd "$2" "socket:[$next_inode]"
}
tcp() { inet tcp "$1" "$2" "$3" "$4"; }
udp() { inet udp "$1" "$2" "$3" 07; }
# unix_socket FD PATH: one that listens.
unix_socket() {
	next_inode=$((next_inode + 1))
	echo "0000000000000000: 00000002 00000000 00010000 0001 01 $next_inode $2" >>"$R/proc/net/unix"
	fd "$1" "socket:[$next_inode]"
}
# packet_socket FD
packet_socket() {
	next_inode=$((next_inode + 1))
	echo "0000000000000000 3      3    0003   2     1 0      0      $next_inode" >>"$R/proc/net/packet"
	fd "$1" "socket:[$next_inode]"
}

# ---- A host on which nothing is odd ----

# package NAME PATH…: of dpkg, with the files and their sums.
package() {
	local name=$1 info=$R/var/lib/dpkg/info path
	shift
	printf 'Package: %s\nStatus: install ok installed\nArchitecture: amd64\nMaintainer: Debian <x@debian.org>\nVersion: 1.0-1\nDescription: %s\n\n' \
		"$name" "$name" >>"$R/var/lib/dpkg/status"
	printf '%s\n' "$@" >"$info/$name.list"
	for path; do
		[ -e "$R$path" ] || program "$path"
		printf '%s  %s\n' "$(md5sum <"$R$path" | cut -d' ' -f1)" "${path#/}"
	done >"$info/$name.md5sums"
}

rpm_package() { python3 tests/library/rpmdb.py "$R" "$@"; }

attribute() { put "$1" <<<"$2"; }

docker_api() {
	[ ! -S /var/run/docker.sock ] || return 0
	can mount -t tmpfs tmpfs /run || return
	cp tests/library/docker.py "$T/docker"
	background tests/tools/fakeapi.py "$T/docker" /var/run/docker.sock
	wait_for 10 test -S /var/run/docker.sock || fail "$case_name" "docker's socket does not appear"
}

clean_etc() {
	user root 0 /bin/bash /root
	user daemon 1 /usr/sbin/nologin /usr/sbin
	user www-data 33 /usr/sbin/nologin /var/www
	user postgres 105 /bin/bash /var/lib/postgresql
	user alice 1000
	add etc/group sudo:x:27:alice docker:x:999:
	shadow root '*'
	shadow daemon '*'
	shadow www-data '*'
	shadow postgres '!'
	# shellcheck disable=SC2016 # a hash
	shadow alice '$y$j9T$abcdefgh$0123456789012345678901234567890123456789012'
	chmod 640 "$R/etc/shadow"
	put etc/os-release <<<$'NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"'
	put etc/hostname <<<clean
	put etc/machine-id <<<0123456789abcdef0123456789abcdef
	put etc/hosts <<<$'127.0.0.1 localhost\n127.0.1.1 clean\n::1 localhost ip6-localhost'
	put etc/resolv.conf <<<'nameserver 192.0.2.53'
	put etc/crontab <<<$'SHELL=/bin/sh\n17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly'
	put etc/cron.d/e2scrub_all <<<'10 3 * * * root test -e /run/systemd/system || SERVICE_MODE=1 /sbin/e2scrub_all -A -r'
	put etc/sudoers 440 <<<$'Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d'
	put etc/ssh/sshd_config <<<$'#PermitRootLogin prohibit-password\nUsePAM yes\nPasswordAuthentication no\nSubsystem sftp /usr/lib/openssh/sftp-server'
	put etc/pam.d/common-auth <<<$'auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so'
	put etc/profile <<<$'if [ "$(id -u)" -eq 0 ]; then PATH="/usr/sbin:/usr/bin"; fi\nexport PATH'
	put etc/bash.bashrc <<<$'[ -z "$PS1" ] && return\nshopt -s checkwinsize'
	put home/alice/.bashrc <<<$'alias ll="ls -l"\nexport EDITOR=vi'
	put etc/update-motd.d/10-uname 755 <<<$'#!/bin/sh\nuname -snrvm'
	put etc/apt/sources.list <<<'deb https://deb.debian.org/debian bookworm main'
	put etc/nsswitch.conf <<<'passwd: files'
}

clean_usr() {
	mkdir -p "$R/var/lib/dpkg/info"
	package coreutils /usr/bin/ls /usr/bin/cat
	package bash /bin/bash
	put usr/lib/systemd/system/ssh.service <<<$'[Unit]\nDescription=OpenBSD Secure Shell server\n[Service]\nExecStart=/usr/sbin/sshd -D\n[Install]\nWantedBy=multi-user.target'
	package openssh-server /usr/sbin/sshd /usr/lib/systemd/system/ssh.service
	package cron /usr/sbin/cron
	package sudo /usr/bin/sudo
	package libpam-modules /usr/lib/x86_64-linux-gnu/security/pam_unix.so
	program usr/bin/bash
	cp "$R/bin/bash" "$R/usr/bin/bash"
	chmod 4755 "$R/usr/bin/sudo"
	mkdir -p "$R/etc/systemd/system/multi-user.target.wants"
	ln -s /usr/lib/systemd/system/ssh.service "$R/etc/systemd/system/multi-user.target.wants/ssh.service"
}

clean_proc() {
	local p=$R/proc n
	mkdir -p "$p/net" "$p/sys/kernel/random" "$p/self"
	printf 'rootfs / ext4 rw,relatime 0 0\ntmpfs /dev/shm tmpfs rw,nosuid,nodev,noexec 0 0\n' >"$p/mounts"
	echo 'Linux version 6.1.0-13-amd64 (debian-kernel@lists.debian.org)' >"$p/version"
	echo 'BOOT_IMAGE=/boot/vmlinuz root=/dev/sda1 ro quiet' >"$p/cmdline"
	echo clean >"$p/sys/kernel/hostname"
	echo 6.1.0-13-amd64 >"$p/sys/kernel/osrelease"
	echo 0 >"$p/sys/kernel/tainted"
	echo core >"$p/sys/kernel/core_pattern"
	echo /sbin/modprobe >"$p/sys/kernel/modprobe"
	echo "$BOOT_AGE.00 160000.00" >"$p/uptime"
	printf 'cpu  100 0 100 1000 0 0 0 0 0 0\nbtime %d\n' $((NOW - BOOT_AGE)) >"$p/stat"
	printf 'MemTotal: 2048000 kB\nMemFree: 1024000 kB\nMemAvailable: 1500000 kB\n' >"$p/meminfo"
	echo '0.10 0.20 0.30 1/100 2000' >"$p/loadavg"
	printf 'processor\t: 0\nmodel name\t: made up\n' >"$p/cpuinfo"
	echo 'ext4 819200 1 - Live 0x0000000000000000' >"$p/modules"
	for n in tcp tcp6 udp udp6 raw raw6; do
		echo '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode' >"$p/net/$n"
	done
	echo 'Num       RefCount Protocol Flags    Type St Inode Path' >"$p/net/unix"
	echo 'sk               RefCnt Type Proto  Iface R Rmem   User   Inode' >"$p/net/packet"
	echo 'IP address       HW type     Flags       HW address            Mask     Device' >"$p/net/arp"
	next_pid=-2
	process path=/usr/lib/systemd/systemd args=/sbin/init parent=0 age=$BOOT_AGE cgroup=/init.scope
	next_pid=-1
	process name=kthreadd args=- parent=0 age=$BOOT_AGE cgroup=/
	next_pid=300
	kernel_thread kworker/0:1
	process path=/usr/sbin/sshd 'args=sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups' age=800000
	tcp 3 0.0.0.0:22 0.0.0.0:0 0A
	process path=/usr/sbin/cron args='/usr/sbin/cron -f' age=800000
	process path=/usr/bin/bash args=-bash uid=1000 cgroup=/user.slice/user-1000.slice/session-1.scope
	next_pid=2000
}

# make_clean DIR: sets $R.
make_clean() {
	R=$1
	mkdir -p "$R"/{etc,usr/bin,var/log,tmp,dev/shm,root,home/alice,proc}
	chmod 1777 "$R/tmp" "$R/dev/shm"
	clean_etc
	clean_usr
	clean_proc
}

# ---- Cases ----

root() {
	R=$T/roots/$1
	[ -d "$R" ] || cp -a "$T/roots/clean" "$R"
	params=''
}
with() {
	printf -v params '%s\036' "$@"
}
# One record: fields end in 0x1f, words of a field in 0x1e.
expects() {
	local kind=$1 words=''
	shift
	[ $# = 0 ] || printf -v words '%s\036' "$@"
	printf '%s\037%s\037%s\037%s\037%s\n' "$case_name" "${live_root:-$R}" "$params" "$kind" "$words" >>"$T/expected"
}
can() {
	local said
	said=$("$@" 2>&1) || {
		skip "$case_name" "cannot: $*: $said"
		skipped=1
		return 1
	}
}
undo() { undos+=("$1"); }
agent() { live_root=exec:$1; }
shows() { expects shows "$@"; }
hides() { expects hides "$@"; }
