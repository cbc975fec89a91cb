#!/bin/bash
# Packages of rpm: databases made here, and rpm's own where the program is at hand.
. "$(dirname "$0")/../lib.sh"
need python3
python3 -c 'import sqlite3' 2>/dev/null || all_skipped "needs python3 with sqlite3"

rows() {
	local sql=$1
	shift
	run "$AGENTD" query -o tsv "$@" "$sql"
	out=$(tail -n +2 <<<"$out")
}

root=$T/root
mkdir -p "$root/var/lib/rpm"
db=$root/var/lib/rpm/rpmdb.sqlite
cat >"$T/make.py" <<'PY'
import sqlite3, struct, sys
NULL, CHAR, INT8, INT16, INT32, INT64, STRING, BIN, STRINGS, I18N = range(10)
WIDTH = {INT8: "B", INT16: "H", INT32: "I", INT64: "Q"}
def header(tags):
    index, data = b"", b""
    for tag, type, value in tags:
        if type in WIDTH:
            value = value if isinstance(value, list) else [value]
            size = struct.calcsize(WIDTH[type])
            data += b"\0" * (-len(data) % size)
            raw, count = b"".join(struct.pack(">" + WIDTH[type], v) for v in value), len(value)
        elif type == STRING:
            raw, count = value.encode() + b"\0", 1
        else:
            value = value if isinstance(value, list) else [value]
            raw, count = b"".join(v.encode() + b"\0" for v in value), len(value)
        index += struct.pack(">IIII", tag, type, len(data), count)
        data += raw
    return struct.pack(">II", len(tags), len(data)) + index + data
def package(name, *more):
    return header([(1000, STRING, name), (1001, STRING, "1.0"), (1002, STRING, "2.el9"), *more])
packages = {
    "bash": package("bash", (1003, INT32, 3), (1008, INT32, 1700000000), (1009, INT32, 4000), (1011, STRING, "Vendor"),
        (1016, I18N, ["Unspecified", "Anders"]), (1022, STRING, "x86_64"), (1044, STRING, "bash-1.0-2.el9.src.rpm"),
        (269, STRING, "da39a3ee"), (1116, INT32, [0, 1, 9]), (1117, STRINGS, ["bash", "bashrc", "lost"]),
        (1118, STRINGS, ["/usr/bin/", "/etc/"]), (1039, STRINGS, ["root", "adm", "x"]), (1040, STRINGS, ["root", "wheel", "x"]),
        (1030, INT16, [0o104755, 0o100644, 0o40700]), (1028, INT32, [10, 20, 30]), (1035, STRINGS, ["aa", "bb", ""]), (5011, INT32, 8)),
    "big": package("big", (5009, INT64, 5 << 32), (1116, INT32, [0]), (1117, STRINGS, ["file"]), (1118, STRINGS, ["/"]),
        (5008, INT64, [6 << 32]), (1035, STRINGS, ["cc"])),
    "empty": package("empty"),
    # Offsets, counts and lengths that lead out of it.
    "broken": b"\xff\xff\xff\xff\xff\xff\xff\xff" + b"x" * 100,
    "short": b"\0\0",
    "none": b"",
    "odd": struct.pack(">IIIIIIIIIIII", 2, 4, 1000, STRING, 0, 1, 1117, STRINGS, 2, 0xffffffff, 0, 0)[:8 + 32] + b"o\0ab",
}
db = sqlite3.connect(sys.argv[1])
db.executescript("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);"
    "CREATE TABLE Name (key TEXT NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL);"
    "CREATE TABLE Basenames (key TEXT NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL);")
for name, blob in packages.items():
    hnum = db.execute("INSERT INTO Packages(blob) VALUES (?)", (blob,)).lastrowid
    db.execute("INSERT INTO Name VALUES (?, ?, 0)", (name, hnum))
    for base in {"bash": ["bash", "bashrc", "lost"], "big": ["file"]}.get(name, []):
        db.execute("INSERT INTO Basenames VALUES (?, ?, 0)", (base, hnum))
db.commit()
PY
python3 "$T/make.py" "$db"

rows "select name, version, release, source, size, sha1, arch, epoch, install_time, vendor, package_group from rpm_packages" --root "$root"
is rpm_packages "$out" "$(printf '%s\n' \
	'bash	1.0	2.el9	bash-1.0-2.el9.src.rpm	4000	da39a3ee	x86_64	3	1700000000	Vendor	Unspecified' \
	'big	1.0	2.el9		21474836480						' \
	'empty	1.0	2.el9								' \
	'o										')"
has rpm_packages_broken "$err" 'packages whose header is broken: 3'
rows "select version from rpm_packages where name = 'bash'" --root "$root"
is rpm_packages_by_name "$out$err" "1.0"
rows "select * from rpm_package_files" --root "$root"
is rpm_package_files "$out" "$(printf '%s\n' \
	'bash	/usr/bin/bash	root	root	4755	10	aa' \
	'bash	/etc/bashrc	adm	wheel	0644	20	bb' \
	'bash	lost	x	x	0700	30	' \
	'big	/file				25769803776	')"
rows "select package from rpm_package_files where path = '/etc/bashrc'" --root "$root"
is rpm_package_files_by_path "$out$err" bash
rows "select count(*) from rpm_packages p join rpm_package_files f on f.package = p.name" --root "$root"
is rpm_package_files_joined "$out" 4

# ---- Somebody else's database ----

cp "$db" "$T/good"
python3 - "$db" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.executescript("DROP TABLE Name; DROP TABLE Packages; CREATE VIEW Packages AS "
    "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT n AS hnum, zeroblob(1000000) AS blob FROM x;")
PY
rows "select count(*) from rpm_packages" --root "$root"
is rpm_view "$out" 0
has rpm_view_says "$err" 'rpm_packages: the database cannot be read'
head -c 20000 "$T/good" >"$db"
rows "select count(*) from rpm_packages" --root "$root"
is rpm_cut "$status" 0
head -c 60000 /dev/urandom >"$db"
rows "select count(*) from rpm_packages, rpm_package_files" --root "$root"
is rpm_noise "$status $out" "0 0"
has rpm_noise_says "$err" 'rpm_packages: the database cannot be read'
rm "$db"
mkfifo "$db"
rows "select count(*) from rpm_packages" --root "$root"
is rpm_fifo "$status $out" "0 0"
rm "$db"
rows "select count(*) from rpm_packages" --root "$root"
is rpm_none "$out$err" 0
echo x >"$root/var/lib/rpm/Packages"
rows "select count(*) from rpm_packages" --root "$root"
is rpm_berkeley "$out" 0
has rpm_berkeley_says "$err" 'Berkeley DB'

# ---- rpm's own ----

if ! command -v rpmbuild >/dev/null; then
	skip rpm_itself "needs rpmbuild"
	exit
fi
mkdir -p "$T/build" "$T/real"
cat >"$T/demo.spec" <<'TXT'
Name: demo
Epoch: 4
Version: 1.2
Release: 3
Summary: demo
License: none
Group: Things
Vendor: Somebody
BuildArch: noarch
%description
demo
%install
mkdir -p %{buildroot}/opt/demo/more
echo hello >%{buildroot}/opt/demo/more/file
%files
%attr(0640, daemon, adm) /opt/demo/more/file
TXT
R=(rpm --define "_dbpath /var/lib/rpm" --define '_db_backend sqlite' --root "$T/real")
if ! rpmbuild -bb --define "_topdir $T/build" "$T/demo.spec" >"$T/log" 2>&1 || ! "${R[@]}" --initdb >>"$T/log" 2>&1 ||
	! "${R[@]}" -i --nodeps --noscripts --force-debian "$T"/build/RPMS/noarch/demo-*.rpm >>"$T/log" 2>&1; then
	skip rpm_itself "$(tail -n 3 "$T/log")"
	exit
fi
want=$("${R[@]}" -qa --qf '%{NAME}\t%{VERSION}\t%{RELEASE}\t%{SOURCERPM}\t%{SIZE}\t%{SHA1HEADER}\t%{ARCH}\t%{EPOCH}\t%{INSTALLTIME}\t%{VENDOR}\t%{GROUP}\n')
rows "select name, version, release, source, size, sha1, arch, epoch, install_time, vendor, package_group from rpm_packages" --root "$T/real"
is rpm_itself_packages "$out" "$want"
want=$("${R[@]}" -qa --qf '[%{=NAME}\t%{FILENAMES}\t%{FILEUSERNAME}\t%{FILEGROUPNAME}\t%{FILESIZES}\t%{FILEDIGESTS}\n]')
rows "select package, path, username, groupname, size, sha256 from rpm_package_files" --root "$T/real"
is rpm_itself_files "$out" "$want"
