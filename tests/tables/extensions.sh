#!/bin/bash
# What users install for themselves: Python packages, extensions of browsers and editors.
. "$(dirname "$0")/../lib.sh"
need python3

rows() {
	local sql=$1
	shift
	run "$AGENTD" query -o tsv "$@" "$sql"
	out=$(tail -n +2 <<<"$out")
}

root=$T/root
home="$root/home/al[i]ce"
mkdir -p "$root/etc" "$home" "$root/home/bob"
printf '%s\n' 'root:x:0:0::/root:/bin/sh' 'alice:x:1000:1000::/home/al[i]ce:/bin/sh' 'bob:x:1001:1001::/home/bob/:/bin/sh' 'odd:x:1002:1002::nowhere:/bin/sh' >"$root/etc/passwd"

# ---- Python ----

python3 - >"$T/want" <<'PY'
import glob, importlib.metadata as m
for site in glob.glob("/usr/lib/python3/dist-packages") + glob.glob("/usr/local/lib/python3*/*-packages"):
    for d in m.distributions(path=[site]):
        if str(d._path).endswith("-info"):
            print(d.metadata["Name"], d.version, d._path, sep="\t")
PY
rows "select name, version, path from python_packages where directory like '/usr/lib/python3/%' or directory like '/usr/local/lib/python3%'"
is python_packages_of_this_machine "$(sort <<<"$out" | cksum)" "$(sort "$T/want" | cksum)"

site=$root/usr/lib/python3/dist-packages
mkdir -p "$site/a-1.dist-info" "$site/b-2.egg-info" "$site/plain" "$site/none-1.dist-info" "$home/.local/lib/python3.9/site-packages/mine-3.dist-info" \
	"$home/.virtualenvs/e/lib/python3.9/site-packages/venv-1.dist-info"
printf 'Metadata-Version: 2.1\nName: a\nVersion: 1\nSummary: first\nAuthor: A. N. Other: esq\nLicense: MIT\n  more of it\n\nName: body\n' >"$site/a-1.dist-info/METADATA"
printf 'Name: b\nVersion: 2\n' >"$site/b-2.egg-info/PKG-INFO"
printf 'Name: c\nVersion: 3' >"$site/c-3.egg-info"
printf 'Name: mine\nVersion: 3\n' >"$home/.local/lib/python3.9/site-packages/mine-3.dist-info/METADATA"
mkfifo "$site/none-1.dist-info/METADATA"
head -c 200000 /dev/zero >"$home/.virtualenvs/e/lib/python3.9/site-packages/venv-1.dist-info/METADATA"
rows "select name, uid, version, summary, author, license, directory from python_packages order by path" --root "$root"
is python_packages "$out" "$(printf '%s\n' \
	'mine	1000	3				/home/al[i]ce/.local/lib/python3.9/site-packages' \
	'	1000					/home/al[i]ce/.virtualenvs/e/lib/python3.9/site-packages' \
	'a	0	1	first	A. N. Other: esq	MIT more of it	/usr/lib/python3/dist-packages' \
	'b	0	2				/usr/lib/python3/dist-packages' \
	'c	0	3				/usr/lib/python3/dist-packages' \
	'	0					/usr/lib/python3/dist-packages')"
rows "select count(*) from python_packages where uid = 1000" --root "$root"
is python_packages_by_uid "$out" 2
rows "select name from python_packages where directory = '/usr/lib/python3/dist-packages' order by 1" --root "$root"
is python_packages_by_directory "$out" "$(printf '\na\nb\nc')"

# ---- Editors ----

mkdir -p "$home/.vscode/extensions" "$root/home/bob/.cursor/extensions"
cat >"$home/.vscode/extensions/extensions.json" <<'JSON'
[{"identifier":{"id":"pub.ext","uuid":"u"},"version":"1.2","location":{"path":"/p"},
  "metadata":{"id":"m-1","publisherDisplayName":"Pub","publisherId":"p-1","installedTimestamp":1700000000000,"isPreReleaseVersion":true}},
 {"identifier":[1]}, 5]
JSON
echo '[{"identifier":{"id":"b.c"}}]' >"$root/home/bob/.cursor/extensions/extensions.json"
rows "select * from vscode_extensions" --root "$root"
is vscode_extensions "$out" "$(printf '%s\n' \
	'pub.ext	m-1	1.2	/p	Pub	p-1	1700000000000	1	1000	vscode' 'b.c								1001	cursor')"
rows "select name from users join vscode_extensions using (uid) where username = 'bob'" --root "$root"
is vscode_extensions_joined "$out" b.c

# ---- Firefox ----

mkdir -p "$home/.mozilla/firefox/x.default" "$root/home/bob/snap/firefox/common/.mozilla/firefox/y"
cat >"$home/.mozilla/firefox/x.default/extensions.json" <<'JSON'
{"addons":[{"id":"a@b","defaultLocale":{"name":"Addon","creator":"C","description":"D"},"type":"extension","version":"1","sourceURI":"https://s",
  "visible":true,"active":true,"applyBackgroundUpdates":1,"location":"app-profile","path":"/x.xpi"}, {"id":"off","userDisabled":true,"sourceURI":null}, 7]}
JSON
python3 -c 'print("[" * 100000)' >"$root/home/bob/snap/firefox/common/.mozilla/firefox/y/extensions.json"
rows "select * from firefox_addons" --root "$root"
is firefox_addons "$out" "$(printf '%s\n' '1000	Addon	a@b	C	extension	1	D	https://s	1	1	0	1	app-profile	/x.xpi' '1000		off								1			')"
has firefox_addons_hostile "$err" 'firefox_addons: add-ons of 1 file'

# ---- Chromium and its kin ----

profile="$home/.config/google-chrome/Default"
mkdir -p "$profile/Extensions/aaa/1.0_0/_locales/de" "$profile/Extensions/bbb/2_0" "$root/opt/unpacked" "$root/home/bob/.config/opera/Extensions"
cat >"$profile/Preferences" <<'JSON'
{"profile":{"name":"Person 1"},"extensions":{"settings":{"idunpacked":{"path":"/opt/unpacked","state":0,"from_webstore":false},"none":{"path":"no/1"},"odd":{"path":[1]},"odder":5}}}
JSON
cat >"$profile/Secure Preferences" <<'JSON'
{"extensions":{"settings":{"idaaa":{"path":"aaa/1.0_0","state":1,"from_webstore":true,"install_time":"13300000000000000"}}}}
JSON
cat >"$profile/Extensions/aaa/1.0_0/manifest.json" <<'JSON'
{"name":"__MSG_appName__","version":"1.0","description":"plain","default_locale":"de","author":"A","update_url":"https://u","permissions":["tabs","<all_urls>",{"x":1}],"current_locale":"de_AT",
 "optional_permissions":["history",["y"]],
 "background":{"persistent":true},"key":"AAAA","content_scripts":[{"matches":["http://*/*","https://*/*"],"js":["a.js","b.js"]},{"matches":["x"]},{"js":["y"]}]}
JSON
echo '{"APPNAME":{"message":"Der Name"}}' >"$profile/Extensions/aaa/1.0_0/_locales/de/messages.json"
echo '{"name":"lying","version":"2","content_scripts":{"a":1}}' >"$profile/Extensions/bbb/2_0/manifest.json"
echo '{"name":"unpacked","version":"3"}' >"$root/opt/unpacked/manifest.json"
echo '[[[' >"$root/home/bob/.config/opera/Preferences"
sum=$(sha256sum "$profile/Extensions/aaa/1.0_0/manifest.json" | cut -d' ' -f1)
id=$(python3 -c 'import hashlib; print("".join(chr(97 + int(c, 16)) for c in hashlib.sha256(b"\0\0\0").hexdigest()[:32]))')
rows "select browser_type, uid, name, profile, referenced_identifier, identifier, version, description, default_locale, update_url, author, persistent, permissions,
	permissions_json, manifest_hash = '$sum', referenced, from_webstore, state, install_time, install_timestamp, key from chrome_extensions order by name" --root "$root"
is chrome_extensions "$out$err" "$(printf '%s\n' \
	"chrome	1000	Der Name	Person 1	idaaa	$id	1.0	plain	de	https://u	A	1	tabs, <all_urls>	[\"tabs\",\"<all_urls>\",{\"x\":1}]	1	1	true	1	13300000000000000	1655526400	AAAA" \
	'chrome	1000	lying	Person 1			2					0		{}	0	0				0	' \
	'chrome	1000	unpacked	Person 1	idunpacked		3					0		{}	0	1	false	0		0	')tocsin-agentd: warning: chrome_extensions: preferences of 1 file: bad message"
rows "select current_locale, optional_permissions, optional_permissions_json, json_extract(manifest_json, '\$.author') from chrome_extensions where identifier = '$id'" --root "$root"
is chrome_extensions_more "$out" 'de_AT	history	["history",["y"]]	A'
rows "select path, profile_path from chrome_extensions where uid = 1000 and name = 'unpacked'" --root "$root"
is chrome_extensions_paths "$out" "/opt/unpacked	/home/al[i]ce/.config/google-chrome/Default"
rows "select identifier, version, script, match, referenced from chrome_extension_content_scripts" --root "$root"
is chrome_extension_content_scripts "$out" "$(printf 'idaaa\t1.0\t%s\t1\n' 'a.js	http://*/*' 'b.js	http://*/*' 'a.js	https://*/*' 'b.js	https://*/*')"

# ---- JetBrains ----

jb="$home/.local/share/JetBrains"
python3 - "$jb" <<'PY'
import os, sys, zipfile
def jar(path, xml, method=zipfile.ZIP_DEFLATED, comment=b""):
    path = os.path.join(sys.argv[1], path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as z:
        z.writestr("META-INF/MANIFEST.MF", "x" * 5000)
        if xml is not None: z.writestr("META-INF/plugin.xml", xml)
        z.comment = comment
jar("PyCharmCE2024.1/solo.jar", "<idea-plugin><name>Solo</name>\n<vendor url='x'\n email='y'>\n Some Body </vendor><version>1.2</version></idea-plugin>", comment=b"PK\5\6" * 30)
jar("IntelliJIdea2024.3/tool/lib/a-lib.jar", None)
jar("IntelliJIdea2024.3/tool/lib/tool.jar", "<idea-plugin><names/><name>Tool</name></idea-plugin>" + " " * 5000, zipfile.ZIP_STORED)
jar("Other/x.jar", "<name>no product</name>")
jar("CLion1/huge.jar", "<name>" + "x" * (3 << 20) + "</name>")
data = open(os.path.join(sys.argv[1], "PyCharmCE2024.1/solo.jar"), "rb").read()
for i, cut in enumerate((10, len(data) // 2)): open(os.path.join(sys.argv[1], "CLion1/cut%d.jar" % i), "wb").write(data[:cut])
PY
mkfifo "$jb/CLion1/fifo.jar"
rows "select * from jetbrains_plugins order by name" --root "$root"
is jetbrains_plugins "$out" "$(printf '%s\n' "pycharm_community_edition	1000	Solo	1.2	Some Body	/home/al[i]ce/.local/share/JetBrains/PyCharmCE2024.1/solo.jar" \
	"intellij_idea	1000	Tool			/home/al[i]ce/.local/share/JetBrains/IntelliJIdea2024.3/tool")"
has jetbrains_plugins_hostile "$err" 'jetbrains_plugins: descriptions of [12] archives?'

# ---- File systems that never answer ----

if [ "$(id -u)" = 0 ] && [ -e /dev/fuse ] && unshare -m true 2>/dev/null; then
	mkdir -p "$root/usr/local/lib"
	hung() {
		run unshare -m --propagation private tests/tools/hungfs "$root$1" timeout -k 1 10 \
			"$AGENTD" query -o tsv --root "$root" "$2"
		out=$(tail -n +2 <<<"$out")
	}
	hung /home/bob "select (select count(*) from python_packages where uid > 0), (select count(*) from firefox_addons), (select count(*) from chrome_extensions)"
	is hung_home "$status $out" "0 2	2	3"
	has hung_home_is_named "$err" 'python_packages: files of 1 home directory'
	hung /usr/local "select count(*) from python_packages where uid = 0"
	is hung_place "$status $out" "0 4"
	has hung_place_is_named "$err" 'python_packages: files of [0-9]+ places?'
else
	skip hung_home "needs root, /dev/fuse and mount namespaces"
fi
