#!/bin/bash
# The runbooks that are installed, each with its exit statuses, against the demo fleet; rows of a host
# that turn into a kill.
. "$(dirname "$0")/../lib.sh"
need_root
need ssh-keygen setpriv jq
"$B/tools/demohost" probe 2>/dev/null || all_skipped "no namespaces here"

mkfifo "$T/hold"
exec 8<>"$T/hold"
mkdir -m 1777 "$T/tmp"
TMPDIR=$T/tmp background tests/tools/demo --start "$T/demo" <&8 >"$T/demo.log" 2>&1
wait_for 60 test -s "$T/demo" || { fail demo "$(cat "$T/demo.log")"; exit 1; }
D=$(cat "$T/demo")
export HOME=$D/home
books=queries/runbooks
cp "$HOME/.config/tocsin/hosts" "$T/more"
echo 'gone ansible_host=127.0.0.1 ansible_port=1' >>"$T/more"
# A host that is this machine: what is planted there need not be in a namespace.
echo 'here ansible_connection=local' >"$T/local"

# book WANTED NAME ARGUMENT…: the runbook's exit status.
book() {
	local wanted=$1 name=$2
	shift 2
	run "$TOCSIN" batch "$books/$name.runbook" "$@"
	is "$name $*: $wanted" "$status" "$wanted"
}

book 0 morning -t web1
book 1 morning
has 'morning finds the implant' "$out" '^web2 .*demo-implant'
has 'morning goes on' "$err" 'more accounts are root than root'
book 2 morning nothing=takes-this
book 3 morning -i "$T/more" -t web1:gone

sha=$(sha256sum "$D/web3/etc/cron.d/demo-implant" | cut -d' ' -f1)
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

book 0 webshell -t web1
book 2 webshell days
book 3 webshell -i "$T/more" -t web1:gone
# shellcheck disable=SC2016 # of the inner shell
run unshare -m bash -c 'mount -t tmpfs none /srv && mkdir /srv/www &&
	echo "<?php eval(\$_POST[1]);" >/srv/www/demo.php &&
	"$@"' - "$TOCSIN" -i "$T/local" batch "$books/webshell.runbook"
is 'webshell: 1' "$status" 1

book 0 cryptominer case=T-1 --yes
book 2 cryptominer case=T-1
has 'cryptominer asks first' "$err" 'needs --yes'
book 3 cryptominer case=T-1 --yes -i "$T/more" -t web1:gone
background bash -c 'exec -a stratum+tcp://demo.invalid:1 sleep 600'
wait_for 20 grep -q stratum "/proc/$pid/cmdline"
book 1 cryptominer case=T-1 most=0 --yes -i "$T/local"
check 'cryptominer ended nothing' kill -0 "$pid"

book 1 contain case=T-2 --yes -t web
book 2 contain case=T-2 -t web1
book 3 contain case=T-2 --yes -i "$T/more" -t gone

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
book 0 contain case=T-2 --yes -t web2
run "$TOCSIN" release -t web2 --yes
is 'released' "$status" 0
