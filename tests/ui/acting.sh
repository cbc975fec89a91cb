#!/bin/bash
# From a row on the screen to the deed: the demo's planted process found, marked, killed, its cron
# line's file taken away and put back, the host cut off and released. The hosts are namespaces.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
need sqlite3
start_demo
H=$demo/home
mkdir -p "$H/.config/tocsin"
tocsin() { HOME=$H XDG_STATE_HOME=$H/.state TOCSIN_PERSIST_S=0 "$TOCSIN" "$@"; }

mkdir "$T/got"
SCREEN_DIR=$T/got screen
sees up "+8 up"
# ---- Found ----
keys F2
keys /
typed 'exe deleted'
keys Enter
sees found-query "proc-exe-deleted"
keys Enter
sees asked-parameter "min_age"
keys Enter
sees found "demo-implant"
# ---- Marked and killed ----
keys Space
sees marked "1 marked"
keys F9
sees planned "would kill demo-implant"
sees plan-says "1 target on 1 host may be acted on"
# What is meant, exactly: below the line.
sees plan-tells-the-program "  path        /dev/shm/.demo/demo-implant"
sees plan-tells-the-start "  start_time  20"
sees plan-tells-the-user "  uid         0 root"
keys Enter
sees asks-reason "Reason:"
typed 'INC-17'
keys Enter
sees asks-agreement "kill 1 target on 1 host? [y/N]"
keys n Enter
sees not-agreed "nothing was done"
check still-there test -n "$(tocsin -q -o csv -t web2 query "select pid from processes where name = 'demo-implant'" | sed 1d)"
keys Enter
keys Enter
sees asks-again "[y/N]"
keys y Enter
sees killed "1 of 1 succeeded"
sees killed-row "ended on TERM"
keys F4
sees activity "kill web2 3"
keys q
is really-gone "$(tocsin -q -o csv -t web2 query "select pid from processes where name = 'demo-implant'" | sed 1d)" ""
is audited-reason "$(tocsin -q -o csv -t web2 query "select name from processes where pid = 1" | sed 1d | tr -d '\r')" "web2,init"
keys q q
# ---- The host's log says the same ----
command_line 'audit --hosts -t web2'
sees audit-agrees "audit: 1 action in both records, 0 differences"
sees audit-columns "difference"
keys q
HOME=$H XDG_STATE_HOME=$T/other TOCSIN_PERSIST_S=0 "$TOCSIN" -q -t web2 get /etc/hostname --reason INC-20 --to "$T/elsewhere" >/dev/null
command_line 'audit --hosts -t web2,web3'
sees audit-differs "audit: 1 action in both records, 1 difference"
sees audit-what "web2  not recorded"
keys q
# ---- A file fetched ----
command_line "query \"select path, size from file where path = '/etc/crontab'\""
sees fetch-found "web3     /etc/crontab"
keys '*'
sees fetch-marked "8 marked"
keys E
sees fetched "get: 8 of 8 files came"
check fetched-file grep -q hourly "$T/got/web1/etc/crontab"
is fetched-manifest "$(wc -l <"$T/got/manifest.ndjson")" 8
command_line 'act delete -t web1'
sees rows-are-the-targets "the targets are those of the rows"
keys q
# By a line: the same, in the background too, into another folder.
command_line 'get -t db1,db2 --to elsewhere --reason INC-18 /etc/hostname'
sees fetched-line "get: 2 of 2 files came"
is fetched-line-file "$(cat "$T/got/elsewhere/db1/etc/hostname")" db1
check fetched-line-there-only test ! -e "$T/got/elsewhere/web1"
# Both are in the record, with the targets as they were given.
acts() { sqlite3 "$H/.state/tocsin/tocsin.db" "select $1 from acts where $2"; }
is fetched-recorded "$(acts "pattern || ' ' || (select count(*) from act_items where act_items.act = acts.id)" "action = 'get'" | tr '\n' ';')" "all 8;db1,db2 2;"
is killed-recorded "$(acts pattern "action = 'kill'")" all
command_line 'kill -t web3 2'
sees narrow-planned "would kill demo-web"
keys Enter
sees narrow-reason "Reason:"
typed 'INC-19'
keys Enter
sees narrow-agree "[y/N]"
keys y Enter
sees narrow-killed "kill: 1 of 1 succeeded"
is narrow-recorded "$(acts pattern "reason = 'INC-19'")" web3
keys q

# ---- A file ----
command_line "query \"select path, size as bytes from file where path = '/etc/cron.d/demo-implant'\""
sees file-found "web3   /etc"
keys D
sees delete-planned "/etc/cron.d/demo-implant"
hash=$(tocsin -q -o csv -t web3 query "select sha256 from hash where path = '/etc/cron.d/demo-implant'" | sed 1d | tr -d '\r')
sees delete-tells-the-hash "  sha256      ${hash#*,}"
sees delete-plan-ready "Enter goes on"
keys Enter
sees delete-reason "Reason:"
keys Enter
sees delete-agree "[y/N]"
keys y Enter
sees deleted "1 of 1 succeeded"
is file-is-gone "$(tocsin -q -o csv -t web3 query "select path from file where path = '/etc/cron.d/demo-implant'" | sed 1d)" ""
keys u
sees undo-planned "restore"
sees undo-ready "Enter goes on"
keys Enter
sees undo-reason "Reason:"
keys Enter
sees undo-agree "[y/N]"
keys y Enter
sees restored "restore: 1 of 1 succeeded"
# From the list of what was done, too.
command_line 'delete -t web3 /etc/cron.d/demo-implant'
sees again-ready "Enter goes on"
keys Enter
sees again-reason "Reason:"
keys Enter
sees again-agree "[y/N]"
keys y Enter
sees again-deleted "delete: 1 of 1 succeeded"
keys F4
sees again-told "delete web3 /etc/cron.d/demo-implant: done"
keys Up u
sees again-undo-planned "restore: 1 target on 1 host may be acted on"
keys Enter
sees again-undo-reason "Reason:"
keys Enter
sees again-undo-agree "[y/N]"
keys y Enter
sees again-restored "restore: 1 of 1 succeeded"
is file-is-back "$(tocsin -q -o csv -t web3 query "select path from file where path = '/etc/cron.d/demo-implant'" | sed 1d | tr -d '\r')" "web3,/etc/cron.d/demo-implant"
leave

# ---- The network ----
screen -t web2
sees up-web2 "+1 up"
command_line quarantine
sees quarantine-planned "Enter goes on"
sees quarantine-tells-the-rules "meta nfproto ipv6 counter drop"
keys Enter
sees quarantine-reason "Reason:"
keys Enter
sees quarantine-agree "[y/N]"
keys y Enter
sees quarantined "quarantine: 1 of 1 succeeded"
sees bar-tells "quarantined"
command_line release
sees release-planned "Enter goes on"
keys Enter
sees release-reason "Reason:"
keys Enter
sees release-agree "[y/N]"
keys y Enter
sees released "release: 1 of 1 succeeded"
leave

# ---- Looking only ----
screen --read-only -t web2
sees up-read-only "+1 up"
command_line "kill 1"
sees read-only "refused with --read-only"
command_line 'query "select pid from processes where pid = 1"'
sees read-only-rows "1 row"
keys K
sees read-only-key "refused with --read-only"
leave
