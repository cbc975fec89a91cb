#!/bin/bash
# The table `mounts`: against findmnt and stat -f, a captured table, and a server that is gone.
. "$(dirname "$0")/../lib.sh"
need findmnt stat

rows() {
	local sql=$1
	shift
	run "$AGENTD" query -o tsv "$@" "$sql"
	out=$(tail -n +2 <<<"$out")
}

mounts() { "$AGENTD" query -o tsv "select path, type from mounts" | tail -n +2 | sort; }
mounts_there() {
	findmnt -rn -o TARGET,FSTYPE |
		sed 's/ /\t/; s/\\x20/ /g; s/\\x09/\\t/g; s/\\x0a/\\n/g; s/\\x0d/\\r/g; s/\\x5c/\\\\/g' | sort
}
alike mounts_like_findmnt mounts mounts_there
rows "select path, flags from mounts where path = '/proc'"
is mounts_flags "$out" "$(awk '$2 == "/proc" {print $2 "\t" $4}' /proc/mounts)"
# Some file systems have as many inodes as there is room for.
sizes() {
	"$AGENTD" query -o tsv "select blocks_size, blocks, blocks_free, blocks_available, inodes, inodes_free from mounts
		where path = '/' limit 1" | tail -n +2
}
sizes_there() { stat -f -c '%s	%b	%f	%a	%c	%d' /; }
alike mounts_sizes sizes sizes_there

root=$T/root
mkdir -p "$root/proc" "$root/dev/disk/by-label"
ln -s ../../sda1 "$root/dev/disk/by-label/data"
: >"$root/dev/sda1"
cat >"$root/proc/mounts" <<'TXT'
/dev/disk/by-label/data /data ext4 rw,noatime 0 0
/dev/gone /gone ext4 rw 0 0
srv:/a\040b /mnt/with\040blank\012and\134more nfs4 rw,vers=4.2 0 0
tmpfs /tmp tmpfs rw 0 0

not a mount
TXT
rows "select device, device_alias, path, type, flags, blocks is null from mounts" --root "$root"
is mounts_captured "$out" "$(printf '%s\n' \
	'/dev/disk/by-label/data	/dev/sda1	/data	ext4	rw,noatime	1' \
	'/dev/gone	/dev/gone	/gone	ext4	rw	1' \
	'srv:/a b	srv:/a b	/mnt/with blank\nand\\more	nfs4	rw,vers=4.2	1' \
	'tmpfs	tmpfs	/tmp	tmpfs	rw	1')"
rm "$root/proc/mounts"
rows "select * from mounts" --root "$root"
has mounts_none_says "$err" 'mounts: /proc/mounts: No such file or directory'

if [ "$(id -u)" = 0 ] && [ -e /dev/fuse ] && unshare -m true 2>/dev/null; then
	mkdir "$T/mnt"
	run unshare -m --propagation private tests/tools/hungfs "$T/mnt" timeout -k 1 10 "$AGENTD" query -o tsv \
		"select distinct path, type, blocks is null from mounts where path = '$T/mnt' or path = '/proc'"
	is mounts_hung "$status: $(tail -n +2 <<<"$out")" "$(printf '0: /proc\tproc\t0\n%s\tfuse\t1' "$T/mnt")"
	has mounts_hung_says "$err" 'mounts: sizes of 1 network mount: object is remote'
	# A local one in its place but below it is behind it.
	# shellcheck disable=SC2016 # for the inner shell
	run unshare -m --propagation private sh -c 'mount -t tmpfs none "$1" && shift && exec "$@"' sh "$T/mnt" \
		tests/tools/hungfs "$T/mnt" timeout -k 1 10 "$AGENTD" query -o tsv \
		"select type, blocks is null from mounts where path = '$T/mnt'"
	is mounts_hidden_by_hung "$status: $(tail -n +2 <<<"$out")" "$(printf '0: tmpfs\t1\nfuse\t1')"
else
	skip mounts_hung "needs root, /dev/fuse and mount namespaces"
fi
