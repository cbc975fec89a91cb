#!/bin/bash
# systemd_units, startup_items and systemd_timers: unit files against systemctl, and states against a real systemd,
# that of a user, in a mount namespace where it is the system's.
. "$(dirname "$0")/../lib.sh"
need python3

rows() {
	local sql=$1
	shift
	run "$AGENTD" query -o tsv "$@" "$sql"
	out=$(tail -n +2 <<<"$out")
}

# ---- Files ----

root=$T/root
etc=$root/etc/systemd/system lib=$root/usr/lib/systemd/system
mkdir -p "$etc/multi-user.target.wants" "$lib" "$root/run/systemd/generator" "$root/run/systemd/system"
cat >"$lib/web.service" <<'TXT'
[Unit]
Description=A web \
# in between
	server
[Service]
User=www
User=web
ExecStart=/usr/bin/web
[Install]
WantedBy=multi-user.target
TXT
printf '[Unit]\nDescription=Not wanted\n[Install]\nWantedBy=x.target\n' >"$lib/off.service"
printf '[Service]\nExecStart=/bin/x\n' >"$lib/plain.service"
printf '[Install]\nAlso=web.service\n' >"$lib/also.socket"
printf '[Install]\nWantedBy=getty.target\n' >"$lib/tty@.service"
echo '[Unit]' >"$lib/hidden.timer"
echo '[Unit]' >"$lib/not-a-unit.txt"
printf '[Unit]\nSourcePath=/etc/fstab\n' >"$root/run/systemd/generator/home.mount"
ln -s /usr/lib/systemd/system/web.service "$etc/multi-user.target.wants/web.service"
ln -s /usr/lib/systemd/system/tty@.service "$etc/multi-user.target.wants/tty@one.service"
ln -s /dev/null "$etc/hidden.timer"
ln -s web.service "$lib/www.service"
ln -s /nonexistent.service "$etc/broken.service"
mkfifo "$lib/fifo.service"
rows "select id, description, load_state, unit_file_state, user, source_path, active_state, fragment_path from systemd_units order by id" --root "$root"
sed 's/~/	/g' >"$T/want" <<'TXT'
also.socket~also.socket~loaded~indirect~~~~/usr/lib/systemd/system/also.socket
fifo.service~fifo.service~error~~~~~/usr/lib/systemd/system/fifo.service
hidden.timer~hidden.timer~masked~masked~~~~/etc/systemd/system/hidden.timer
home.mount~home.mount~loaded~generated~~/etc/fstab~~/run/systemd/generator/home.mount
off.service~Not wanted~loaded~disabled~~~~/usr/lib/systemd/system/off.service
plain.service~plain.service~loaded~static~~~~/usr/lib/systemd/system/plain.service
tty@.service~tty@.service~loaded~indirect~~~~/usr/lib/systemd/system/tty@.service
web.service~A web  server~loaded~enabled~web~~~/usr/lib/systemd/system/web.service
www.service~A web  server~loaded~alias~web~~~/usr/lib/systemd/system/www.service
TXT
is units_of_files "$out" "$(cat "$T/want")"
has units_of_files_said "$err" 'systemd_units: states are not known'
rows "select id from systemd_units where user = 'web'" --root "$root"
hasnt units_states_not_asked "$err" 'states are not known'
if command -v systemctl >/dev/null && rm "$lib/fifo.service" "$etc/broken.service" &&
	systemctl --root="$root" list-unit-files --plain --no-legend >"$T/listed" 2>/dev/null; then
	rows "select id, unit_file_state from systemd_units where unit_file_state != 'generated' order by 1" --root "$root"
	is units_like_systemctl "$out" "$(awk -v OFS='\t' '{print $1, $2}' "$T/listed" | grep -v generated | LC_ALL=C sort)"
fi

mkdir -p "$root/etc/init.d" "$root/etc/xdg/autostart" "$root/home/alice/.config/autostart" "$root/home/alice/.config/autostart-scripts"
echo 'alice:x:1000:1000::/home/alice:/bin/sh' >"$root/etc/passwd"
echo '#!/bin/sh' >"$root/etc/init.d/old"
printf '[Desktop Entry]\nName=Applet\nExec=/usr/bin/applet --now X=1\n[Desktop Action x]\nExec=no\n' >"$root/etc/xdg/autostart/a.desktop"
printf '[Desktop Entry]\nName=Evil\nExec=/tmp/.x\n' >"$root/home/alice/.config/autostart/e.desktop"
echo x >"$root/home/alice/.config/autostart-scripts/run.sh"
rows "select name, path, args, type, source, status, username from startup_items where type = 'Startup Item' or name = 'web.service'" --root "$root"
sed 's/~/	/g' >"$T/want" <<'TXT'
Evil~/tmp/.x~~Startup Item~/home/alice/.config/autostart/~enabled~alice
run.sh~/home/alice/.config/autostart-scripts/run.sh~~Startup Item~/home/alice/.config/autostart-scripts/~enabled~alice
old~/etc/init.d/old~~Startup Item~/etc/init.d/~enabled~
Applet~/usr/bin/applet --now X=1~~Startup Item~/etc/xdg/autostart/~enabled~
web.service~/usr/lib/systemd/system/web.service~~systemd unit~~enabled~web
TXT
is startup_rows "$out" "$(cat "$T/want")"

# ---- Timers ----

cat >"$lib/backup.timer" <<'TXT'
[Timer]
OnCalendar=hourly
OnCalendar=
OnCalendar=2199-01-02 03:04:05 UTC
OnCalendar=*-06-01 UTC
OnBootSec=15min
Unit=save.service
TXT
printf '[Timer]\nOnUnitActiveSec=1d\n[Install]\nWantedBy=timers.target\n' >"$lib/off.timer"
mkdir -p "$root/var/lib/systemd/timers"
touch -d @1700000000 "$root/var/lib/systemd/timers/stamp-backup.timer"
year=$(date -u +%Y)
next=$(date -ud "$year-06-01" +%s)
[ "$next" -gt "$(date +%s)" ] || next=$(date -ud "$((year + 1))-06-01" +%s)
rows "select id, activates, next, last, on_calendar, on_other, unit_file_state from systemd_timers where id != 'hidden.timer' order by id" --root "$root"
sed 's/~/	/g' >"$T/want" <<TXT
backup.timer~save.service~$next~1700000000~2199-01-02 03:04:05 UTC; *-06-01 UTC~OnBootSec=15min~static
off.timer~off.service~~~~OnUnitActiveSec=1d~disabled
TXT
is timers_of_files "$out" "$(cat "$T/want")"

# ---- A real one ----

cat >"$T/real" <<'SH'
set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system /run/xdg /run/dbus
export XDG_RUNTIME_DIR=/run/xdg HOME=$1
/lib/systemd/systemd --user >"$1/systemd.log" 2>&1 &
for _ in $(seq 200); do
	! systemctl --user is-system-running 2>/dev/null | grep -qE "running|degraded" || break
	sleep 0.05
done
# Units come and go: what is the same before and after is what must be told. A description may have lines.
list() { systemctl --user list-units --all --plain --no-legend --full | awk '$1 ~ /\.[a-z]+$/ && $2 ~ /^(loaded|not-found|masked|error|bad-setting|stub|merged)$/ {print $1, $2, $3, $4}' | sort; }
sql="select id || ' ' || load_state || ' ' || active_state || ' ' || sub_state from systemd_units"
ask_file() { timeout 20 "$AGENTD" query -o csv "$sql" 2>"$1/err" | tail -n +2 | tr -d '"' | sort; }
for how in bus private; do
	if [ $how = bus ]; then ln -s /run/xdg/bus /run/dbus/system_bus_socket
	else rm /run/dbus/system_bus_socket; ln -s /run/xdg/systemd/private /run/systemd/private; fi
	for _ in $(seq 20); do
		list >"$1/before"; ask_file "$1" >"$1/got"; list >"$1/after"
		cmp -s "$1/before" "$1/after" && break
	done
	[ "$how" = bus ] && ! busctl --user status org.freedesktop.systemd1 >/dev/null 2>&1 && continue
	cmp -s "$1/before" "$1/got" && echo "$how"
done
systemctl --user start tick.timer
echo "next $(date -d "$(systemctl --user show tick.timer -p NextElapseUSecRealtime --value)" +%s)"
timeout 20 "$AGENTD" query -o csv "select 'got ' || next || ' ' || activates || ' ' || active_state from systemd_timers where id = 'tick.timer'" | tail -n 1
timeout 20 "$AGENTD" query -o csv "select fragment_path from systemd_units where id = 'timers.target'" | tail -n 1
kill %1
SH
if [ "$(id -u)" = 0 ] && [ -x /lib/systemd/systemd ] && command -v unshare systemctl busctl >/dev/null; then
	mkdir -p "$T/.config/systemd/user"
	printf '[Timer]\nOnCalendar=*-01-02 03:04\n' >"$T/.config/systemd/user/tick.timer"
	printf '[Service]\nExecStart=/bin/true\n' >"$T/.config/systemd/user/tick.service"
	run unshare -m -p -f --mount-proc --propagation private bash "$T/real" "$T"
	if grep -q . "$T/before" 2>/dev/null; then
		has units_of_private_socket "$out" '^private$'
		if grep -q '^bus$' <<<"$out"; then pass units_over_bus; else skip units_over_bus "no systemd on the bus here"; fi
		is timer_like_systemctl "$(grep ^got <<<"$out")" "got $(sed -n 's/^next //p' <<<"$out") tick.service active"
		has units_property "$out" '^/usr/lib/systemd/user/timers.target$|^/lib/systemd/user/timers.target$'
	else
		skip units_of_systemd "systemd --user does not start here: $(tail -n 1 "$T/systemd.log")"
	fi
else
	skip units_of_systemd "needs root and systemd"
fi

# ---- One that does not answer ----

# shellcheck disable=SC2016 # for the inner shell
if [ "$(id -u)" = 0 ]; then
	run unshare -m --propagation private bash -c '
		mount -t tmpfs tmpfs /run && mkdir -p /run/systemd
		python3 -c "
import socket, time
s = socket.socket(socket.AF_UNIX); s.bind(\"/run/systemd/private\"); s.listen(0)
print(\"up\", flush=True)
c = s.accept()[0]; c.recv(100); c.send(b\"OK x\r\n\"); c.recv(1000)
c.send(b\"l\x02\x01\x01\xff\xff\xff\x00\" * 3); time.sleep(20)" >"$1/up" &
		until grep -q up "$1/up"; do sleep 0.05; done
		"$AGENTD" query -o csv "select count(*) > 0 from systemd_units"
		kill %1' _ "$T"
	has units_hostile_socket "$out" '^1$'
	# Instances have no file of their own: that they are missing is said, whatever was asked.
	run unshare -m --propagation private sh -c '
		mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && "$0" query "select id from systemd_timers"' "$AGENTD"
	has timers_without_systemd "$err" 'systemd_timers: .*these are the units that there are files for'
fi
