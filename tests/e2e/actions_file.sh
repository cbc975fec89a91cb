#!/bin/bash
# delete and restore on real file systems, each action in a process of its own as the daemon runs it. In a mount
# namespace, with overlays over /etc and /usr: nothing of the machine can be hit.
. "$(dirname "$0")/../lib.sh"
need_root
within --mount --pid --fork --mount-proc --kill-child
need jq python3 setfacl getfacl setfattr chattr setcap
act=$B/tools/agentd_act

# ---- The ground ----

# What is mounted cannot be removed.
unmount() { umount -l "$T/small" "$T/disk" /usr /etc "$T/ram"; }
trap 'unmount 2>/dev/null; clean_up' EXIT
mkdir "$T/ram" "$T/disk" "$T/state"
mount -t tmpfs -o size=64m none "$T/ram" || all_skipped "needs to mount"
for d in etc usr; do
	mkdir -p "$T/ram/$d.upper" "$T/ram/$d.work"
	mount -t overlay -o "lowerdir=/$d,upperdir=$T/ram/$d.upper,workdir=$T/ram/$d.work" none /$d ||
		all_skipped "needs overlays"
done
truncate -s 64M "$T/image"
if ! { mkfs.ext4 -q -F "$T/image" && mount -o loop,strictatime "$T/image" "$T/disk"; } 2>/dev/null; then
	all_skipped "needs a file system of its own (loop devices, mkfs.ext4)"
fi
f=$T/disk/dir/evil
mkdir "$T/disk/dir"
vault=$T/state/vault

of() { jq -r "$1" <<<"$out" 2>&1; }
# outcome NAME STATUS [DETAIL-PATTERN]
outcome() {
	is "$1" "$(of .status)" "$2"
	if [ $# -gt 2 ]; then has "$1: words" "$(of .detail)" "$3"; fi
}
# act [OPTION…] ACTION ARGS
act() { run "$act" -s "$T/state" "$@"; }
path_of() { jq -cn --arg p "$1" '{path: $p}'; }
delete() { act -y delete "$(path_of "$1")"; }
force() { act -y delete "$(jq -cn --arg p "$1" '{path: $p, force: true}')"; }
restore() { act -y restore "{\"id\":\"$1\"}"; }
entries() { find "$vault" -mindepth 1 -maxdepth 1 -type d 2>/dev/null | wc -l; }
evil() { printf 'evil %s\n' "$RANDOM" >"${1:-$f}"; }
# All that is to come back: content, owner, mode, times, attributes, access list, capabilities, flags.
facts_of() {
	# Before anything reads it.
	stat -c '%a %u %g %s %y %x' "$1"
	sha256sum <"$1"
	getfacl -cpn "$1"
	getfattr -d -m - "$1" 2>/dev/null | sed 1d
	lsattr "$1" | cut -d' ' -f1
}

fails() { ! "$@"; }

# ---- Taken away and put back, with everything ----

evil
chown 1234:4321 "$f"
chmod 4751 "$f"
setfacl -m u:1000:r "$f"
setfattr -n user.note -v "$(printf 'a\nb')" "$f"
setcap cap_net_raw=ep "$f"
touch -d '2001-02-03 04:05:06.789012345' "$f"
touch -a -d '2002-03-04 05:06:07' "$f"
before=$(facts_of "$f")
touch -a -d '2002-03-04 05:06:07' "$f"
act -n delete "$(path_of "$f")"
outcome delete-planned planned "would take $f \([0-9]+ bytes\) into the vault"
check delete-plan-does-nothing [ -e "$f" ]
check delete-plan-makes-no-vault [ ! -e "$vault" ]
is delete-plan-leaves-atime "$(stat -c %X "$f")" "$(date -d '2002-03-04 05:06:07' +%s)"
is delete-before "$(of '.before | [.path, .size, .sha256, .mode, .uid, .gid, .links] | @tsv')" \
	"$f"$'\t'"$(stat -c %s "$f")"$'\t'"$(sha256sum "$f" | cut -d' ' -f1)"$'\t4751\t1234\t4321\t1'
touch -a -d '2002-03-04 05:06:07' "$f"
act -r 'case 7' -u 1000 -y delete "$(path_of "$f")"
outcome delete-done 'done' "is in the vault as"
check delete-it-is-gone [ ! -e "$f" ]
is delete-leaves-nothing "$(ls -A "$T/disk/dir")" ''
id=$(of .after.id)
is delete-undo "$(of '.undo | [.action, .args.id] | @tsv')" "restore"$'\t'"$id"
is vault-is-roots "$(stat -c '%a %u' "$vault" "$vault/$id" "$vault/$id/content" "$vault/$id/meta.json" | tr '\n' ' ')" \
	'700 0 700 0 600 0 600 0 '
is vault-meta "$(jq -r '[.id, .kind, .path, .mode, .by.uid, .reason] | @tsv' "$vault/$id/meta.json")" \
	"$id"$'\tfile\t'"$f"$'\t4751\t1000\tcase 7'
is vault-holds-that-and-no-more "$(ls -A "$vault/$id" | tr '\n' ' ')" 'content meta.json '
act -n restore "{\"id\":\"$id\"}"
outcome restore-planned planned 'would put'
check restore-plan-does-nothing [ ! -e "$f" ]
act restore "{\"id\":\"$id\"}"
outcome restore-without-identity refused identity
restore "$id"
outcome restore-done 'done' 'is back$'
is restore-everything "$(facts_of "$f")" "$before"
is restore-leaves-nothing-else "$(ls -A "$T/disk/dir")" evil
is restore-undo "$(of '.undo | [.action, .args.path] | @tsv')" "delete"$'\t'"$f"
# What analysts see of it.
vault_rows() {
	"$AGENTD" query -o tsv "select kind, path, size, user, uid, reason, restored_time >= time from vault where state_dir = '$T/state' $1" |
		tail -n +2
}
is vault-table "$(vault_rows '')" "file"$'\t'"$f"$'\t'"$(stat -c %s "$f")"$'\tuid1000\t1000\tcase 7\t1'
is vault-table-by-id "$(vault_rows "and id = '$id'")" "$(vault_rows '')"
is vault-table-no-such-id "$(vault_rows "and id = '../..'")" ''
restore "$id"
outcome restore-again already
echo other >"$f"
restore "$id"
outcome restore-never-overwrites refused 'not overwritten'
is restore-left-it-alone "$(cat "$f")" other
rm "$f"
ln -s /etc/passwd "$f"
restore "$id"
outcome restore-over-link refused 'not overwritten'
rm -r "$T/disk/dir"
restore "$id"
outcome restore-no-directory refused 'not there any more'
ln -s /etc "$T/disk/dir"
restore "$id"
outcome restore-directory-is-link refused 'symbolic link'
rm "$T/disk/dir"
mkdir "$T/disk/dir"
restore ../../etc
outcome restore-no-id not_found
restore 20200101-000000-abcdef
outcome restore-unknown-id not_found
echo x >>"$vault/$id/content"
printf y | dd of="$vault/$id/content" conv=notrunc status=none
restore "$id"
outcome restore-damaged failed 'damaged'
is restore-damaged-leaves-nothing "$(ls -A "$T/disk/dir")" ''
sed -i 's/"path": "/"path": "x/' "$vault/$id/meta.json"
restore "$id"
outcome restore-bad-meta failed 'no good .path.'
rm "$vault/$id/meta.json"
restore "$id"
is restore-without-meta "$(of .status)" not_found

# ---- No longer what was planned ----

# planned: sets $planned to the arguments that apply what would be done now
planned() {
	act -n delete "$(path_of "$f")"
	planned=$(jq -cn --arg p "$f" --arg i "$(of .before.identity)" '{path: $p, identity: $i}')
}
evil "$T/disk/dir/x"
delete "$T/disk/dir/x"
evil
planned
n=$(entries)
act delete "$(path_of "$f")"
outcome delete-without-identity refused identity
# Another file of the same content and time.
cp -p "$f" "$f.new"
mv "$f.new" "$f"
act delete "$planned"
outcome delete-other-inode refused 'no longer'
planned
touch -r "$f" "$T/ref"
tr e E <"$f" | dd of="$f" conv=notrunc status=none
touch -r "$T/ref" "$f"
act delete "$planned"
outcome delete-other-content refused 'no longer'
check delete-refused-does-nothing [ -e "$f" ]
is delete-refused-keeps-nothing "$(entries)" "$n"

planned
mv "$f" "$f.was"
ln -s "$f.was" "$f"
act delete "$planned"
outcome delete-link-meanwhile refused 'symbolic link'
check delete-link-meanwhile-does-nothing [ -L "$f" -a -f "$f.was" ]
mv "$f.was" "$f"

# ---- What is no file, or not where the path says ----

evil
ln -s "$f" "$T/disk/link"
ln -s dir "$T/disk/linked"
mkfifo "$T/disk/fifo"
mknod "$T/disk/device" c 1 3
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("'"$T"'/disk/socket")'
delete "$T/disk/link"
outcome delete-link refused 'symbolic link'
delete "$T/disk/linked/evil"
outcome delete-through-link refused "linked is a symbolic link"
delete "$T/disk/dir"
outcome delete-directory refused 'directory'
delete "$T/disk/dir/"
outcome delete-directory-slash refused
delete "$T/disk/fifo"
outcome delete-fifo refused 'named pipe'
delete "$T/disk/device"
outcome delete-device refused 'device'
delete "$T/disk/socket"
outcome delete-socket refused 'socket'
delete "$T/disk/none"
outcome delete-none not_found
delete "$f/x"
outcome delete-below-file not_found
act delete '{"path":"relative"}'
is delete-relative "$status" 2
act delete '{"path":"/tmp/../etc/passwd"}'
is delete-dotdot "$status" 2
delete /proc/1/environ
outcome delete-proc refused 'made up by the kernel'
for g in link linked fifo device socket dir/evil; do [ -e "$T/disk/$g" ] || fail delete-none-of-them "$g is gone"; done

# ---- Names of any bytes ----

for name in $'a\nb' $'\xff\xfe' -rf '*' "$(printf 'n%.0s' {1..255})" ' ' $'\e[31m'; do
	evil "$T/disk/dir/$name"
	was=$(cat "$T/disk/dir/$name")
	act -y delete "{\"path\":{\"b64\":\"$(printf %s "$T/disk/dir/$name" | base64 -w0)\"}}"
	id=$(of .after.id)
	if [ "$(of .status)" = 'done' ] && [ ! -e "$T/disk/dir/$name" ] && restore "$id" &&
		[ "$(of .status)" = 'done' ] && [ "$(cat "$T/disk/dir/$name")" = "$was" ]; then
		pass "name $(printf %q "$name" | cut -c1-20)"
	else
		fail "name $(printf %q "$name" | cut -c1-20)" "$out"
	fi
	rm -f "$T/disk/dir/$name"
done
is vault-table-bytes "$("$AGENTD" query -o json "select hex(path) as h from vault where state_dir = '$T/state' and hex(path) like '%FFFE'" | jq length)" 1
evil "$T/disk//dir///twice"
delete "$T/disk//dir///twice"
outcome slashes 'done' "$T/disk/dir/twice is in"

# ---- Protected ----

echo x >/etc/cron.d/evil
echo >/etc/ld.so.preload
delete /etc/cron.d/evil
outcome delete-in-etc 'done'
delete /etc/ld.so.preload
outcome delete-preload 'done'
for p in /etc/passwd /etc/shadow /etc/ssh/sshd_config /etc/fstab /etc/pam.d/common-auth /etc/sudoers; do
	[ -f $p ] || continue
	delete $p
	outcome "vital $p" refused 'vital|package'
done
delete //etc//passwd
outcome vital-slashes refused 'vital'
# Written anew, as passwd(1) does it: an overlay gives the two names of a file below two numbers.
cp -p /etc/shadow /etc/shadow.new && mv /etc/shadow.new /etc/shadow
ln /etc/shadow /etc/cron.d/shadow
delete /etc/cron.d/shadow
outcome hard-link-to-vital refused 'another name of /etc/shadow'
force /etc/cron.d/shadow
outcome hard-link-to-vital-forced 'done' '1 other name of it stays'
check shadow-is-there [ -s /etc/shadow ]
if command -v dpkg >/dev/null; then
	delete /usr/bin/env
	outcome packaged refused 'belongs to the package coreutils'
	sum=$(sha256sum </usr/bin/env)
	act -F -y delete '{"path":"/usr/bin/env","force":true}'
	outcome packaged-force-is-a-right refused 'right of its own'
	force /usr/bin/env
	outcome packaged-forced 'done'
	check packaged-is-gone [ ! -e /usr/bin/env ]
	restore "$(of .after.id)"
	outcome packaged-restored 'done'
	is packaged-as-it-was "$(sha256sum </usr/bin/env)" "$sum"
	# Lists name it as it was before /bin was a link.
	if [ -L /bin ] && grep -qx /bin/ls /var/lib/dpkg/info/coreutils.list; then
		delete /usr/bin/ls
		outcome packaged-before-usr refused 'belongs to the package coreutils'
	fi
fi
printf 'protect_paths = %s/disk/kept %s/disk/*/also\n' "$T" "$T" >"$T/conf"
chmod 600 "$T/conf"
mkdir "$T/disk/kept"
evil "$T/disk/kept/x"
evil "$T/disk/dir/also"
act -c "$T/conf" -y delete "$(path_of "$T/disk/kept/x")"
outcome protect-paths refused 'protect_paths'
act -c "$T/conf" -y delete "$(path_of "$T/disk/dir/also")"
outcome protect-paths-glob refused 'protect_paths'
force "$vault/.lock"
outcome the-agents-own refused "agent's own"
ln -s state "$T/linked-state"
run "$act" -s "$T/linked-state" -y delete "{\"path\":\"$vault/.lock\",\"force\":true}"
outcome the-agents-own-through-a-link refused "agent's own"
# The same by another mount of it.
mkdir "$T/disk/bound"
mount --bind "$T/state" "$T/disk/bound"
force "$T/disk/bound/vault/.lock"
outcome the-agents-own-by-another-mount refused "agent's own"
umount "$T/disk/bound"
mount --bind "$T/disk/kept" "$T/disk/bound"
act -c "$T/conf" -y delete "$(path_of "$T/disk/bound/x")"
outcome protect-paths-by-another-mount refused 'protect_paths'
umount "$T/disk/bound"
mount --bind /etc "$T/disk/bound"
delete "$T/disk/bound/passwd"
outcome vital-by-another-mount refused 'vital'
umount "$T/disk/bound"
cp "$act" "$T/disk/act"
run "$T/disk/act" -s "$T/state" -y delete "{\"path\":\"$T/disk/act\",\"force\":true}"
outcome the-agent-itself refused "agent's own"

# ---- Links, flags, mounts, those who have it open ----

evil
ln "$f" "$f.two"
ln "$f" "$f.three"
act -n delete "$(path_of "$f")"
outcome hard-links-planned planned '2 other names of it stay'
delete "$f"
outcome hard-links 'done' '2 other names of it stay'
is hard-links-left "$(of .after.links)" 2
rm -f "$f".*
evil
chattr +i "$f"
delete "$f"
outcome immutable refused 'immutable'
check immutable-still bash -c "lsattr '$f' | grep -q -- '----i'"
force "$f"
outcome immutable-forced 'done'
check immutable-gone [ ! -e "$f" ]
restore "$(of .after.id)"
outcome immutable-restored 'done'
check immutable-again bash -c "lsattr '$f' | grep -q -- '----i'"
chattr -i "$f"
chattr +i "$T/disk/dir"
delete "$f"
outcome immutable-directory failed 'directory is immutable'
chattr -i "$T/disk/dir"
check immutable-directory-keeps-it [ -e "$f" ]
is immutable-directory-leaves-nothing "$(find "$T/disk/dir" -name '.tocsin-*')" ''
mount --bind /dev/null "$T/disk/dir/also"
evil "$T/ram/mounted"
mount --bind "$T/ram/mounted" "$T/disk/dir/also"
delete "$T/disk/dir/also"
outcome mounted-upon failed 'cannot be taken out'
umount "$T/disk/dir/also" "$T/disk/dir/also"
evil "$T/ram/evil"
delete "$T/ram/evil"
outcome other-mount 'done'
restore "$(of .after.id)"
outcome other-mount-restored 'done'
# A file system that has no files without a name.
cat >"$T/shim.c" <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
int openat(int dir, const char *path, int flags, ...)
{
	int (*real)(int, const char *, int, ...) = dlsym(RTLD_NEXT, "openat");
	va_list ap;
	va_start(ap, flags);
	int mode = va_arg(ap, int);
	va_end(ap);
	if ((flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return real(dir, path, flags, mode);
}
int openat64(int, const char *, int, ...) __attribute__((alias("openat")));
END
if [ "${SAN:-0}" = 0 ] && gcc -shared -fPIC -o "$T/shim.so" "$T/shim.c" 2>/dev/null; then
	evil
	was=$(cat "$f")
	delete "$f"
	id=$(of .after.id)
	restore_shimmed() { LD_PRELOAD=$T/shim.so restore "$id"; }
	restore_shimmed
	outcome restore-by-name 'done'
	is restore-by-name-content "$(cat "$f") $(ls -A "$T/disk/dir" | tr '\n' ' ')" "$was also evil "
	echo other >"$f"
	restore_shimmed
	outcome restore-by-name-never-overwrites refused 'not overwritten'
else
	skip restore-by-name "no shim can be built, or sanitizers do not let it"
fi
mount -o remount,ro "$T/disk"
n=$(entries)
delete "$f"
outcome read-only failed 'Read-only'
is read-only-keeps-nothing "$(entries)" "$n"
mount -o remount,rw "$T/disk"
background sleep 1000 <"$f"
act -n delete "$(path_of "$f")"
outcome open-planned planned "open in sleep \($pid\)"
is open-by "$(of '.before.open_by | map([.pid, .name, .running] | @tsv)[]')" "$pid"$'\tsleep\tfalse'
cp /bin/sleep "$T/disk/dir/malware"
background "$T/disk/dir/malware" 1000
wait_for 5 grep -q malware "/proc/$pid/comm"
delete "$T/disk/dir/malware"
outcome running 'done' "open in malware \($pid\)"
is running-said "$(of '.before.open_by[0].running')" true

# ---- Twice, or by two at once ----

evil
planned
act delete "$planned"
outcome first-time 'done'
restore "$(of .after.id)"
act delete "$planned"
outcome replayed refused 'no longer'
planned
n=$(entries)
for i in 1 2 3 4; do background "$act" -s "$T/state" delete "$planned" >"$T/both.$i"; done
ended() { ! pgrep -x agentd_act; }
wait_for 20 ended
is by-four-at-once "$(jq -r .status "$T"/both.* | sort | uniq -c | awk '$2 == "done" {print $1}')" 1
is by-four-kept-once "$(entries)" $((n + 1))

# ---- Swapped while it is taken ----

evil "$f"
echo precious >"$T/disk/dir/precious"
planned
content=$(sha256sum <"$f" | cut -d' ' -f1)
background python3 - "$f" "$T/disk/dir/precious" <<'END'
import ctypes, sys
libc = ctypes.CDLL(None)
while True: libc.renameat2(-100, sys.argv[1].encode(), -100, sys.argv[2].encode(), 2)
END
swapper=$pid
wrong=0 swaps=0
for _ in $(seq 30); do
	act delete "$planned"
	case $(of .status) in
	'done')
		[ "$(of .after.sha256)" = "$content" ] || wrong=$((wrong + 1))
		break
		;;
	refused | failed) swaps=$((swaps + 1)) ;;
	esac
done
end_tree "$swapper"
is swapped-never-the-other "$wrong" 0
has swapped-precious-is-there "$(cat "$T"/disk/dir/* 2>/dev/null)" precious
is swapped-leaves-no-private-name "$(find "$T/disk/dir" -name '.tocsin-*' | wc -l)" 0
rm -f "$T"/disk/dir/*

# ---- Written to while it is read ----

truncate -s 200M "$f"
act -n delete "$(path_of "$f")"
identity=$(of .before.identity)
(while :; do touch -m "$f"; done) &
writer=$!
pids+=("$writer")
act -n delete "$(path_of "$f")"
outcome changing-not-planned failed 'changes while it is read'
act delete "$(jq -cn --arg p "$f" --arg i "$identity" '{path: $p, identity: $i}')"
outcome changing failed 'changes while it is read'
kill "$writer"
wait "$writer" 2>/dev/null
check changing-is-there [ -e "$f" ]
is changing-keeps-nothing "$(find "$vault" -name '.moving-*')" ''
rm "$f"

# ---- Large, sparse, too large ----

truncate -s 600M "$f"
printf head | dd of="$f" conv=notrunc status=none
printf tail | dd of="$f" conv=notrunc bs=1 seek=610000000 status=none
delete "$f"
outcome large 'done'
id=$(of .after.id)
check large-stays-sparse [ "$(stat -c %b "$vault/$id/content")" -lt 1000 ]
restore "$id"
outcome large-restored 'done'
is large-size "$(stat -c %s "$f")" 629145600
is large-tail "$(dd if="$f" bs=1 skip=610000000 count=4 status=none)" tail
check large-restored-sparse [ "$(stat -c %b "$f")" -lt 1000 ]
rm "$f"
truncate -s 1T "$f"
act -n delete "$(path_of "$f")"
outcome beyond-all-bounds failed 'too large'
rm "$f"

# The agent is killed while it copies.
truncate -s 600M "$f"
background "$act" -s "$T/state" -y delete "$(path_of "$f")" >/dev/null
being_made() { [ -n "$(find "$vault" -name reserve)" ]; }
wait_for 20 being_made
end_tree "$pid"
check killed-while-copying [ -e "$f" ]
check killed-while-copying-half being_made
rm "$f"
evil
delete "$f"
outcome after-that 'done'
check after-that-nothing-half fails being_made

# The vault is full, or its disk: no copy, no delete.
head -c 3000000 /dev/urandom >"$f"
printf 'vault_max_mb = 2\n' >"$T/conf"
n=$(entries)
act -c "$T/conf" -y delete "$(path_of "$f")"
outcome vault-full failed 'vault is full'
check vault-full-keeps-it [ -s "$f" ]
mkdir "$T/small"
mount -t tmpfs -o size=2m none "$T/small"
run "$act" -s "$T/small" -y delete "$(path_of "$f")"
outcome disk-full failed 'disk is full'
check disk-full-keeps-it [ -s "$f" ]
is disk-full-no-entry "$(find "$T/small/vault" -mindepth 1 -maxdepth 1 -type d | wc -l)" 0
is vault-full-no-entry "$(entries)" "$n"
# One that was interrupted is no entry, and goes.
mkdir "$vault/20200101-000000-abcdef"
echo half >"$vault/20200101-000000-abcdef/content"
truncate -s 1G "$vault/20200101-000000-abcdef/reserve"
delete "$f"
outcome after-an-interrupted-one 'done'
check interrupted-one-is-gone [ ! -e "$vault/20200101-000000-abcdef" ]
chmod 755 "$vault"
evil
delete "$f"
outcome vault-open-to-others failed 'got at by others'
check vault-open-to-others-keeps-it [ -e "$f" ]
