#!/bin/bash
# The runbooks that are installed, each with its exit statuses, against the demo fleet; rows of a host
# that turn into a kill.
. "$(dirname "$0")/../lib.sh"
need jq nsenter pgrep
start_demo
export HOME=$demo/home
books=queries/runbooks
sed '1i gone ansible_host=127.0.0.1 ansible_port=1' "$HOME/.config/tocsin/hosts" >"$T/more"

# on_host HOST CMD…: in the namespaces of one of them.
on_host() {
	local outer
	outer=$(pgrep -f "^/.*demohost run $1 $demo/") || return 1
	shift
	nsenter -t "$(pgrep -P "$outer")" -m -p -n "$@"
}

# book WANTED NAME ARGUMENT…: the runbook's exit status.
book() {
	local wanted=$1 name=$2
	shift 2
	run "$TOCSIN" batch "$books/$name.runbook" "$@"
	is "$name $*: $wanted" "$status" "$wanted"
	[ "$wanted" != 3 ] || has "$name $*: who did not answer" "$err" 'gone: unreachable'
}

book 0 morning -t web1
book 1 morning
has 'morning finds the implant' "$out" '^web2 .*demo-implant'
has 'morning goes on' "$err" 'more accounts are root than root'
book 2 morning nothing=takes-this
book 3 morning -i "$T/more" -t web1:gone

sha=$(sha256sum "$demo/web3/etc/cron.d/demo-implant" | cut -d' ' -f1)
book 0 sweep-hash "sha256=$sha" glob=/etc/cron.d/% -t web1:db
book 1 sweep-hash "sha256=$sha" glob=/etc/cron.d/%
has 'sweep-hash finds the host' "$out" '^web3 '
book 2 sweep-hash
book 3 sweep-hash "sha256=$sha" glob=/etc/cron.d/% -i "$T/more" -t web1:gone

book 0 sweep-address ip=203.0.113.66 -t web1
book 1 sweep-address ip=203.0.113.66
book 2 sweep-address
book 3 sweep-address ip=203.0.113.66 -i "$T/more" -t web1:gone

book 0 account-compromise user=no-such-user
book 1 account-compromise user=root -t web1
book 2 account-compromise
book 3 account-compromise user=no-such-user -i "$T/more" -t web1:gone

book 0 webshell -t web
# shellcheck disable=SC2016 # of the inner shell
check 'a web shell' on_host web3 sh -c 'mkdir /srv/www && echo "<?php eval(\$_POST[1]);" >/srv/www/demo.php'
book 1 webshell -t web
has 'webshell finds the code' "$out" '^web3 +/srv/www/demo.php'
book 2 webshell days
book 3 webshell -i "$T/more" -t web1:gone

# One that ends when it is told to.
background on_host web3 bash -c 'exec -a stratum+tcp://demo.invalid:1 sleep 600'
wait_for 20 on_host web3 pgrep -f '^stratum'
book 1 cryptominer case=T-1 most=0 --yes
has 'cryptominer: too many' "$err" 'more processes than most=0'
check 'cryptominer ended nothing' on_host web3 pgrep -f '^stratum'
book 1 cryptominer case=T-1 --dry-run
check 'cryptominer planned only' on_host web3 pgrep -f '^stratum'
book 0 cryptominer case=T-1 --yes
has 'cryptominer ends it' "$out" '^web3 +kill +.* done '
# One that has itself replaced before it ends. It waits without a child, which would be called as it is for a moment.
on_host web1 sh -c 'mkfifo /tmp/asked /tmp/done /tmp/never && cat >/tmp/miner' <<'END'
trap 'echo >/tmp/asked; read -r _ </tmp/done; exit' TERM
exec 3<>/tmp/never
while :; do read -rt 1 -u 3; done
END
on_host web1 sh -c 'cat >/tmp/keeper' <<'END'
read -r _ </tmp/asked
bash -c 'exec -a stratum+tcp://demo.invalid:2 sleep 600' &
until pgrep -f '^stratum.* 600'; do sleep 0.02; done
echo >/tmp/done
wait
END
background on_host web1 bash /tmp/keeper >/dev/null
background on_host web1 bash -c 'exec -a stratum+tcp://demo.invalid:1 bash /tmp/miner'
wait_for 20 on_host web1 pgrep -f '^stratum'
book 1 cryptominer case=T-1 --yes
has 'cryptominer: they come back' "$err" 'look for what starts them'
book 2 cryptominer case=T-1
has 'cryptominer asks first' "$err" 'needs --yes'
book 3 cryptominer case=T-1 --yes -i "$T/more" -t web2:gone

book 1 contain case=T-2 --yes -t web
book 2 contain case=T-2 -t web1
book 3 contain case=T-2 --yes -i "$T/more" -t gone
book 0 contain case=T-2 --yes -t web2
run "$TOCSIN" hosts -t web2 -o json
is 'contain: it is cut off' "$(jq -c '.[0] | [.state, .quarantine]' <<<"$out")" '["answered","until released"]'
run "$TOCSIN" release -t web2 --yes
is 'contain: released' "$status" 0

# ---- Rows turn into deeds ----

cat >"$T/kill" <<'END'
query select pid, start_time, name from processes where name = 'demo-implant'
expect hosts == 1
kill --rows --reason=T-3
query select pid from processes where name = 'demo-implant'
expect rows == 0
END
run "$TOCSIN" batch "$T/kill" --dry-run
is 'planned only' "$status" 1
run "$TOCSIN" batch "$T/kill" --yes --log "$T/log"
is 'killed' "$status" 0
is 'in the log' "$(jq -c 'select(.line == 3) | [.outcome, .hosts]' "$T/log")" '["good",1]'
cat >"$T/rows" <<'END'
query select path from file where path = '/etc/cron.d/demo-implant'
expect hosts == 1
delete --rows --reason=T-4
query select path from file where path = '/etc/cron.d/demo-implant'
expect rows == 0
query select pid, start_time from processes where name = 'demo-web'
expect rows == 3
suspend --rows
query select state from processes where name = 'demo-web'
expect column state == T
query select pid, start_time from processes where name = 'demo-web'
foreach row
	resume --rows
end
query select state from processes where name = 'demo-web'
expect column state != T
query select 1 as one
quarantine --rows --dry-run
expect hosts == 3
END
run "$TOCSIN" -t web batch "$T/rows" --yes --log "$T/log2"
is 'delete, suspend, resume, quarantine of rows' "$status" 0
is 'each on its rows' \
	"$(jq -c 'select(.text | test("--rows"))? | [.line, .hosts, .answered, .rows]' "$T/log2" | tr '\n' ' ')" \
	'[3,1,1,1] [8,3,3,3] [13,1,1,1] [13,1,1,1] [13,1,1,1] [18,3,3,3] '
check 'taken away' test ! -e "$demo/web3/etc/cron.d/demo-implant"
run "$TOCSIN" audit -o json
is 'in the record with its reason' "$(jq -c '[.[] | select(.reason == "T-4") | [.host, .action, .status]]' <<<"$out")" '[["web3","delete","done"]]'
