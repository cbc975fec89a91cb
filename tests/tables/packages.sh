#!/bin/bash
# Packages and where they come from: dpkg and apt against their own tools and in a fixture root,
# yum's repositories.
. "$(dirname "$0")/../lib.sh"
need python3

rows() {
	local sql=$1
	shift
	run "$AGENTD" query -o tsv "$@" "$sql"
	out=$(tail -n +2 <<<"$out")
}

# ---- dpkg: this machine's ----

if command -v dpkg-query >/dev/null; then
	# shellcheck disable=SC2016 # dpkg's own format
	want=$(dpkg-query -W -f '${Package}\t${Version}\t${Architecture}\t${Status}\t${Installed-Size}\t${Section}\t${Priority}\n' | sort)
	rows "select name, version, arch, status, size, section, priority from deb_packages"
	is deb_packages_of_this_machine "$(sort <<<"$out" | cksum)" "$(cksum <<<"$want")"
	for p in libc6 bash; do
		rows "select path from deb_package_files where package = '$p'"
		is "deb_package_files_$p" "$(sort <<<"$out" | cksum)" "$(dpkg-query -L "$p" | grep -v '^package diverts' | sort | cksum)"
	done
	rows "select package from deb_package_files where path = '/usr/bin/dpkg'"
	is deb_package_files_by_path "$out" dpkg
	rows "select count(*) from deb_packages p join deb_package_files f on f.package = p.name where p.name in ('bash', 'libc6')"
	is deb_package_files_joined "$out" "$(($(dpkg-query -L bash | wc -l) + $(dpkg-query -L libc6 | grep -vc '^package diverts')))"
else
	skip deb_packages_of_this_machine "no dpkg-query"
fi

# ---- dpkg: a fixture ----

root=$T/root
mkdir -p "$root/var/lib/dpkg/info" "$root/other/info"
cat >"$root/var/lib/dpkg/status" <<'TXT'
Package: one
Status: install ok installed
Priority: optional
Section: admin
Installed-Size: 42
Maintainer: Somebody <somebody@example.com>
Architecture: amd64
Source: uno (1.2-3)
Version: 2:1.2-3+b1
Conffiles:
 /etc/one 00000000000000000000000000000000
Description: a package
 Package: not one
 .
 more

Package: gone
Status: deinstall ok not-installed


package: TWO
Version:7
Status: deinstall ok config-files
Section
TXT
printf 'Package: cut\nVersion: 1' >>"$root/var/lib/dpkg/status"
cp "$root/var/lib/dpkg/status" "$root/other/status"
printf '/.\n/etc/one\n' >"$root/var/lib/dpkg/info/one:amd64.list"
printf '/.\n/etc/one-more' >"$root/var/lib/dpkg/info/one-more.list"
mkfifo "$root/var/lib/dpkg/info/fifo.list"
ln -s /etc/passwd "$root/var/lib/dpkg/info/link.list"
rows "select name, version, source, size, arch, revision, status, maintainer, admindir from deb_packages" --root "$root"
is deb_packages_fixture "$out" "$(printf '%s\n' \
	'one	2:1.2-3+b1	uno (1.2-3)	42	amd64	3+b1	install ok installed	Somebody <somebody@example.com>	/var/lib/dpkg' \
	'TWO	7					deinstall ok config-files		/var/lib/dpkg')"
rows "select count(*) from deb_packages where admindir = '/other'" --root "$root"
is deb_packages_admindir "$out" 2
rows "select package, path from deb_package_files order by 1, 2" --root "$root"
is deb_package_files_fixture "$out" "$(printf 'one\t/.\none\t/etc/one\none-more\t/.\none-more\t/etc/one-more')"
rows "select count(*) from deb_package_files where package = 'one'" --root "$root"
is deb_package_files_one "$out" 2
rows "select count(*) from deb_package_files where package in ('../info/one', 'on', '')" --root "$root"
is deb_package_files_odd_names "$out" 0
{
	printf 'Package: big\nDescription: '
	head -c 3000000 /dev/zero | tr '\0' x
	printf '\nVersion: 3\n\n\0\0\0\n'
	head -c 100000 /dev/urandom
} >"$root/var/lib/dpkg/status"
rows "select version from deb_packages where name = 'big'" --root "$root"
is deb_packages_hostile "$status $out" "0 3"
has deb_packages_hostile_says "$err" 'lines longer than 64 KiB'
rows "select * from deb_packages, deb_package_files" --root /var/empty-is-not-there
rm -r "$root"
mkdir "$root"
rows "select (select count(*) from deb_packages), (select count(*) from deb_package_files), (select count(*) from apt_sources), (select count(*) from yum_sources)" --root "$root"
is packages_none "$out$err" "0	0	0	0"

# ---- apt ----

mkdir -p "$root/etc/apt/sources.list.d" "$root/var/lib/apt/lists"
cat >"$root/etc/apt/sources.list" <<'TXT'
# deb http://no.example.com/ x main
deb [ arch=amd64 signed-by=/x ] http://deb.example.com/debian/ bookworm main contrib # note
deb-src http://deb.example.com/debian bookworm main
deb http://user:word@flat.example.com/some_repo ./
deb cdrom:[Debian 12 _x_]/ bookworm main
deb nonsense
TXT
cat >"$root/etc/apt/sources.list.d/a.sources" <<'TXT'
Types: deb deb-src
URIs: https://a.example.com/x
 https://b.example.com/y/
Suites: one
# a comment
 two/updates
Components: main

Enabled: no
Types: deb
URIs: https://off.example.com
Suites: off

Types: deb-src
URIs: https://src.example.com
Suites: src
TXT
cp "$root/etc/apt/sources.list" "$root/etc/apt/sources.list.d/saved.list.save"
mkfifo "$root/etc/apt/sources.list.d/fifo.list"
printf '%s\n' '-----BEGIN PGP SIGNED MESSAGE-----' 'Hash: SHA256' '' 'Origin: Example' 'Codename: bookworm' 'Version: 12.1' \
	'Components: main contrib' 'Architectures: all amd64' 'SHA256:' ' 00 1 main/Packages' 'Version: 99' \
	>"$root/var/lib/apt/lists/deb.example.com_debian_dists_bookworm_InRelease"
printf 'Codename: flat\n' >"$root/var/lib/apt/lists/flat.example.com_some%5frepo_._Release"
rows "select name, source, base_uri, release, version, maintainer, components, architectures from apt_sources order by name" --root "$root"
is apt_sources "$(cut -f1,3- <<<"$out")" "$(printf '%s\n' \
	'[Debian 12 _x_] bookworm	cdrom:[Debian 12 _x_]					' \
	'a.example.com/x one	https://a.example.com/x					' \
	'a.example.com/x two/updates	https://a.example.com/x					' \
	'b.example.com/y one	https://b.example.com/y					' \
	'b.example.com/y two/updates	https://b.example.com/y					' \
	'deb.example.com/debian bookworm	http://deb.example.com/debian	bookworm	12.1	Example	main contrib	all amd64' \
	'flat.example.com/some_repo ./	http://user:word@flat.example.com/some_repo	flat				')"
is apt_sources_files "$(cut -f2 <<<"$out" | sort | uniq -c | awk '{print $1, $2}')" "$(printf '3 /etc/apt/sources.list\n4 /etc/apt/sources.list.d/a.sources')"

# ---- yum ----

mkdir -p "$root/etc/yum.repos.d" "$root/etc/elsewhere"
cat >"$root/etc/yum.conf" <<'TXT'
[main]
gpgcheck=1
name = not a repository
[inside]
name=In the main file
TXT
cat >"$root/etc/yum.repos.d/a.repo" <<'TXT'
# comment
stray = line
[base]
name=Base - $releasever
baseurl=http://one.example.com/
   http://two.example.com/
; another comment
enabled=1
gpgcheck = 0
gpgkey=file:///etc/pki/key

[meta]
metalink=https://m.example.com/?a=b&c=d
mirrorlist=https://l.example.com/
TXT
echo '[x]' >"$root/etc/yum.repos.d/a.repo.rpmsave"
echo '[elsewhere]' >"$root/etc/elsewhere/b.repo"
rows "select name, source, baseurl, mirrorlist, metalink, enabled, gpgcheck, gpgkey from yum_sources order by name" --root "$root"
# shellcheck disable=SC2016 # yum's own variables
is yum_sources "$out" "$(printf '%s\n' \
	'	/etc/yum.repos.d/a.repo		https://l.example.com/	https://m.example.com/?a=b&c=d			' \
	'Base - $releasever	/etc/yum.repos.d/a.repo	http://one.example.com/ http://two.example.com/			1	0	file:///etc/pki/key' \
	'In the main file	/etc/yum.conf						')"
echo 'reposdir=/etc/elsewhere' >>"$root/etc/yum.conf"
rows "select count(*) from yum_sources" --root "$root"
is yum_sources_reposdir_in_a_repo "$out" 3
sed -i 's/^gpgcheck=1/reposdir = \/etc\/elsewhere/' "$root/etc/yum.conf"
rows "select source from yum_sources order by 1" --root "$root"
is yum_sources_reposdir "$out" "$(printf '/etc/elsewhere/b.repo\n/etc/yum.conf')"

# ---- npm ----

site=$root/srv/site
mkdir -p "$site/node_modules/a/node_modules/b/node_modules/c" "$site/node_modules/@scope/d" "$site/node_modules/.bin" "$site/node_modules/no"
echo '{"name":"a","version":"1","description":"d","author":{"name":"A"},"license":"MIT","homepage":"http://a"}' >"$site/node_modules/a/package.json"
printf '\xef\xbb\xbf{"name":"b","version":2,"author":"B","license":{"url":"http://l"},"name":"b2"}' >"$site/node_modules/a/node_modules/b/package.json"
echo 'not json' >"$site/node_modules/a/node_modules/b/node_modules/c/package.json"
echo '{"name":"@scope/d","author":[[[1]]]}' >"$site/node_modules/@scope/d/package.json"
ln -s ../.. "$site/node_modules/loop"
echo '{"name":"site"}' >"$site/package.json"
mkfifo "$site/node_modules/no/package.json"
rows "select name, version, description, author, license, homepage, substr(path, 11), depth from npm_packages
	where directory = '/srv/site' order by path" --root "$root"
is npm_packages "$out" "$(printf '%s\n' \
	'@scope/d						node_modules/@scope/d/package.json	0' \
	'a	1	d	A	MIT	http://a	node_modules/a/package.json	0' \
	'b2	2		B	http://l		node_modules/a/node_modules/b/package.json	1' \
	'						node_modules/a/node_modules/b/node_modules/c/package.json	2' \
	'						node_modules/no/package.json	0' | sort -t"$(printf '\t')" -k7,7)"
has npm_packages_says "$err" 'npm_packages: facts of 1 file'
rows "select count(*) from npm_packages where directory = '/srv/site' and max_depth = 0" --root "$root"
is npm_packages_depth "$out" 3
rows "select count(*) from npm_packages" --root "$root"
is npm_packages_elsewhere "$out" 0
