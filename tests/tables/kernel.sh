#!/bin/bash
# What the kernel tells of itself: modules, keys, controls, load, memory, limits; live against other
# readers of the same, and over made roots with what nobody should have put there.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3

# ask SQL [OPTION…]: the rows as tsv in one line each; warnings in $T/ask.err.
ask() { "$AGENTD" query -o tsv "${@:2}" "$1" 2>"$T/ask.err" | tail -n +2; }
put() { mkdir -p "$(dirname "$root$1")" && cat >"$root$1"; }

# ---- Live ----

is memory_total "$(ask 'select memory_total, swap_total from memory_info')" \
	"$(awk '/^(MemTotal|SwapTotal):/ {printf "%s%.0f", s, $2 * 1024; s = "\t"}' /proc/meminfo)"
is memory_sane "$(ask 'select memory_free < memory_total and memory_available <= memory_total and buffers + cached < memory_total from memory_info')" 1
is load_periods "$(ask 'select period from load_average' | tr '\n' ' ')" '1m 5m 15m '
has load_average "$(ask "select average from load_average where period = '15m'")" '^[0-9]+\.[0-9]{6}$'
is cpu_time_cores "$(ask 'select core from cpu_time order by core')" "$(sed -n 's/^cpu\([0-9]\+\).*/\1/p' /proc/stat | sort -n)"
before=$(awk '$1 == "cpu0" {print $2 + $3 + $4 + $5}' /proc/stat)
is cpu_time_grows "$(ask "select user + nice + system + idle >= $before from cpu_time where core = 0")" 1
if [ -r /proc/modules ]; then
	modules() { ask 'select name, size from kernel_modules order by 1'; }
	modules_there() { awk '{print $1 "\t" $2}' /proc/modules | sort; }
	alike modules modules modules_there
fi
if [ "$(id -u)" = 0 ] && [ -r /proc/iomem ]; then
	is memory_map "$(ask 'select count(*) from memory_map')" "$(wc -l </proc/iomem)"
	is memory_map_first "$(ask 'select start, end, name from memory_map limit 1')" \
		"$(sed -n '1s/^\(.*\)-\(.*\) : \(.*\)$/0x\1\t0x\2\t\3/p' /proc/iomem)"
fi
if [ -r /proc/keys ]; then
	keys() { ask 'select serial_number, type from kernel_keys where type != "keyring" order by 1'; }
	keys_there() { awk '$8 != "keyring" {print $1 "\t" $8}' /proc/keys | sort; }
	alike keys keys keys_there
fi
is ulimits "$(ask "select soft_limit, hard_limit from ulimit_info where type = 'nofile'")" "$(ulimit -Sn)	$(ulimit -Hn)"
is ulimits_all "$(ask 'select count(*) from ulimit_info')" 15

controls() { ask 'select count(*) from system_controls'; }
controls_there() { find /proc/sys -xdev -type f | wc -l; }
alike controls_count controls controls_there
is control "$(ask "select name, subsystem, current_value, type, oid is null from system_controls where name = 'kernel.ostype'")" \
	'kernel.ostype	kernel	Linux	string	1'
is controls_vm "$(ask "select count(*) from system_controls where subsystem = 'vm'")" "$(find /proc/sys/vm -type f | wc -l)"
is controls_in "$(ask "select name from system_controls where name in ('kernel.ostype', 'vm.swappiness', 'no.such') order by 1" | tr '\n' ' ')" \
	'kernel.ostype vm.swappiness '
is controls_odd "$(ask "select count(*) from system_controls where name in ('../../etc/passwd', '..', '.kernel', '', 'kernel', '*', 'kernel/ostype') or oid = '1.2'")" 0
if command -v sysctl >/dev/null; then
	is controls_like_sysctl "$(ask "select current_value from system_controls where name = 'net.ipv4.ip_local_port_range'")" \
		"$(sysctl -n net.ipv4.ip_local_port_range | tr '\t' ' ' | sed 's/ /\\t/')"
fi

python3 - "$T/shm" <<'PY' || skip shared_memory "no System V shared memory"
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
id = libc.shmget(0, 12345, 0o1640)
libc.shmat.restype = ctypes.c_void_p
sys.exit(1) if id < 0 or libc.shmat(id, None, 0) in (None, 2**64 - 1) else None
libc.shmctl(id, 0, None)
open(sys.argv[1], "w").write("%d\t%d\t%d" % (id, os.getuid(), os.getpid()))
os.environ["ID"] = str(id)
sys.stdout.flush()
import subprocess
open(sys.argv[1] + ".row", "wb").write(subprocess.run([os.environ["AGENTD"], "query", "-o", "tsv",
    "select shmid, owner_uid, creator_uid, size, permissions, attached, status, locked, creator_pid, pid from shared_memory where shmid = %d" % id],
    stdout=subprocess.PIPE).stdout)
PY
if [ -e "$T/shm.row" ]; then
	read -r id uid pid_ <"$T/shm"
	is shared_memory "$(tail -n +2 "$T/shm.row")" "$(printf '%s\t' "$id" "$uid" "$uid" 12345 1640 1 dest 0 "$pid_")$pid_"
fi

# ---- Made ----

root=$T/root
mkdir "$root"
put /proc/modules <<'END'
nf_tables 286720 12 nft_ct,nft_chain_nat, Live 0xffffffffc0a0b000
evil 16384 0 - Live 0x0000000000000000 (OE)
short 12 0
bad size 0 - Live 0x0
END
is modules_made "$(ask 'select * from kernel_modules' --root "$root")" "$(printf '%s\n' \
	'nf_tables	286720	nft_ct,nft_chain_nat	Live	0xffffffffc0a0b000' 'evil	16384	-	Live	0x0000000000000000')"
has modules_bad "$(cat "$T/ask.err")" 'kernel_modules: /proc/modules: lines that are not understood: 2'
put /proc/keys <<'END'
009a2028 I--Q---     1 perm 3f010000  1000  1000 user      krb_ccache:primary: 12
1806c4ba I--Q--- 24999 59s  1f3f0000     0    -1 keyring   a name with blanks: 2
oops
END
is keys_made "$(ask 'select * from kernel_keys' --root "$root")" "$(printf '%s\n' \
	'009a2028	I--Q---	1	perm	3f010000	1000	1000	user	krb_ccache:primary: 12' \
	'1806c4ba	I--Q---	24999	59s	1f3f0000	0	-1	keyring	a name with blanks: 2')"
echo '0.01 12.5 99999 2/300 12' | put /proc/loadavg
is load_made "$(ask 'select average from load_average' --root "$root" | tr '\n' ' ')" '0.010000 12.500000 99999.000000 '
put /proc/stat <<'END'
cpu  1 2 3 4 5 6 7 8 9 10
cpu0 1 2 3 4 5 6 7 8 9 10
cpu7 1 2 3 4 5 6 7
cpux 1 2 3
intr 1
END
head -c 200000 /dev/zero | tr '\0' 1 >>"$root/proc/stat"
is cpu_made "$(ask 'select * from cpu_time' --root "$root")" "$(printf '0\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\n7\t1\t2\t3\t4\t5\t6\t7\t0\t0\t0')"
is cpu_made_quiet "$(cat "$T/ask.err")" ''
put /proc/sysvipc/shm <<'END'
       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap
         0     131072  3600                  4096   100   101      2  1000  1000     0     0 1700000001 1700000002 1700000003                  4096                     0
  trailing
END
is shm_made "$(ask 'select * from shared_memory' --root "$root")" \
	'131072	1000	0	101	100	1700000001	1700000002	1700000003	3600	4096	2	dest	1'
put /proc/iomem <<'END'
00000000-00000fff : Reserved
  100000000-22fffffff : System RAM : more
nothing
END
is iomem_made "$(ask 'select * from memory_map' --root "$root")" "$(printf 'Reserved\t0x00000000\t0x00000fff\nSystem RAM : more\t0x100000000\t0x22fffffff')"
printf '%s kB\n' 'MemTotal: 1' 'MemFree: 2' 'MemAvailable: 3' 'Buffers: 4' 'Cached: 5' 'SwapCached: 6' 'Active: 7' 'Inactive: 8' \
	'Active(anon): 99' 'SwapTotal: 9' 'SwapFree: 10' | put /proc/meminfo
is meminfo_made "$(ask 'select * from memory_info' --root "$root")" "$(seq -s$'\t' 1024 1024 10240)"
echo 'MemTotal: 18446744073709551615 kB' | put /proc/meminfo
is meminfo_huge "$(ask 'select memory_total is null from memory_info' --root "$root")" 1
is ulimits_of_root "$(ask 'select count(*) from ulimit_info' --root "$root")" 0

echo 1 | put /proc/sys/net/ipv4/conf/eth0.100/forwarding
echo 0 | put /proc/sys/net/ipv4/ip_forward
printf 'a\tb\n\n' | put /proc/sys/kernel/two
mkfifo "$root/proc/sys/kernel/fifo"
ln -s /etc/passwd "$root/proc/sys/kernel/link"
ln -s ../.. "$root/proc/sys/kernel/up"
put /etc/sysctl.d/10-a.conf <<'END'
# a comment
; another
net.ipv4.ip_forward = 1
net/ipv4/conf/eth0.100/forwarding=3
-kernel.two = x = y
no value
END
echo 'kernel.two = from the package' | put /usr/lib/sysctl.d/10-a.conf
echo 'kernel.two = late' | put /usr/lib/sysctl.d/20-b.conf
echo 'net.ipv4.ip_forward = 7' | put /etc/sysctl.conf
is controls_made "$(ask 'select name, subsystem, current_value, config_value from system_controls order by 1' --root "$root")" "$(printf '%s\n' \
	'kernel.two	kernel	a\tb	late' 'net.ipv4.conf.eth0.100.forwarding	net	1	3' 'net.ipv4.ip_forward	net	0	7')"
is control_with_dots "$(ask "select current_value from system_controls where name = 'net.ipv4.conf.eth0.100.forwarding'" --root "$root")" 1
rm "$root/etc/sysctl.d/10-a.conf" "$root/etc/sysctl.conf"
mkfifo "$root/etc/sysctl.conf"
is controls_fifo "$(bounded 20 "$AGENTD" query -o tsv --root "$root" "select config_value from system_controls where name = 'kernel.two'" 2>"$T/ask.err" | tail -n 1)" late
has controls_fifo_said "$(cat "$T/ask.err")" '/etc/sysctl.conf: not a regular file'
mkdir "$T/empty"
for t in kernel_modules kernel_keys system_controls load_average cpu_time memory_info memory_map shared_memory ulimit_info; do
	is "empty_$t" "$(ask "select count(*) from $t" --root "$T/empty")$(cat "$T/ask.err")" 0
done
