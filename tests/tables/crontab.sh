#!/bin/bash
# The table `crontab`: files of the system, of packages and of users, and what is none.
. "$(dirname "$0")/../lib.sh"
need python3

rows() {
	local sql=$1
	shift
	run "$AGENTD" query -o tsv "$@" "$sql"
	out=$(tail -n +2 <<<"$out")
}

root=$T/root
mkdir -p "$root/etc/cron.d/directory" "$root/var/spool/cron/crontabs"
cat >"$root/etc/crontab" <<'TXT'
# m h dom mon dow user	command
SHELL=/bin/sh
PATH = /usr/local/sbin:/usr/local/bin and some more words here
"QUOTED NAME" = a b c d e f
17 *	* * *	root    cd / && run-parts --report /etc/cron.hourly

not a job
  @daily  root /usr/bin/true
TXT
printf '*/5 * * * 1-5 www-data /usr/bin/php -f /srv/cron.php  >/dev/null 2>&1' >"$root/etc/cron.d/package"
echo '* * * * * root /hidden' >"$root/etc/cron.d/.placeholder"
printf '@reboot /home/alice/bin/start --now\r\n30 4 1,15 jan sun X=1 /bin/sh -c "a  b"\n' >"$root/var/spool/cron/crontabs/alice"
printf '* * * * * /bin/\xff\xfe\n' >"$root/var/spool/cron/bob"
mkfifo "$root/etc/cron.d/fifo"
ln -s /etc/crontab "$root/etc/cron.d/link"
ln -s /etc/hostname "$root/etc/cron.d/outside"

rows "select path, event, minute, hour, day_of_month, month, day_of_week, command from crontab
	where path != '/etc/cron.d/link' order by path, command" --root "$root"
is crontab_rows "$out" "$(printf '%s\n' \
	'/etc/cron.d/package		*/5	*	*	*	1-5	www-data /usr/bin/php -f /srv/cron.php >/dev/null 2>&1' \
	'/etc/crontab	@daily						root /usr/bin/true' \
	'/etc/crontab		17	*	*	*	*	root cd / && run-parts --report /etc/cron.hourly' \
	'/var/spool/cron/bob		*	*	*	*	*	/bin/\xff\xfe' \
	'/var/spool/cron/crontabs/alice	@reboot						/home/alice/bin/start --now' \
	'/var/spool/cron/crontabs/alice		30	4	1,15	jan	sun	X=1 /bin/sh -c "a b"')"
is crontab_pipe_is_said "$err" "tocsin-agentd: warning: crontab: jobs of 1 crontab: invalid argument"
rows "select count(*) from crontab where path = '/etc/cron.d/link'" --root "$root"
is crontab_link_in_the_root "$out" 2
rows "select minute is null, event from crontab where event is not null and path like '%alice'" --root "$root"
is crontab_event_has_no_times "$out" "1	@reboot"

# This machine's, as awk sees them.
rows "select count(*) from crontab where path like '/etc/cron.d/%' or path = '/etc/crontab'"
is crontab_of_this_machine "$out" "$(cat /etc/crontab /etc/cron.d/* 2>/dev/null | awk '/^[ \t]*#/ || /^[ \t]*[A-Za-z_]+[ \t]*=/ {next} /^[ \t]*@/ && NF > 1 || NF > 5 {n++} END {print n + 0}')"

python3 - "$root/etc/cron.d/long" <<'PY'
import sys
with open(sys.argv[1], "wb") as f:
    f.write(b"* * * * * first\n* * * * * " + b"x" * 100000 + b"\n\0\0\0\n* * * * * after\0nul\n")
PY
rows "select command from crontab where path = '/etc/cron.d/long'" --root "$root"
is crontab_long_line "$out" "$(printf 'first\nafter\\x00nul')"
has crontab_long_line_says "$err" 'crontab: /etc/cron.d/long: lines longer than 64 KiB: 1$'
rm "$root/etc/cron.d/long"

# Half a gigabyte without a newline, then a job: nobody has such a crontab.
truncate -s 512M "$root/etc/cron.d/huge"
printf '\n* * * * * tail\n' >>"$root/etc/cron.d/huge"
# shellcheck disable=SC2016 # for the inner shell
run sh -c 'ulimit -v 400000; exec "$@"' sh "$AGENTD" query -o tsv --root "$root" \
	"select command from crontab where path = '/etc/cron.d/huge'"
if [ "${SAN:-0}" = 1 ]; then
	skip crontab_huge "sanitizers need address space"
else
	is crontab_huge "$status: $out" "0: command"
	has crontab_huge_says "$err" 'crontab: /etc/cron.d/huge: only the first 64 MiB were read$'
fi
rm "$root/etc/cron.d/huge"

rm -r "${root:?}/etc" "${root:?}/var"
rows "select * from crontab" --root "$root"
is crontab_none "$status: $out$err" "0: "

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	mkdir -p "$root/etc/cron.d" "$root/var/spool/cron/crontabs"
	chmod 755 "$root"
	echo '* * * * * root x' >"$root/etc/cron.d/secret"
	chmod 600 "$root/etc/cron.d/secret"
	chmod 700 "$root/var/spool/cron/crontabs"
	run setpriv --reuid=65534 --regid=65534 --clear-groups "$AGENTD" query --root "$root" "select * from crontab"
	has crontab_unreadable_file "$err" 'crontab: jobs of 1 crontab: permission denied'
	has crontab_unreadable_directory "$err" 'crontab: entries of 1 directory: permission denied'
else
	skip crontab_unreadable "needs root and setpriv"
fi
