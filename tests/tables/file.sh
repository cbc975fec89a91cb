#!/bin/bash
# The table `file`: rows against find, stat and readlink over trees with everything in them.
. "$(dirname "$0")/../lib.sh"
need python3 find stat

# ask SQL [OPTION…]: rows as JSON on $out.
ask() {
	local sql=$1
	shift
	run "$AGENTD" query -o json "$@" "$sql"
}
# paths SQL [OPTION…]: the first column, sorted, one a line.
paths() {
	local sql=$1
	shift
	run "$AGENTD" query -o tsv "$@" "$sql"
	out=$(tail -n +2 <<<"$out" | cut -f1 | sort)
}

tree=$T/tree
mkdir -p "$tree/sub/deeper" "$tree/.hidden"
echo content >"$tree/plain"
echo more >"$tree/sub/inner"
ln "$tree/plain" "$tree/hardlink"
: >"$tree/.hidden/empty"
ln -s plain "$tree/link"
ln -s sub "$tree/linkdir"
ln -s nowhere "$tree/dangling"
ln -s loop "$tree/loop"
mkfifo "$tree/fifo"
python3 -c 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$tree/socket"
chmod 4751 "$tree/sub/inner"
touch -d '2001-02-03 04:05:06' "$tree/plain"
if [ "$(id -u)" = 0 ]; then
	chown 1234:5678 "$tree/sub/inner"
	mknod "$tree/null" c 1 3 2>/dev/null
fi
python3 - "$tree" <<'PY'
import os, sys
top = os.fsencode(sys.argv[1])
for name in (b"new\nline", b"tab\there", b"in\xffvalid", b"quote'\"", b"percent%_", b" ",
             b"n" * 255, b"\xe6\x97\xa5\xe6\x9c\xac", b"\x1b[31mred", b"back\\slash"):
    open(top + b"/sub/deeper/" + name, "w").close()
PY

# ---- Everything below a directory, with all attributes ----

cat >"$T/compare.py" <<'PY'
import base64, json, os, stat, subprocess, sys
top = os.fsencode(sys.argv[1])
def text(v):
    return base64.b64decode(v["b64"]) if isinstance(v, dict) else v.encode()
rows = {text(r["path"]): r for r in json.load(sys.stdin)}
found = subprocess.run(["find", top, "-mindepth", "1", "-print0"], stdout=subprocess.PIPE).stdout.split(b"\0")[:-1]
bad = []
if sorted(rows) != sorted(found):
    bad.append(f"not the names that find has: {sorted(set(rows) ^ set(found))}")
words = {"regular file": "regular", "regular empty file": "regular", "directory": "directory",
         "fifo": "fifo", "socket": "socket", "character special file": "character"}
for path in found:
    r = rows.get(path)
    if r is None:
        continue
    link = os.path.islink(path)
    follow = link and os.path.exists(path)
    form = "%i %u %g %04a %s %o %X %Y %Z %W %h %t %T %F"
    want = subprocess.run(["stat"] + (["-L"] if follow else []) + ["-c", form, path],
                          stdout=subprocess.PIPE, text=True).stdout.strip().split(" ", 13)
    kind = "error" if path.endswith(b"/loop") else "unknown" if link and not follow else words[want[13]]
    mode = format(int(want[3], 8) & 0o7777, "04o")
    expect = dict(inode=int(want[0]), uid=int(want[1]), gid=int(want[2]), mode=mode, size=int(want[4]),
                  block_size=int(want[5]), atime=int(want[6]), mtime=int(want[7]), ctime=int(want[8]),
                  btime=int(want[9].replace("-", "0")), hard_links=int(want[10]), type=kind, symlink=int(link),
                  device=os.makedev(int(want[11], 16), int(want[12], 16)))
    for k, v in expect.items():
        if r[k] != v:
            bad.append(f"{path}: {k} is {r[k]!r}, stat has {v!r}")
    target = os.readlink(path) if link else None
    if (text(r["symlink_target_path"]) if r["symlink_target_path"] is not None else None) != target:
        bad.append(f"{path}: target {r['symlink_target_path']!r}")
    if text(r["directory"]) != os.path.dirname(path) or text(r["filename"]) != os.path.basename(path):
        bad.append(f"{path}: directory or filename")
print("\n".join(bad) or f"{len(found)} alike")
sys.exit(bool(bad))
PY
# Once before, so that find does not change the times of access afterwards.
find "$tree" >/dev/null
ask "select * from file where path like '$tree/%%'"
is file_deep_warns_of_nothing "$err" ""
check file_like_find_and_stat python3 "$T/compare.py" "$tree" <<<"$out"
# The names alone are read without a stat, and are the same.
ask "select path, directory, filename, type, symlink from file where path like '$tree/%%'"
is file_names_alone "$(python3 -c 'import json,sys; print(len(json.load(sys.stdin)))' <<<"$out")" \
	"$(find "$tree" -mindepth 1 -printf x | wc -c)"

# ---- Which constraints lead where ----

paths "select path from file where path like '$tree/%'"
is file_one_level "$out" "$(cd "$tree" && find "$PWD" -mindepth 1 -maxdepth 1 | sort)"
paths "select path from file where path like '$tree/%/inner'"
is file_star_in_the_middle "$out" "$tree/linkdir/inner
$tree/sub/inner"
paths "select path from file where path like '$tree/%%/inner'"
is file_deep_in_the_middle "$out" "$tree/sub/inner"
paths "select path from file where path like '$tree/_lain'"
is file_underscore "$out" "$tree/plain"
paths "select path from file where path like '$tree/PLAI%'"
is file_case_of_a_wildcard_name "$out" "$tree/plain"
paths "select path from file where path = '$tree/plain'"
is file_path_equals "$out" "$tree/plain"
paths "select path from file where path in ('$tree/plain', '$tree/fifo', '$tree/none', 'plain', '')"
is file_path_in "$out" "$tree/fifo
$tree/plain"
paths "select path from file where directory = '$tree/sub'"
is file_directory_equals "$out" "$tree/sub/deeper
$tree/sub/inner"
paths "select path || ' ' || directory from file where directory = '$tree/sub/'"
is file_directory_as_written "$out" "$tree/sub/deeper $tree/sub/
$tree/sub/inner $tree/sub/"
paths "select path from file where directory like '$tree/_ub'"
is file_directory_like "$out" "$tree/sub/deeper
$tree/sub/inner"
paths "select path from file where path glob '$tree/*link*'"
is file_glob "$out" "$tree/hardlink
$tree/link
$tree/linkdir"
paths "select path from file where path glob '$tree/**' and filename glob 'inn*'"
is file_glob_deep "$out" "$tree/sub/inner"
paths "select path from file where path like '%/inner' and path like '$tree/%%'"
is file_two_patterns "$out" "$tree/sub/inner"
is file_two_patterns_warns_of_nothing "$err" ""
paths "select path from file where path like '$tree/pl%' or path like '$tree/%in' or path = '$tree/plain'"
is file_once_each "$out" "$tree/plain"
paths "select path from file where path like '$tree/%/'"
is file_slash_means_directories "$out" "$tree/.hidden/
$tree/linkdir/
$tree/sub/"
paths "select f.path from (select '$tree/sub' as d union select '/nonexistent') x join file f on f.directory = x.d"
is file_join "$out" "$tree/sub/deeper
$tree/sub/inner"
paths "select path from file where path = '/'"
is file_root_directory "$out" "/"
ask "select filename, directory from file where path in ('/tmp', '/')"
has file_parts_of_the_root "$out" '"filename":"/","directory":""'
has file_parts_below_the_root "$out" '"filename":"tmp","directory":"/"'

run "$AGENTD" query "select path from file"
is file_without_constraint "$status" 2
has file_without_constraint_says "$err" 'constraint on .path. or .directory. is required'
paths "select path from file where path like 'tmp/%'"
is file_relative_pattern_status "$status" 0
has file_relative_pattern_says "$err" 'has to begin with "/"'
paths "select path from file where path like '$tree/%/../%'"
has file_dotdot_pattern_says "$err" 'hold no "\.\."'
ask "select pid_with_namespace, mount_namespace_id from file where path = '/'"
has file_no_namespace "$out" '"pid_with_namespace":0,"mount_namespace_id":null'

# ---- A root of its own: nothing leads out ----

fixture=$T/fixture
mkdir -p "$fixture/etc" "$fixture/data/in"
echo inside >"$fixture/etc/passwd"
echo x >"$fixture/data/in/file"
ln -s /etc/passwd "$fixture/data/absolute"
ln -s ../../../../../../../../../../etc/passwd "$fixture/data/upwards"
ln -s / "$fixture/data/top"
ln -s "$T" "$fixture/data/outside"
ln -s /data/in "$fixture/data/dir"
size=$(stat -c %s "$fixture/etc/passwd")
paths "select path from file where path like '/%%'" --root "$fixture"
is root_everything "$out" "$(cd "$fixture" && find . -mindepth 1 | sed 's/^\.//' | sort)"
paths "select path || ' ' || size || ' ' || type from file where path like '/data/%s'" --root "$fixture"
is root_links_stay_inside "$out" "/data/upwards $size regular"
ask "select size, type from file where path = '/data/absolute'" --root "$fixture"
has root_link_stays_inside "$out" "\"size\":$size,\"type\":\"regular\""
paths "select path from file where path like '/data/outside/%'" --root "$fixture"
is root_link_to_the_outside "$out" ""
paths "select path from file where path like '/data/d%/%'" --root "$fixture"
is root_link_to_a_directory "$out" "/data/dir/file"
paths "select path from file where path like '/data/%/etc/%'" --root "$fixture"
is root_link_to_its_top "$out" "/data/top/etc/passwd"
paths "select path from file where path = '/../../../../../../../../etc/shadow'" --root "$fixture"
is root_dotdot "$out" ""

# ---- Depth, permissions, change ----

python3 - "$T" <<'PY'
import os, sys
os.chdir(sys.argv[1])
for i in range(1100):
    os.mkdir("d"); os.chdir("d")
open("bottom", "w").close()
PY
run "$AGENTD" query -o tsv "select count(*) from file where path like '$T/d%%'"
is deep_tree "$(tail -n 1 <<<"$out")" 1025
has deep_tree_says "$err" 'file: entries of 1 directory: file name too long'
run "$AGENTD" query -o tsv "select count(*) from file where path like '$T/d%%'" --max-rows 10
is deep_tree_again "$status" 0

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	mkdir -p "$T/closed/no/x" "$T/closed/list/x" "$T/closed/search/x"
	chmod 700 "$T/closed/no"
	chmod 744 "$T/closed/list"
	chmod 711 "$T/closed/search"
	chmod 755 "$T/closed"
	user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	run "${user[@]}" "$AGENTD" query -o tsv "select path from file where path like '$T/closed/%%'"
	is closed_directories "$(tail -n +2 <<<"$out" | sort)" "$T/closed/list
$T/closed/list/x
$T/closed/no
$T/closed/search"
	has closed_directories_say "$err" 'file: entries of [23] directories: permission denied'
	run "${user[@]}" "$AGENTD" query -o tsv "select path, size from file where path like '$T/closed/list/%'"
	is closed_attributes "$(tail -n +2 <<<"$out")" "$(printf '%s\t' "$T/closed/list/x")"
	has closed_attributes_say "$err" 'file: attributes of 1 file: permission denied'
	# What may not be listed can still be reached by its name, with a _ in it as well.
	mkdir "$T/closed/search/a_b"
	run "${user[@]}" "$AGENTD" query -o tsv "select path from file where path like '$T/closed/search/a_b'"
	is closed_by_name "$(tail -n +2 <<<"$out")" "$T/closed/search/a_b"
	is closed_by_name_warns_of_nothing "$err" ""
else
	skip closed_directories "needs root and setpriv"
fi

mkdir "$T/busy"
# shellcheck disable=SC2016 # for the inner shell
background timeout 60 bash -c 'cd "$1" && while :; do mkdir -p a/b c/d; : >a/b/f; mv a/b/f c/d/g; rm -rf a; mv c e; rm -rf e; done' \
	sh "$T/busy" 2>/dev/null
bad=0
for _ in $(seq 30); do
	run "$AGENTD" query -o json "select * from file where path like '$T/busy/%%'"
	{ [ "$status" = 0 ] && [ -z "$err" ]; } || bad=$((bad + 1))
done
end_tree "$pid"
is changing_tree "$bad: $err" "0: "

# ---- A file system that never answers ----

if [ "$(id -u)" = 0 ] && [ -e /dev/fuse ] && unshare -m true 2>/dev/null; then
	mkdir -p "$T/net/mnt" "$T/net/dir"
	ln -s ../mnt/far "$T/net/dir/far"
	hung() {
		run unshare -m --propagation private tests/tools/hungfs "$T/net/mnt" timeout -k 1 10 \
			"$AGENTD" query -o tsv "$1"
	}
	hung "select path, size is null from file where path like '$T/net/%%'"
	is hung_is_left_out "$status: $(tail -n +2 <<<"$out" | sort)" "0: $T/net/dir	0
$T/net/dir/far	0
$T/net/mnt	1"
	has hung_is_named "$err" "mount points that wildcards do not enter: $T/net/mnt \(fuse\)\$"
	hung "select path from file where path like '$T/net/%/%'"
	is hung_by_one_level "$status: $(tail -n +2 <<<"$out")" "0: $T/net/dir/far"
	hung "select path from file where directory = '$T/net'"
	is hung_in_a_listing "$status: $(tail -n +2 <<<"$out" | sort | tr '\n' ' ')" "0: $T/net/dir $T/net/mnt "
else
	skip hung_is_left_out "needs root, /dev/fuse and mount namespaces"
fi

# ---- ESCAPE: a pattern that does not lead the walk, but counts ----

mkdir "$T/esc"
touch "$T/esc/a%b" "$T/esc/a_b" "$T/esc/axb"
paths "select filename from file where directory = '$T/esc' and filename like 'a!%b' escape '!'"
is escape_percent "$out" 'a%b'
paths "select filename from file where path like '$T/esc/%' and path like '%/a!_b' escape '!'"
is escape_underscore "$out" 'a_b'
paths "select filename from file where path like '$T/esc/%' and filename not like 'a!%b' escape '!'"
is escape_not "$out" $'a_b\naxb'

# ---- The mount namespace of another process ----

if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	mkdir "$T/mine" && echo host >"$T/mine/host"
	# shellcheck disable=SC2016 # for the inner shell
	background unshare -m --propagation private sh -c '
		mount -t tmpfs none "$1" && echo other >"$1/other" && : >"$2" && exec sleep 60' \
		sh "$T/mine" "$T/mounted"
	wait_for 10 test -e "$T/mounted"
	ns=$(readlink "/proc/$pid/ns/mnt" | tr -dc 0-9)
	paths "select path || ' ' || mount_namespace_id from file where path like '$T/mine/%' and pid_with_namespace = $pid"
	is namespace_of_a_process "$out" "$T/mine/other $ns"
	paths "select path from file where path like '$T/mine/%'"
	is namespace_of_our_own "$out" "$T/mine/host"
	end_tree "$pid"
else
	skip namespace_of_a_process "needs root and mount namespaces"
fi
exit 0
