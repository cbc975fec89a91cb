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
is rpm_unknown "$out" 0
has rpm_unknown_says "$err" 'it is of no known format'
rm "$root/var/lib/rpm/Packages"

# ---- The other formats: the same packages and more, in files written here and by perl's Berkeley DB ----

mkdir "$T/headers"
cat >>"$T/make.py" <<'PY'
packages["long"] = package("long", (1116, INT32, [0] * 9000), (1117, STRINGS, [f"file{i}" for i in range(9000)]), (1118, STRINGS, ["/long/"]))
hnum = db.execute("INSERT INTO Packages(blob) VALUES (?)", (packages["long"],)).lastrowid
db.execute("INSERT INTO Name VALUES ('long', ?, 0)", (hnum,))
db.commit()
for i, (name, blob) in enumerate(packages.items()):
    if blob:
        open(f"{sys.argv[2]}/{i + 1}", "wb").write(blob)
blobs = [b for b in packages.values() if b]
def ndb(pages=1):
    slots, data, at = b"", b"", pages * 256
    for i, b in enumerate(blobs):
        n = (16 + len(b) + 12 + 15) // 16
        slots += b"Slot" + struct.pack("<III", i + 1, at, n)
        data += (b"BlbS" + struct.pack("<III", i + 1, 1, len(b)) + b).ljust(n * 16, b"\0")
        at += n
    slots += b"Slot" + bytes(12)
    head = b"RpmP" + struct.pack("<IIIIIII", 0, 1, pages, len(blobs) + 1, 0, 0, 0)
    rest = pages * 4096 - 32 - len(slots)
    return head + slots + (b"Slot" + bytes(12)) * (rest // 16) + data
open(sys.argv[2] + "/ndb", "wb").write(ndb())
PY
rm -f "$T/other"
python3 "$T/make.py" "$T/other" "$T/headers"
facts='select name, version, release, source, size, sha1, arch, epoch, install_time, vendor, package_group from rpm_packages order by name'
cp "$T/other" "$db"
rows "$facts" --root "$root"
want=$out
rows "select count(*), group_concat(distinct package) from rpm_package_files" --root "$root"
want_files=$out
rm "$db"
# old NAME FILE: what is read from that file.
old() {
	rows "$facts" --root "$root"
	is "$1_packages" "$out" "$want"
	has "$1_broken" "$err" 'packages whose header is broken: 2'
	rows "select version from rpm_packages where name = 'big'" --root "$root"
	is "$1_by_name" "$out" 1.0
	rows "select count(*), group_concat(distinct package) from rpm_package_files" --root "$root"
	is "$1_files" "$(tr ',' '\n' <<<"${out#*	}" | sort | paste -sd,) ${out%	*}" "$(tr ',' '\n' <<<"${want_files#*	}" | sort | paste -sd,) ${want_files%	*}"
	rows "select package from rpm_package_files where path = '/etc/bashrc'" --root "$root"
	is "$1_by_path" "$out" bash
}
cp "$T/headers/ndb" "$root/var/lib/rpm/Packages.db"
old ndb
cut_short() { # NAME FILE: cut anywhere, and with any byte changed, it ends well
	python3 - "$2" "$AGENTD" "$root" <<'PY' >"$T/cut" 2>&1
import random, subprocess, sys
path, agent, root = sys.argv[1:]
whole = open(path, "rb").read()
r = random.Random(1)
for i in range(30):
    if i % 2:
        data = whole[:r.randrange(len(whole))]
    else:
        data = bytearray(whole)
        for _ in range(r.choice([1, 20, 2000])):
            data[r.randrange(min(len(data), r.choice([64, 4096, len(data)])))] = r.choice([0, 1, 0xff, r.randrange(256)])
    open(path, "wb").write(data)
    subprocess.run([agent, "query", "--root", root, "select count(*) from rpm_packages, (select count(*) from rpm_package_files)"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
print("good")
PY
	is "$1_cut_anywhere" "$(cat "$T/cut")" good
}
cut_short ndb "$root/var/lib/rpm/Packages.db"
rm "$root/var/lib/rpm/Packages.db"
if perl -MDB_File -e 1 2>/dev/null; then
	cat >"$T/bdb.pl" <<'PL'
use DB_File;
my ($file, $dir, $order, $page) = @ARGV;
my $h = new DB_File::HASHINFO;
$h->{lorder} = $order;
$h->{bsize} = $page;
tie my %db, "DB_File", $file, O_CREAT | O_RDWR, 0600, $h or die "$!";
my $template = $order == 4321 ? "N" : "V";
$db{pack $template, 0} = pack $template, 99;
for my $n (glob "$dir/[0-9]*") {
	open my $f, "<:raw", $n or die;
	local $/;
	$db{pack $template, $n =~ s{.*/}{}r} = <$f>;
}
PL
	for how in "1234 4096" "4321 512" "1234 65536"; do
		# shellcheck disable=SC2086 # two words
		perl "$T/bdb.pl" "$root/var/lib/rpm/Packages" "$T/headers" $how
		old "bdb_${how/ /_}"
		[ "$how" != "4321 512" ] || cut_short bdb "$root/var/lib/rpm/Packages"
		rm "$root/var/lib/rpm/Packages"
	done
else
	skip bdb "needs perl with DB_File"
fi

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
