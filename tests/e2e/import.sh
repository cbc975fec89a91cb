#!/bin/bash
# Queries of other programs: `tocsin queries import`, and asking what came of it.
. "$(dirname "$0")/../lib.sh"
need jq

export XDG_CONFIG_HOME=$T/config
queries=$T/config/tocsin/queries
unset TOCSIN_QUERIES
tocsin() { run "$TOCSIN" "$@"; }
# said NAME FIELD: of the row of that query
said() { jq -r --arg n "$1" ".[] | select(.name == \$n) | $2" <<<"$out"; }

cat >"$T/My Pack.conf" <<'END'
// an osquery pack
{
  "platform": "linux", # mostly
  "queries": {
    "first_one": {
      "query": "select pid, name \
                from processes where pid = 1;",
      "interval": 60, "description": "The first process", "value": "Shows T1543.002"
    },
    "keychain": {"query": "select * from keychain_items", "platform": "darwin"},
    "old_table": {"query": "select * from gatekeeper_zzz"},
    "crontab": {"query": "select count(*) as n from crontab"},
    "needs_path": {"query": "select size from file"},
    /* yes, a comma */
  },
}
END
cat >"$T/fleet.yml" <<'END'
apiVersion: v1
kind: query
spec:
  name: Get the time
  platforms: macOS, Linux
  query: select unix_time > 0 as ok from time;
---
kind: pack
spec:
  name: other
  queries: [{query: Cron jobs, name: crontab}]
---
kind: query
spec: {name: Cron jobs, query: select 2 as n}
END
printf -- '-- Who am I\nselect 1 as a; select 2 as a;\n' >"$T/plain.sql"

# ---- A dry run writes nothing ----

tocsin -o json queries --dry-run import "$T/My Pack.conf"
is dry_status "$status" 0
is dry_planned "$(said first_one .status)" planned
check dry_nothing_written test ! -e "$T/config"
has dry_summary "$err" '^tocsin: 4 would be imported into .*/tocsin/queries; 0 there already, 1 skipped, 0 failed$'

# ---- The import ----

tocsin -o json queries import "$T/My Pack.conf" "$T/fleet.yml" "$T/plain.sql"
is status "$status" 0
is imported "$(jq -r '.[] | select(.status == "imported") | .pack + "/" + .name' <<<"$out" | sort | tr '\n' ' ')" \
	"fleet/get-the-time imported/plain-1 imported/plain-2 my-pack/crontab my-pack/first_one my-pack/needs_path my-pack/old_table other/other-crontab "
is files "$(cd "$queries" && find . -type f | sort | tr '\n' ' ')" \
	"./fleet/get-the-time.sql ./imported/plain-1.sql ./imported/plain-2.sql ./my-pack/crontab.sql ./my-pack/first_one.sql ./my-pack/needs_path.sql ./my-pack/old_table.sql ./other/other-crontab.sql "
is skipped "$(said keychain '.status + ": " + .detail')" "skipped: for darwin"
is prepares "$(said first_one '.prepares + .detail')" yes
is unprepared "$(said old_table '.prepares + ": " + .detail')" "no: no such table: gatekeeper_zzz"
# shellcheck disable=SC2016 # backquotes in the message
is unconstrained "$(said needs_path '.prepares + ": " + .detail')" \
	'no: table file: a constraint on `path` or `directory` is required (= or LIKE)'
is renamed "$(said other-crontab .detail)" "there is another query named crontab"
has summary "$err" '2 of them do not prepare'
is text "$(cat "$queries/my-pack/first_one.sql")" "-- title: The first process
-- attack: T1543.002
-- platform: linux
-- about: Shows T1543.002

select pid, name                 from processes where pid = 1;"

# ---- The library has them, and they can be asked ----

tocsin -o json queries first_one
is listed "$(jq -c '.[] | [.name, .pack, .title, .attack]' <<<"$out")" \
	'["first_one","my-pack","The first process","T1543.002"]'
# The word alone is looked for.
tocsin -o json queries import
has searched "$status $(jq -r '.[].pack' <<<"$out" | sort -u | xargs)" '^0 .*\bimported\b'
printf 'here ansible_connection=local\n' >"$T/hosts"
tocsin -i "$T/hosts" -o csv run first_one
is asked "$status $(sed -n 2p <<<"$out" | cut -d, -f1,2)" "0 here,1"
tocsin -i "$T/hosts" -o json run imported
is asked_pack "$status $(jq -c '[.[] | [.query, .a]]' <<<"$out")" '0 [["plain-1",1],["plain-2",2]]'

# ---- Again ----

echo "-- mine" >"$queries/my-pack/first_one.sql"
tocsin -o json queries import "$T/My Pack.conf" "$T/fleet.yml"
is again "$status $(jq -r '.[].status' <<<"$out" | sort | uniq -c | xargs)" "0 6 exists 1 skipped"
is kept "$(cat "$queries/my-pack/first_one.sql")" "-- mine"
tocsin -o json queries --force import "$T/My Pack.conf"
is forced "$(said first_one .status) $(head -n 1 "$queries/my-pack/first_one.sql")" "imported -- title: The first process"
is no_leftovers "$(find "$queries" -name '.*' ! -name . | wc -l)" 0
# A query of the program itself keeps its name: its pack would lose it.
theirs=$(basename "$(find queries -name '*.sql' | sort | head -n 1)" .sql)
echo "select 1" >"$T/$theirs.sql"
tocsin -o json queries --pack '../up here' import "$T/$theirs.sql"
is own_kept "$(jq -r '.[0] | .pack + "/" + .name' <<<"$out")" "up-here/up-here-$theirs"
check own_kept_file test -f "$queries/up-here/up-here-$theirs.sql"

# ---- Without an agent: a jump host ----

mkdir -p "$T/alone"
cp "$TOCSIN" "$T/alone/tocsin"
if [ -x /usr/libexec/tocsin-agentd ]; then
	skip unchecked "an agent is installed here"
else
	PATH=/usr/bin:/bin run "$T/alone/tocsin" -o json queries --pack alone import "$T/plain.sql"
	is unchecked "$status $(jq -r '.[0] | .status + " " + .prepares' <<<"$out")" "0 imported unknown"
	has unchecked_said "$err" 'no agent on this machine .*not checked$'
fi
# An agent that is too old to be asked.
printf '#!/bin/sh\necho "tocsin-agentd: query: no option --check" >&2\nexit 2\n' >"$T/alone/tocsin-agentd"
chmod +x "$T/alone/tocsin-agentd"
run "$T/alone/tocsin" -o json queries --pack alone --force import "$T/plain.sql"
is unchecked_old "$(jq -r '.[0].prepares' <<<"$out")" unknown

# ---- What cannot be ----

echo '{"queries": {"a": {"query": "select 1"}' >"$T/broken.conf"
tocsin queries import "$T/plain.sql" "$T/broken.conf"
is broken "$status $err" "2 tocsin: $T/broken.conf:2: not JSON: it ends too early"
tocsin queries import "$T/none.conf"
is none "$status $err" "2 tocsin: $T/none.conf: No such file or directory"
mkfifo "$T/fifo.conf"
tocsin queries import "$T/fifo.conf"
is fifo "$status" 2
truncate -s 17M "$T/big.conf"
tocsin queries import "$T/big.conf"
is big "$status $err" "2 tocsin: $T/big.conf: larger than 16 MiB"
head -c 3000000 /dev/zero | tr '\0' '[' >"$T/deep.json"
tocsin queries import "$T/deep.json"
is deep "$status $err" "2 tocsin: $T/deep.json:1: nested deeper than 32"
: >"$T/flat"
XDG_CONFIG_HOME=$T/flat run "$TOCSIN" -o json queries import "$T/plain.sql"
is unwritable "$status $(jq -r '.[0].status' <<<"$out")" "3 failed"
