-- name: proc-masquerade
-- title: Processes that bear a system service's name
-- tags: process, malware
-- attack: T1036.004, T1036.005
-- about: sshd, cron or systemd from another place than the system's directories, or a perl or python
--   that calls itself so, is something that wants to be overlooked. Software in /opt and /snap that brings its own nginx or java is left out;
--   a self-built one in a home directory shows up. Process 1 is init wherever its program lies.
-- key: path, name, cmdline, uid
-- diff-ignore: pid, parent, start_time
select pid, start_time, parent, uid, name, path, cmdline
from processes
where path != '' and pid != 1
	and (regex_match(path, '^/(usr/)?(s?bin|lib[^/]*|libexec|local/s?bin|local/nginx)/|^/(opt|snap|nix/store)/', 0) is null
		and (name like 'systemd%' or name like 'kworker%' or name like 'ksoftirq%'
			or name in ('init', 'sshd', 'cron', 'crond', 'atd', 'rsyslogd', 'syslogd', 'auditd', 'udevd',
				'dbus-daemon', 'agetty', 'getty', 'login', 'polkitd', 'irqbalance', 'chronyd', 'ntpd',
				'dhclient', 'NetworkManager', 'snapd', 'containerd', 'dockerd', 'nginx', 'httpd',
				'apache2', 'mysqld', 'mariadbd', 'postgres', 'master', 'sendmail', 'smbd', 'nfsd',
				'named', 'unbound', 'dnsmasq', 'php-fpm', 'rpcbind', 'smartd', 'acpid'))
		-- Containers have their own places for the programs they are made for.
		and (coalesce(container_id, '') = '' or name like 'kworker%' or name like 'systemd%'
			or name in ('sshd', 'cron', 'crond', 'dockerd', 'containerd'))
		or regex_match(path, '/(perl|python|ruby|php|lua|node)[0-9.]*$', 0) is not null
		and regex_match(cmdline, '^-?(/[^ ]*/)?(sshd|crond?|atd|apache2|httpd|nginx|mysqld|systemd[^ ]*|init|r?syslogd|klogd|udevd|auditd|dbus-daemon|exim4?|sendmail|proftpd|ntpd|bash|sh|ps|ls)(:| |$)', 0) is not null)
