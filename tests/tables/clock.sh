#!/bin/bash
# The tables time and uptime.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

ask() { "$AGENTD" query -o csv "$@" 2>&1 | tail -n +2; }

# All columns are of one moment, which `date` writes in its own way.
row=$(TZ=XYZ-3 ask 'select unix_time, weekday, year, month, day, hour, minutes, seconds, timezone,
	local_timezone, timestamp, datetime, iso_8601 from time')
now=${row%%,*}
is time_formats "${row#*,}" \
	"$(date -u -d "@$now" '+%A,%Y,%-m,%-d,%-H,%-M,%-S,UTC,XYZ,%a %b %e %H:%M:%S %Y UTC,%FT%TZ,%FT%TZ')"
check time_is_now test $(($(date +%s) - now)) -lt 60
is time_columns "$("$AGENTD" query -o csv 'select * from time' | head -n 1)" \
	'weekday,year,month,day,hour,minutes,seconds,timezone,local_timezone,unix_time,timestamp,datetime,iso_8601'

mkdir -p "$T/root/proc"
is time_of_image "$(ask --root "$T/root" "select timezone, local_timezone is null from time")" 'UTC,1'

up() {
	printf '%s' "$1" >"$T/root/proc/uptime"
	ask --root "$T/root" 'select * from uptime'
}
is uptime "$(up '93784.99 12.34
')" '1,2,3,4,93784'
is uptime_short "$(up '0.07 0.00
')" '0,0,0,0,0'
is uptime_garbage "$(up 'soon')" 'tocsin-agentd: warning: uptime: /proc/uptime holds no number of seconds'
is uptime_empty "$(up '')" 'tocsin-agentd: warning: uptime: /proc/uptime holds no number of seconds'
rm "$T/root/proc/uptime"
is uptime_missing "$(ask --root "$T/root" 'select * from uptime')" \
	'tocsin-agentd: warning: uptime: /proc/uptime: No such file or directory'
is uptime_columns "$("$AGENTD" query -o csv 'select * from uptime' | head -n 1)" \
	'days,hours,minutes,seconds,total_seconds'
