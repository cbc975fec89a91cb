#!/bin/bash
# What published queries name and no other tool of the machine does: osquery's tables about itself,
# its second names of tables and columns, its columns of other systems.
. "$(dirname "$0")/../lib.sh"

ask() { bounded 60 "$AGENTD" query -o tsv "${@:2}" "$1" 2>&1 | tail -n +2; }

# ---- osquery_* ----

version=$("$AGENTD" --version | cut -d' ' -f2)
is osquery_info "$(ask 'select version, pid > 1, config_valid, extensions, build_platform, build_distro, watcher, platform_mask from osquery_info')" \
	"$(printf '%s\t1\t1\tinactive\tlinux\ttocsin\t-1\t9' "$version")"
is osquery_info_uuid "$(ask 'select i.uuid = s.uuid and length(i.uuid) in (0, 36) from osquery_info i, system_info s')" 1
is osquery_info_start "$(ask 'select unix_time - start_time between 0 and 60 from osquery_info, time')" 1
is osquery_info_process "$(ask 'select p.resident_size > 0, p.name from osquery_info i join processes p using (pid)')" \
	"$(printf '1\ttocsin-agentd')"
mkdir -p "$T/root/etc"
echo 0123456789abcdef0123456789abcdef >"$T/root/etc/machine-id"
is osquery_info_root "$(ask 'select uuid, instance_id from osquery_info' --root "$T/root")" \
	"$(printf '01234567-89ab-cdef-0123-456789abcdef\t0123456789abcdef0123456789abcdef')"
is osquery_registry "$(ask "select name from osquery_registry where registry = 'table' and active = 1 and name in ('processes', 'windows_security_center')")" processes
is osquery_registry_all "$(ask "select count(*) from osquery_registry")" \
	"$("$AGENTD" tables -o tsv | cut -f1 | sort -u | wc -l)"
is osquery_extensions "$(ask 'select uuid, name, version, type from osquery_extensions')" \
	"$(printf '0\tcore\t%s\tcore' "$version")"
for t in schedule packs flags events; do
	run "$AGENTD" query -o tsv "select * from osquery_$t"
	is "osquery_$t" "$status$err$(wc -l <<<"$out")" 01
done

# ---- Other names ----

for pair in hosts:etc_hosts configurations:augeas syslog:syslog_events; do
	is "alias_${pair%:*}" "$(ask "select * from ${pair%:*}")" "$(ask "select * from ${pair#*:}")"
done
has alias_required "$(bounded 60 "$AGENTD" query 'select * from yara' 2>&1)" 'table yara_file: a constraint on .path. is required'
has alias_nearest "$(bounded 60 "$AGENTD" query 'select * from yarra' 2>&1)" 'did you mean yara'
is alias_column "$(ask 'select date_time = datetime and date_time is not null, win_timestamp from time')" "$(printf '1\t')"
# Only the second name of the column is used: the table must make the value even so.
has alias_column_alone "$(ask 'select date_time from time')" '^20[0-9]{2}-'
is alias_filter "$(ask 'select count(*) from time where date_time = datetime')" 1
is foreign_columns "$(ask 'select distinct p.upid, p.cpu_type, u.type, u.is_hidden from processes p join users u using (uid) where p.pid = 1')" \
	"$(printf '\t\t\t')"
is foreign_processes "$(ask 'select upid, elapsed_time, pid from processes where pid = 1')" "$(printf '\t\t1')"
is foreign_events "$(ask 'select status, environment from process_events' | grep -v warning)" ""
# Nobody sees them who does not name them.
hasnt foreign_hidden "$(bounded 60 "$AGENTD" query -o csv 'select * from users limit 0'; "$AGENTD" tables -o tsv | cut -f1,2)" '(users.*|,)is_hidden|^yara\b|\bdate_time'

# ---- Tables that osquery has no more, and packs still ask ----

opera=$T/root/home/bob/.config/opera
mkdir -p "$opera/Extensions/ccc/1.0" "$T/root/home/bob/.config/google-chrome/Default/Extensions/ddd/1.0"
echo '{}' | tee "$opera/Preferences" >"$T/root/home/bob/.config/google-chrome/Default/Preferences"
echo '{"name":"O","version":"7","default_locale":"en","description":"d"}' |
	tee "$opera/Extensions/ccc/1.0/manifest.json" >"$T/root/home/bob/.config/google-chrome/Default/Extensions/ddd/1.0/manifest.json"
echo 'bob:x:1001:1001::/home/bob:/bin/sh' >"$T/root/etc/passwd"
is opera_extensions "$(ask 'select username, o.* from users join opera_extensions o using (uid)' --root "$T/root")" \
	"$(printf 'bob\t1001\tO\t\t7\td\ten\t\t\t0\t/home/bob/.config/opera/Extensions/ccc/1.0')"
is kernel_integrity "$(ask 'select sycall_addr_modified, text_segment_hash from kernel_integrity')" \
	"$(ask 'select 1 from kernel_integrity')"
