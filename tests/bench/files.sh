#!/bin/bash
# The tables about files against find(1) over a large tree and sha256sum(1) over the same contents.
# The trees are made for it, and are in the page cache.
. "$(dirname "$0")/lib.sh"
need python3 find sha256sum
runs=${BENCH_RUNS:-9}

# 200,000 files, 400 to a directory.
files=200000
tree=$T/tree
# 4000 small files and some large ones.
data=$T/data
python3 - "$tree" "$files" "$data" <<'PY'
import os, sys
tree, files, data = sys.argv[1], int(sys.argv[2]), sys.argv[3]
for d in range(files // 400):
    path = f"{tree}/d{d // 10:03}/s{d % 10}"
    os.makedirs(path)
    for i in range(400):
        os.close(os.open(f"{path}/file-{i:05}.txt", os.O_WRONLY | os.O_CREAT, 0o644))
os.makedirs(data + "/small")
for i in range(4000):
    with open(f"{data}/small/{i:04}", "wb") as f:
        f.write(os.urandom(16384))
for i in range(6):
    with open(f"{data}/large{i}", "wb") as f:
        for _ in range(48):
            f.write(os.urandom(1 << 20))
PY

# whole WHAT LINES: nobody may be quick by leaving something out.
whole() {
	[ "$status" = 0 ] && [ "$(wc -l <"$T/bench.out")" -ge "$2" ] && return
	echo "$1: status $status, $(wc -l <"$T/bench.out") lines: $(tail -n 3 "$T/bench.err")" >&2
	exit 1
}
query() { measure "$AGENTD" query -o tsv --max-rows 1000000 "$1"; }

run_find() { measure find "$tree" -mindepth 1 -printf '%p %s %m\n' && whole find "$files"; }
run_file() { query "select path, size, mode from file where path like '$tree/%%'" && whole file "$files"; }
run_findall() { measure find "$tree" -mindepth 1 -printf '%p %i %U %G %m %s %A@ %T@ %C@ %n %y\n' && whole findall "$files"; }
run_fileall() {
	query "select path, inode, uid, gid, mode, size, atime, mtime, ctime, hard_links, type from file where path like '$tree/%%'"
	whole fileall "$files"
}
run_findnames() { measure find "$tree" -mindepth 1 && whole findnames "$files"; }
run_filenames() { query "select path from file where path like '$tree/%%'" && whole filenames "$files"; }
run_count() { query "select count(*) from file where path like '$tree/%%'" && whole count 1; }

interleaved "$runs" find file findall fileall findnames filenames count
for x in '' all names; do
	result "file, $files: find -printf${x:+, $x}" "$(med "find$x" wall_ms)" ms
	result "file, $files: %%${x:+, $x}" "$(med "file$x" wall_ms)" ms
done
limit "file, $files: path, size, mode against find" "$(calc "$(med file wall_ms) / $(med find wall_ms)")" times '<=' 1.5
limit "file, $files: all attributes against find" "$(calc "$(med fileall wall_ms) / $(med findall wall_ms)")" times '<=' 1.5
result "file, $files: %%, counted only" "$(med count wall_ms)" ms

n=$(find "$data" -type f | wc -l)
sums() { find "$data" -type f -print0 | xargs -0 -n 10000 sha256sum; }
export -f sums
export data
run_sum() { measure bash -c sums && whole sum "$n"; }
run_hash() { query "select sha256, path from hash where path like '$data/%%'" && whole hash "$n"; }
run_three() { query "select md5, sha1, sha256, path from hash where path like '$data/%%'" && whole three "$n"; }
interleaved $((runs / 2 + 1)) sum hash three
cmp -s <(sums | sort) <("$AGENTD" query -o tsv "select sha256 || '  ' || path from hash where path like '$data/%%'" | tail -n +2 | sort) || {
	echo "hash: not what sha256sum says" >&2
	exit 1
}
result "hash, $n files: sha256sum" "$(med sum wall_ms)" ms
result "hash, $n files: sha256" "$(med hash wall_ms)" ms
result "hash, $n files: md5, sha1 and sha256" "$(med three wall_ms)" ms
limit "hash, $n files: against sha256sum" "$(calc "$(med hash wall_ms) / $(med sum wall_ms)")" times '<=' 1.0
if command -v openssl >/dev/null; then
	# The same library's own program, where the processor has instructions for it.
	sums_openssl() { find "$data" -type f -print0 | xargs -0 -n 10000 openssl dgst -sha256 -r; }
	export -f sums_openssl
	run_openssl() { measure bash -c sums_openssl && whole openssl "$n"; }
	interleaved $((runs / 2 + 1)) openssl
	result "hash, $n files: openssl dgst" "$(med openssl wall_ms)" ms
fi
