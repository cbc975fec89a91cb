#!/bin/bash
# Tables against the programs that tell the same: deb_packages and dpkg-query(1), suid_bin and
# find(1) over the same directories, with a large tree among them.
. "$(dirname "$0")/lib.sh"
need python3 find
runs=${BENCH_RUNS:-9}

# whole WHAT LINES: nobody may be quick by leaving something out.
whole() {
	[ "$status" = 0 ] && [ "$(wc -l <"$T/bench.out")" -ge "$2" ] && return
	echo "$1: status $status, $(wc -l <"$T/bench.out") lines: $(tail -n 3 "$T/bench.err")" >&2
	exit 1
}

if command -v dpkg-query >/dev/null; then
	n=$(dpkg-query -W | wc -l)
	run_dpkg() { measure dpkg-query -W && whole dpkg "$n"; }
	run_deb() { measure "$AGENTD" query -o tsv 'select name, version from deb_packages' && whole deb "$n"; }
	run_all() { measure "$AGENTD" query -o tsv 'select * from deb_packages' && whole all "$n"; }
	interleaved "$runs" dpkg deb all
	result "deb_packages, $n: dpkg-query -W" "$(med dpkg wall_ms)" ms
	result "deb_packages, $n: name, version" "$(med deb wall_ms)" ms
	result "deb_packages, $n: select *" "$(med all wall_ms)" ms
	limit "deb_packages, $n: against dpkg-query" "$(calc "$(med deb wall_ms) / $(med dpkg wall_ms)")" times '<=' 1.0
fi

# The table's own directories, /tmp among them: 50,000 files, 500 to a directory.
files=50000
tree=$(mktemp -d /tmp/tocsin-bench.XXXXXX) || exit 1
trap 'rm -rf "$tree"; clean_up' EXIT
python3 - "$tree" "$files" <<'PY'
import os, sys
tree, files = sys.argv[1], int(sys.argv[2])
for d in range(files // 500):
    os.makedirs(f"{tree}/d{d:03}")
    for i in range(500):
        os.close(os.open(f"{tree}/d{d:03}/f{i:03}", os.O_WRONLY | os.O_CREAT, 0o644))
os.chmod(f"{tree}/d000/f000", 0o4755)
PY
places=()
for d in /bin /sbin /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin /tmp; do [ -d "$d" ] && places+=("$d/"); done
# Its status tells whether something in /tmp vanished meanwhile, which it may.
run_find() { measure find "${places[@]}" -type f -perm /6000 && grep -q "$tree/d000/f000" "$T/bench.out"; }
run_suid() { measure "$AGENTD" query -o tsv 'select * from suid_bin' && whole suid 2; }
interleaved "$runs" find suid
result "suid_bin, $files files: find -perm" "$(med find wall_ms)" ms
result "suid_bin, $files files: select *" "$(med suid wall_ms)" ms
limit "suid_bin, $files files: against find" "$(calc "$(med suid wall_ms) / $(med find wall_ms)")" times '<=' 1.0
