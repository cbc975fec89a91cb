#!/bin/bash
# The tables `users` and `groups`: against getent, and over files that somebody has tampered with.
. "$(dirname "$0")/../lib.sh"
need getent python3

# rows SQL [OPTION…]: tab-separated rows without the header on $out.
rows() {
	local sql=$1
	shift
	run "$AGENTD" query -o tsv "$@" "$sql"
	out=$(tail -n +2 <<<"$out")
}

# ---- This machine ----

rows "select username || ':x:' || uid || ':' || gid || ':' || description || ':' || directory || ':' || shell from users"
is users_like_getent "$out" "$(getent -s files passwd | sed 's/^\([^:]*\):[^:]*:/\1:x:/')"
rows "select groupname || ':' || gid from groups"
is groups_like_getent "$out" "$(getent -s files group | cut -d: -f1,3)"
rows "select username from users where uid = 0"
is users_by_uid "$out" "$(awk -F: '$3 == 0 {print $1}' /etc/passwd)"
rows "select uid from users where username = 'root'"
is users_by_name "$out" 0
rows "select groupname from groups where gid = 0"
is groups_by_gid "$out" "$(awk -F: '$3 == 0 {print $1}' /etc/group)"
rows "select u.username from (select 0 as uid union select 999999) x join users u using (uid)"
is users_join "$out" "$(awk -F: '$3 == 0 {print $1}' /etc/passwd)"
rows "select username, include_remote, pid_with_namespace, uuid = '' from users where uid = 0 and include_remote = 1"
is users_remote "$out" "$(printf 'root\t1\t0\t1')"
rows "select username from users where include_remote = 1"
is users_remote_all "$(sort <<<"$out")" "$(getent passwd | cut -d: -f1 | sort)"
rows "select username from users where include_remote = 1 and username = 'root'"
is users_remote_by_name "$out" root
rows "select username from users where include_remote = 1 and username = 'no such user'"
is users_remote_nobody "$status: $out$err" "0: "
rows "select count(*) from users where include_remote = 0"
is users_local "$out" "$(getent -s files passwd | wc -l)"

# ---- A root with odd files ----

root=$T/root
mkdir -p "$root/etc"
python3 - "$root/etc" <<'PY'
import sys
open(sys.argv[1] + "/passwd", "wb").write(
    b"root:x:0:0:root:/root:/bin/bash\n"
    b"\n# comment:x:1:1:::\n"
    b"  spaced:x: 0:+7::/:/bin/sh\n"
    b"max:x:4294967295:4294967294:::\n"
    b"toobig:x:4294967296:0:::\n"
    b"short:x:5\n"
    b"nothing\n"
    b"bare:x:6:7\n"
    b"+@admins::::::\n"
    b"in\xffvalid:x:8:8:\xe6\x97\xa5:/d:/s:with:colons\n"
    b"nul\0name:x:9:9:::\n"
    b"long" + b"x" * 70000 + b":x:10:10:::\n"
    b"last:x:11:11::/home/last:/bin/false")
open(sys.argv[1] + "/group", "wb").write(
    b"root:x:0:\nwheel:x:0:eve\n+\nbroken:x:y:\nmax:x:4294967295:a,b\nlast:x:12")
PY
run "$AGENTD" query -o json --root "$root" "select uid, gid, uid_signed, gid_signed, username, description, directory, shell from users"
python3 - >"$T/got" <<PY
import json, sys
for r in json.loads(open("$T/.out").read()):
    print(list(r.values()))
PY
cat >"$T/want" <<'TXT'
[0, 0, 0, 0, 'root', 'root', '/root', '/bin/bash']
[0, 7, 0, 7, 'spaced', '', '/', '/bin/sh']
[4294967295, 4294967294, -1, -2, 'max', '', '', '']
[6, 7, 6, 7, 'bare', '', '', '']
[None, None, None, None, '+@admins', '', '', '']
[8, 8, 8, 8, {'b64': 'aW7/dmFsaWQ='}, '日', '/d', '/s:with:colons']
[9, 9, 9, 9, 'nul\x00name', '', '', '']
[11, 11, 11, 11, 'last', '', '/home/last', '/bin/false']
TXT
check users_odd_lines diff "$T/want" "$T/got"
has users_odd_lines_say "$err" 'users: /etc/passwd: lines that are no entries: 3$'
has users_long_line_says "$err" 'users: /etc/passwd: lines longer than 64 KiB: 1$'
rows "select gid, gid_signed, groupname from groups" --root "$root"
is groups_odd_lines "$out" "$(printf '0\t0\troot\n0\t0\twheel\n\t\t+\n4294967295\t-1\tmax\n12\t12\tlast')"
has groups_odd_lines_say "$err" 'groups: /etc/group: lines that are no entries: 1$'
rows "select count(*) from users where include_remote = 1" --root "$root"
has users_remote_of_a_root "$err" 'include_remote: only /etc/passwd is at hand here'

rm "$root/etc/passwd" "$root/etc/group"
mkfifo "$root/etc/passwd"
ln -s /etc/passwd "$root/etc/group"
rows "select * from users" --root "$root"
is users_fifo "$status: $out" "0: "
has users_fifo_says "$err" 'users: /etc/passwd: not a regular file'
rows "select * from groups" --root "$root"
has groups_link_stays_inside "$err" 'groups: /etc/group: not a regular file'
rm "$root/etc/passwd" "$root/etc/group"
rows "select * from users" --root "$root"
has users_none_says "$err" 'users: /etc/passwd: No such file or directory'

# Any number of them, one after the other.
awk 'BEGIN {for (i = 0; i < 300000; i++) print "user" i ":x:" i ":" i ":::/bin/sh"}' >"$root/etc/passwd"
rows "select count(*), max(uid) from users" --root "$root"
is users_many "$out" "$(printf '300000\t299999')"
run "$AGENTD" query -o tsv --root "$root" "select uid from users limit 1"
is users_first_of_many "$out" "$(printf 'uid\n0')"

# ---- Tables of what is in homes: each is looked at once, and only those that are asked for ----

if command -v strace >/dev/null && strace -o "$T/trace" true 2>/dev/null && [ "${SAN:-0}" = 0 ]; then
	printf '%s\n' 'a:x:1001:1::/home/aa:/bin/sh' 'b:x:1002:1::/home/bb:/bin/sh' 'c:x:1003:1::/home/cc:/bin/sh' >"$root/etc/passwd"
	mkdir -p "$root"/home/{aa,bb,cc}
	# opened SQL: how often the files below each home were opened at most, home by home
	opened() {
		strace -f -o "$T/trace" "$AGENTD" query -o tsv --root "$root" "$1" >/dev/null 2>&1
		grep -oE '"[^"]*home/(aa|bb|cc)/[^"]*"' "$T/trace" | sort | uniq -c |
			sed -E 's|^ *([0-9]+) .*home/(..)/.*|\2 \1|' | sort -u | xargs
	}
	for t in authorized_keys known_hosts ssh_configs user_ssh_keys shell_history firefox_addons vscode_extensions chrome_extensions \
		chrome_extension_content_scripts opera_extensions python_packages; do
		is "${t}_of_one_home" "$(opened "select count(*) from users cross join $t using (uid) where uid = 1002")" "bb 1"
		is "${t}_joined" "$(opened "select count(*) from users cross join $t using (uid)")" "aa 1 bb 1 cc 1"
	done
else
	skip homes "needs strace, and no sanitizer"
fi
