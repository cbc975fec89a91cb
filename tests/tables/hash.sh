#!/bin/bash
# The table `hash`: against md5sum, sha1sum and sha256sum, and over what is no ordinary file.
. "$(dirname "$0")/../lib.sh"
need md5sum sha1sum sha256sum

# rows SQL [OPTION…]: tab-separated rows without the header, sorted, on $out.
rows() {
	local sql=$1
	shift
	run "$AGENTD" query -o tsv "$@" "$sql"
	out=$(tail -n +2 <<<"$out" | sort)
}

tree=$T/tree
mkdir -p "$tree/sub"
: >"$tree/empty"
printf abc >"$tree/abc"
head -c 1000000 /dev/urandom >"$tree/sub/million"
head -c 262144 /dev/urandom >"$tree/sub/buffer"
head -c 262145 /dev/urandom >"$tree/sub/buffer1"
ln -s sub/million "$tree/link"
ln -s nowhere "$tree/dangling"
ln -s fifo "$tree/tofifo"
mkfifo "$tree/fifo"
python3 -c 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$tree/socket" 2>/dev/null
[ "$(id -u)" != 0 ] || mknod "$tree/zero" c 1 5 2>/dev/null
printf x >"$tree/sub/in"$'\xff'"valid"

for kind in md5 sha1 sha256; do
	rows "select $kind || '  ' || path from hash where path like '$tree/%%' and path not like '%valid'"
	want=$(find "$tree" -type f ! -name '*valid' -exec ${kind}sum {} + && echo "$(${kind}sum <"$tree/link" | cut -d' ' -f1)  $tree/link")
	is "hash_$kind" "$out" "$(sort <<<"$want")"
	is "hash_${kind}_warns_of_nothing" "$err" ""
done
rows "select md5, sha1, sha256 from hash where path = '$tree/sub/million'"
is hash_all_at_once "$out" "$(for k in md5 sha1 sha256; do ${k}sum <"$tree/sub/million" | cut -d' ' -f1; done | paste -s)"
rows "select sha256 from hash where directory = '$tree/sub' and path like '%valid'"
is hash_name_that_is_not_utf8 "$out" "$(printf x | sha256sum | cut -d' ' -f1)"
rows "select path from hash where directory = '$tree'"
is hash_directory "$out" "$tree/abc
$tree/empty
$tree/link"
rows "select path, md5 from hash where path in ('$tree/fifo', '$tree/tofifo', '$tree/zero', '$tree/socket', '$tree/sub', '$tree/dangling', '/dev/null', '')"
is hash_of_no_file "$status: $out" "0: "
rows "select path, directory from hash where directory = '$tree/sub/' and path like '%million'"
is hash_directory_as_written "$out" "$tree/sub/million	$tree/sub/"
rows "select md5 from hash where path glob '$tree/ab*'"
is hash_glob "$out" "$(md5sum <"$tree/abc" | cut -d' ' -f1)"
run "$AGENTD" query "select md5 from hash"
is hash_without_constraint "$status" 2

# ---- /proc ----

rows "select sha256 from hash where path = '/proc/version'"
is hash_proc_by_name "$out" "$(sha256sum </proc/version | cut -d' ' -f1)"
# Come across, it is listed but not read: some such files change by reading.
rows "select count(*), count(md5) from hash where path like '/proc/sys/kernel/os%'"
is hash_proc_come_across "$out" "2	0"
has hash_proc_come_across_says "$err" 'hash: content of 2 files: operation not supported'
rows "select sha256 from hash where path = '/proc/self/exe'"
is hash_proc_exe "$out" "$(sha256sum <"$AGENTD" | cut -d' ' -f1)"

# ---- Times of access, roots, rights ----

touch -a -d '2001-01-01' "$tree/abc"
rows "select md5 from hash where path = '$tree/abc'"
is hash_leaves_atime "$(stat -c %x "$tree/abc" | cut -c1-10)" 2001-01-01

mkdir -p "$T/root/etc" "$T/root/bin"
echo inside >"$T/root/etc/passwd"
ln -s /etc/passwd "$T/root/bin/absolute"
ln -s ../../../../../../../../../etc/passwd "$T/root/bin/upwards"
ln -s "$tree/abc" "$T/root/bin/outside"
rows "select path, md5 from hash where path like '/%%'" --root "$T/root"
md5=$(md5sum <"$T/root/etc/passwd" | cut -d' ' -f1)
is hash_root "$out" "/bin/absolute	$md5
/bin/upwards	$md5
/etc/passwd	$md5"

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$tree"
	install -m 600 /dev/null "$tree/secret"
	run setpriv --reuid=65534 --regid=65534 --clear-groups "$AGENTD" query -o tsv \
		"select path, md5 from hash where path like '$tree/%' and (path like '%secret' or path like '%abc')"
	is hash_unreadable "$(tail -n +2 <<<"$out" | sort)" "$tree/abc	$(md5sum <"$tree/abc" | cut -d' ' -f1)
$tree/secret	"
	has hash_unreadable_says "$err" 'hash: content of 1 file: permission denied'
else
	skip hash_unreadable "needs root and setpriv"
fi

# ---- Read once, and stoppable ----

truncate -s 64M "$tree/large"
# shellcheck disable=SC2016 # for the inner shell
run sh -c '"$1" query -o tsv "$2" && grep rchar "/proc/$$/io"' sh "$AGENTD" "select count(h.sha256)
	from (select 1 union select 2 union select 3) x cross join hash h where h.path = '$tree/large'"
if [[ $out == *rchar* ]]; then
	is hash_join_rows "$(sed -n 2p <<<"$out")" 3
	check hash_join_reads_once [ "$(sed -n 's/rchar: //p' <<<"$out")" -lt $((100 << 20)) ]
else
	skip hash_join_reads_once "the kernel does not count reads"
fi
rm "$tree/large"

truncate -s 1T "$tree/endless"
started=${EPOCHREALTIME/./}
run "$AGENTD" query --timeout 1 "select md5 from hash where path = '$tree/endless'"
is hash_stops_in_time "$status" 3
has hash_stops_in_time_says "$err" 'no answer within'
check hash_stops_soon [ $((${EPOCHREALTIME/./} - started)) -lt $((3000000 * SLOW)) ]
rm "$tree/endless"

# A file that something keeps writing to has an end.
# shellcheck disable=SC2016 # for the inner shell
background timeout 30 bash -c 'while :; do head -c 100000 /dev/zero >>"$1"; done' sh "$tree/growing"
wait_for 10 test -s "$tree/growing"
rows "select count(md5) from hash where path = '$tree/growing'" --timeout 10
end_tree "$pid"
is hash_growing "$status: $out" "0: 1"
