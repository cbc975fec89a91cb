-- name: net-ssh-inbound
-- title: SSH connections to this host at this moment
-- tags: network, account, lateral-movement
-- packs: triage
-- attack: T1021.004
-- about: Who is connected, from where; the user stands in the command line (sshd: alice@pts/0). The
--   connection by which this was asked is among them.
-- key: remote_address, cmdline
-- diff-ignore: pid, start_time, remote_port
select s.pid, p.start_time, p.uid, p.cmdline, s.remote_address, s.remote_port, s.local_port
from process_open_sockets s join processes p using (pid)
where p.name in ('sshd', 'sshd-session', 'dropbear') and s.state = 'ESTABLISHED'
	and s.family in (2, 10) and s.remote_port > 0
