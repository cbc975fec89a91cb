#!/bin/bash
# The tables `yara_file` and `yara_process`.
. "$(dirname "$0")/../lib.sh"
need python3

rows() {
	local sql=$1
	shift
	run "$AGENTD" query -o tsv "$@" "$sql"
	out=$(tail -n +2 <<<"$out")
}
# shellcheck disable=SC2016 # YARA's own variables
rule='rule demo : tag1 tag2 { strings: $a = "harmless-demo-mark" condition: $a } rule other : tag2 { condition: filesize > 3 } rule nothing { condition: false }'
mkdir -p "$T/root/d" "$T/root/etc"
printf 'x harmless-demo-mark y' >"$T/root/d/one"
printf 'abc' >"$T/root/d/two"
mkfifo "$T/root/d/fifo"
ln -s /d/one "$T/root/d/link"
echo "$rule" >"$T/root/etc/rules.yar"

rows "select path, matches, count, tags, strings from yara_file where path like '/d/%' and sigrule = '$rule' order by path" --root "$T/root"
! grep -q 'libyara is not installed' <<<"$err" || all_skipped "no libyara"
is yara_file "$out$err" "$(printf '%s\n' '/d/link	demo,other	2	tag1,tag2	' '/d/one	demo,other	2	tag1,tag2	' '/d/two		0		')"
rows "select count, sigfile from yara_file where path = '/d/one' and sigfile = '/etc/rules.yar'" --root "$T/root"
is yara_sigfile "$out" "2	/etc/rules.yar"
rows "select f.path, y.count from file f join yara_file y on y.path = f.path where f.directory = '/d' and f.filename in ('one', 'two') and y.sigfile = '/etc/rules.yar' order by 1" --root "$T/root"
is yara_joined "$out" "$(printf '/d/one\t2\n/d/two\t0')"
rows "select count(*) from yara_file where path = '/d/one' and sigrule = 'rule broken { condition: '" --root "$T/root"
is yara_broken "$out" 0
has yara_broken_says "$err" 'yara_file: rule, line [0-9]+: syntax error'
rows "select count(*) from yara_file where path = '/d/one' and sigrule = 'include \"/etc/rules.yar\"'" --root "$T/root"
is yara_includes_nothing "$out" 0
rows "select count(*) from yara_file where path = '/d/one'" --root "$T/root"
has yara_no_rules "$out$err" 'no rules are given'

background python3 -c 'import sys, time; a = "harmless-" + "demo-mark" * int(sys.argv[1]); print("ready", flush=True); time.sleep(600)' 1 >"$T/ready"
wait_for 20 grep -q ready "$T/ready"
before=$(sed 's/.*) //' "/proc/$pid/stat" | cut -d' ' -f1)
rows "select pid, matches from yara_process where pid = $pid and sigrule = 'rule demo { strings: \$a = \"harmless-demo-mark\" condition: \$a }'"
is yara_process "$out$err" "$pid	demo"
is yara_process_goes_on "$before" "$(sed 's/.*) //' "/proc/$pid/stat" | cut -d' ' -f1)"
rows "select count from yara_process where pid = $pid and sigrule = 'rule demo { strings: \$a = \"no such \" wide ascii condition: \$a and filesize == 7 }'"
is yara_process_without "$out" 0
rows "select count(*) from yara_process where pid = 999999999 and sigfile = '/nowhere'"
is yara_process_none "$out" 0
