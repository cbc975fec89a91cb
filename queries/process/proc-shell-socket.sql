-- name: proc-shell-socket
-- title: Shells and interpreters that talk to other hosts
-- tags: process, network, c2
-- packs: hygiene, triage
-- attack: T1059.004
-- about: A shell with a connection of its own is what a reverse shell looks like. Honest scripts show up
--   as python3 and perl: look at the address and at who started it.
-- key: name, cmdline, remote_address, remote_port
-- diff-ignore: pid, start_time, parent, state
select distinct p.pid, p.start_time, p.parent, p.uid, p.name, p.path, p.cmdline, s.remote_address,
	s.remote_port, s.state
from processes p join process_open_sockets s using (pid)
where p.name in ('sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', 'python', 'python2', 'python3', 'perl',
		'ruby', 'php', 'lua', 'nc', 'ncat', 'netcat', 'nc.openbsd', 'nc.traditional', 'socat', 'telnet',
		'awk', 'gawk', 'busybox')
	and s.remote_port > 0
	and s.remote_address not in ('', '0.0.0.0', '::', '::1')
	and replace(s.remote_address, '::ffff:', '') not like '127.%'
