#!/bin/bash
# The units as systemd itself runs them: it is booted in namespaces of its own over a copy-on-write view of this
# machine's files, and everything is installed and enabled there as the README says.
. "$(dirname "$0")/../lib.sh"
need_root
[ "${SAN:-0}" = 0 ] || all_skipped "an installed program is a plain one"
for systemd in /usr/lib/systemd/systemd /lib/systemd/systemd; do [ -x $systemd ] && break; done
need "$systemd" make jq unshare nsenter pivot_root systemd-sysusers dbus-daemon chattr
grep -qw cgroup2 /proc/filesystems && grep -qw overlay /proc/filesystems || all_skipped "needs cgroup2 and overlay"
within --mount --net --uts --ipc

# ---- A machine to boot ----

# Its processes are a control group of their own, below which systemd makes others.
mkdir "$T/groups" "$T/machine"
group=$T/groups/tocsin-test-$$ before=$T/groups$(sed -n 's/^0:://p' /proc/self/cgroup)
mount -t cgroup2 none "$T/groups" && mkdir "$group" && echo $$ >"$group/cgroup.procs" ||
	all_skipped "needs a control group"
mount -t tmpfs none "$T/machine"
mkdir "$T/machine"/{upper,work,root}
root=$T/machine/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$T/machine/upper,workdir=$T/machine/work" "$root" ||
	all_skipped "needs an overlay over /"
cat >"$T/boot" <<'END'
set -e
cd "$1"
mount -t proc proc proc
# What is not of a namespace is not to be set.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t tmpfs tmpfs sys/fs/cgroup
mount -t cgroup2 cgroup2 sys/fs/cgroup
for d in run tmp dev; do mount -t tmpfs tmpfs $d; done
for n in null zero full random urandom tty; do
	touch dev/$n
	mount --bind /dev/$n dev/$n
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for d in "$PWD_BEFORE" "$T"; do
	mkdir -p ".$d"
	mount --bind "$d" ".$d"
done
: >etc/fstab
rm -rf etc/systemd/system/*.wants etc/tocsin var/lib/tocsin*
mkdir .before
pivot_root . .before
umount -l /.before
exec "$2" --system --unit=basic.target
END
cat >"$T/enter" <<'END'
#!/bin/bash
exec nsenter -t "$(pgrep -P "$(<"$T/outside")")" -m -p -C -r -w env -u XDG_STATE_HOME HOME=/root "$@"
END
chmod +x "$T/enter"
# host CMD…: there.
host() { bounded 60 "$T/enter" "$@"; }
booted() { [ "$(host systemctl is-active basic.target)" = active ]; }
boot() {
	PWD_BEFORE=$PWD container=test background unshare --mount --pid --cgroup --fork --kill-child bash "$T/boot" "$root" "$systemd" \
		>"$T/boot.log" 2>&1
	echo "$pid" >"$T/outside"
	wait_for 30 booted
}
boot || all_skipped "systemd does not start in namespaces: $(tail -n 1 "$T/boot.log")"

# on_host CMD…: $out, $err, $status.
on_host() { run "$T/enter" "$@"; }
property() { host systemctl show -P "$2" "$1"; }
main() { property tocsin-agentd MainPID; }
is_active() { [ "$(property tocsin-agentd ActiveState)" = active ]; }
echo 'here ansible_connection=local' >"$T/hosts"
console() { on_host /usr/local/bin/tocsin -i "$T/hosts" -o tsv "$@"; }
journal() { host journalctl -q -u tocsin-agentd; }
journal_has() { journal | grep -qF -- "$1"; }

# ---- Installed ----

on_host make -s -C "$PWD" install "B=${B#"$PWD/"}"
is installed "$status" 0
on_host systemd-sysusers
on_host systemctl daemon-reload
on_host systemctl enable --now tocsin-agentd
is enabled "$status" 0
is is-ready-when-started "$(property tocsin-agentd ActiveState)/$(property tocsin-agentd Type)" active/notify
on_host /usr/libexec/tocsin-agentd check
is nothing-but-sshd-is-wrong "$(grep -E '^(WRONG|note)' <<<"$out" | awk '{print $1, $2}' | xargs)" "WRONG sshd note policy"

# ---- What the unit forbids the daemon is not what it does ----

on_host systemctl start dbus
if [ "$status" = 0 ]; then
	units() { host systemctl list-units --all --plain --no-legend --no-pager | awk '{print $1, $2, $3, $4}' | sort; }
	rows() {
		console query "select id || ' ' || load_state || ' ' || active_state || ' ' || sub_state as unit from systemd_units"
		tail -n +2 <<<"$out" | cut -f2 | sed 's,\\\\,\\,g' | sort
	}
	alike units-are-those-of-systemctl rows units
	has the-agent-is-among-them "$(units)" '^tocsin-agentd.service loaded active running$'
fi
console query 'select count(*) = sum(path is not null) as paths, count(*) > 2 as more from processes where uid = 0 and resident_size > 0'
is reads-of-all "$(tail -n 1 <<<"$out")" $'here\t1\t1'
host sh -c 'sleep 1000 & echo $!' >"$T/sleeper"
console kill --yes --reason drill "$(<"$T/sleeper")"
has kills "$out" $'\tdone\tsleep .* ended on TERM'
host cp /bin/true /srv/tool
host sh -c 'chown 12:34 /srv/tool && chmod 6755 /srv/tool && chattr +i /srv/tool'
console delete --yes --reason drill --force /srv/tool
has deletes "$out" $'\tdone\t'
id=${out##*$'\t'}
check is-away [ ! -e "$root/srv/tool" ]
console restore --yes --reason drill "$id"
has restores "$out" $'\tdone\t'
is restores-with-its-mode "$(host stat -c '%u:%g %a' /srv/tool)" "12:34 6755"

# ---- Settings ----

host sh -c 'mkdir -p /etc/tocsin && echo "quarantine_allow = 192.0.2.9" >/etc/tocsin/agentd.conf'
on_host systemctl reload tocsin-agentd
is reload "$status" 0
console quarantine --yes --reason drill
has quarantines "$out" $'\tquarantine\thost\tdone\t'
rules() { host nft list ruleset | grep -c 'table.*tocsin'; }
is its-rules "$(rules)" 1
on_host systemctl restart tocsin-agentd
is its-rules-after-a-restart "$(rules)" 1
host sh -c 'echo "no_such_setting = 1" >>/etc/tocsin/agentd.conf'
on_host systemctl reload tocsin-agentd
check broken-settings-are-told wait_for 10 journal_has no_such_setting
check broken-settings-are-not-taken is_active

# ---- It ends ----

# comes_back OLD: another process, which answers.
comes_back() { [ "$(main)" != "$1" ] && [ "$(main)" != 0 ] && is_active; }
host sed -i /no_such_setting/d /etc/tocsin/agentd.conf
old=$(main)
host systemctl kill --kill-who=main -s KILL tocsin-agentd
check killed-it-comes-back wait_for 10 comes_back "$old"
is its-rules-after-a-kill "$(rules)" 1
host sh -c 'mkdir -p /run/systemd/system/tocsin-agentd.service.d && cd /run/systemd/system/tocsin-agentd.service.d &&
	printf "[Service]\nWatchdogSec=1\n" >soon.conf'
host systemctl daemon-reload
host systemctl restart tocsin-agentd
old=$(main)
sleep 2.5
is awake-it-stays "$(main)" "$old"
host systemctl kill --kill-who=main -s STOP tocsin-agentd
check stuck-it-is-begun-anew wait_for 20 comes_back "$old"
check stuck-is-told journal_has 'Watchdog timeout'
console release --yes --reason drill
has releases "$out" $'\trelease\thost\tdone\t'
is no-rules "$(rules)" 0
host sh -c 'echo "{\"op\":\"query\",\"id\":1,\"sql\":\"with recursive n(i) as (select 1 union all select i+1 from n) select max(i) from n\"}" |
	/usr/libexec/tocsin-agentd session' >"$T/session" 2>&1 &
asked=$!
wait_for 10 grep -q hello "$T/session"
began=$SECONDS
on_host systemctl stop tocsin-agentd
wait $asked
is stopped-with-a-question-open "$(property tocsin-agentd Result) $((SECONDS - began < 15))" "success 1"
has it-is-told "$(tail -n 1 "$T/session")" '"op":"(error|done)"'

# ---- A runbook by a timer ----

host sh -c "mkdir -p /etc/tocsin/queries && cp $T/hosts /etc/tocsin/hosts &&
	printf 'param word\nquery select :word as given\nexpect column given == night\n' >/etc/tocsin/queries/own.runbook
	echo ARGS=word=night >/etc/tocsin/runbook-own.env"
on_host systemctl start tocsin-runbook@own.service
is runbook "$status $(property tocsin-runbook@own Result)" "0 success"
has runbook-log "$(host tail -n 1 /var/lib/tocsin-runbook/own.ndjson)" '"event":"end","status":0'
is runbook-is-by "$(host stat -c '%U %a' /var/lib/tocsin-runbook/own.md)" "tocsin-runbook 600"
host sh -c 'echo ARGS=word=day >/etc/tocsin/runbook-own.env'
on_host systemctl start tocsin-runbook@own.service
is runbook-that-finds "$(property tocsin-runbook@own Result) $(property tocsin-runbook@own ExecMainStatus)" "exit-code 1"
host systemctl start tocsin-agentd tocsin-runbook@own.timer
# shellcheck disable=SC2016 # for the other shell
at=$(host sh -c 'date -d "$(systemctl show -P NextElapseUSecRealtime tocsin-runbook@own.timer)" +%s')
console query "select next, activates from systemd_timers where id = 'tocsin-runbook@own.timer'"
is timer-is-seen "$(tail -n 1 <<<"$out")" $'here\t'"$at"$'\ttocsin-runbook@own.service'

# ---- Nothing of it is left ----

end_tree "$pid"
echo $$ >"$before/cgroup.procs"
no_group() { find "$group" -depth -type d -exec rmdir {} + && [ ! -e "$group" ]; }
check no-group-is-left wait_for 20 no_group
