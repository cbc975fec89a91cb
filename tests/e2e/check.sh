#!/bin/bash
# `tocsin-agentd check`, and what `make install` puts where.
. "$(dirname "$0")/../lib.sh"
need make

# ---- sshd's configuration, of an image ----

mkdir -p "$T/root/etc/ssh/sshd_config.d" "$T/root/usr/libexec"
printf 'Port 22\nInclude /etc/ssh/sshd_config.d/*.conf\n' >"$T/root/etc/ssh/sshd_config"
run "$AGENTD" check --root "$T/root" --config "$T/none"
is no_line "$status" 3
has no_line_says "$out" '^WRONG +sshd +no line "Subsystem tocsin'
printf '# a comment\nsubsystem  tocsin /usr/libexec/tocsin-agentd session\n' >"$T/root/etc/ssh/sshd_config.d/t.conf"
run "$AGENTD" check --root "$T/root" --config "$T/none"
has included "$out" '^ok +sshd +has the subsystem'
has no_program "$out" '^WRONG +program +/usr/libexec/tocsin-agentd: No such file'
if [ "$(id -u)" = 0 ]; then
	install -m 755 /bin/true "$T/root/usr/libexec/tocsin-agentd"
	run "$AGENTD" check --root "$T/root" --config "$T/none"
	is all_well "$status" 0
	chmod 777 "$T/root/usr/libexec/tocsin-agentd"
	run "$AGENTD" check --root "$T/root" --config "$T/none"
	has writable_program "$out" '^WRONG +program .*writable for nobody else'
fi
printf 'nonsense\n' >"$T/agentd.conf"
run "$AGENTD" check --root "$T/root" --config "$T/agentd.conf"
has bad_settings "$out" '^WRONG +settings .*agentd.conf:1'
printf '[role r]\nusers = no-such-user-x\nallow = query\n' >"$T/agentd.conf"
run "$AGENTD" check --root "$T/root" --config "$T/agentd.conf"
has unknown_user "$out" '^note +settings +role r names user no-such-user-x'

# ---- The daemon ----

if [ "$(id -u)" = 0 ]; then
	rm "$T/agentd.conf"
	run "$AGENTD" check --run-dir "$T/run" --state-dir "$T/state" --config "$T/agentd.conf"
	has no_daemon "$out" '^WRONG +daemon +does not answer at'
	# shellcheck disable=SC2119 # no options
	start_daemon
	run "$AGENTD" check --run-dir "$T/run" --state-dir "$T/state" --config "$T/agentd.conf"
	has daemon "$out" "^ok +daemon +process $pid listens"
	has state_dir "$out" '^ok +state-dir'
	hasnt audit "$out" '^WRONG +audit'
	has seccomp "$out" '^ok +seccomp'
	chmod 755 "$T/state"
	run "$AGENTD" check --run-dir "$T/run" --state-dir "$T/state" --config "$T/agentd.conf"
	has open_state "$out" "^WRONG +state-dir +$T/state must be root's, mode 700"
	chmod 700 "$T/run"
	run "$AGENTD" check --run-dir "$T/run" --state-dir "$T/state" --config "$T/agentd.conf"
	has shut_run "$out" "^WRONG +run-dir +$T/run must be root's, mode 755"
fi

# ---- Installing ----

run make -s install DESTDIR="$T/inst" PREFIX=/usr LIBEXECDIR=/opt/libexec B="${B#"$PWD/"}" SAN="${SAN:-0}"
is install "$status" 0
for f in opt/libexec/tocsin-agentd usr/lib/systemd/system/tocsin-agentd.service usr/lib/sysusers.d/tocsin-agentd.conf \
	usr/share/tocsin/agentd.conf usr/share/man/man8/tocsin-agentd.8; do
	check "install_$(basename "$f")" test -f "$T/inst/$f"
done
has unit "$(cat "$T/inst/usr/lib/systemd/system/tocsin-agentd.service")" '^ExecStart=/opt/libexec/tocsin-agentd daemon$'
if command -v systemd-analyze >/dev/null; then
	mkdir "$T/units"
	sed 's,^ExecStart=.*,ExecStart=/bin/true,; /^Documentation/d' "$T/inst/usr/lib/systemd/system/tocsin-agentd.service" \
		>"$T/units/tocsin-agentd.service"
	run systemd-analyze verify "$T/units/tocsin-agentd.service"
	is unit_verified "$status$err" 0
fi
# The example is all comments: it means the defaults.
run "$AGENTD" check --root "$T/root" --config "$T/inst/usr/share/tocsin/agentd.conf"
has example "$out" '^ok +settings'
# It names every setting, as the manual does.
settings=$(sed -n '/conf_settings\[\]/,/NULL/s/.*{"\([a-z_]*\)".*/\1/p' agentd/conf.c)
is example_complete "$(sed -n 's/^# \([a-z_]*\) =.*/\1/p' dist/agentd.conf | head -n "$(wc -l <<<"$settings")" | sort)" "$(sort <<<"$settings")"
is manual_complete "$(sed -n '/^\.Sh SETTINGS/,/^\.Sh ACTIONS/s/^\.It Cm //p' man/tocsin-agentd.8 | sed 's/ , /\n/g' | sort)" "$(sort <<<"$settings")"
# Uncommented it is well-formed.
sed 's/^# \(\[\|[a-z_]* =\)/\1/; /^quarantine_allow =$/d; /^protect_paths =$/d' "$T/inst/usr/share/tocsin/agentd.conf" >"$T/all.conf"
chmod 644 "$T/all.conf"
run "$AGENTD" check --root "$T/root" --config "$T/all.conf"
has example_whole "$out" '^ok +policy +2 roles'
