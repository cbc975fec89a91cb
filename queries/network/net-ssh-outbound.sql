-- name: net-ssh-outbound
-- title: SSH connections from this host to others
-- tags: network, lateral-movement
-- attack: T1021.004, T1570
-- about: On a jump host every day's work; from a web or database server to its neighbours it is how an
--   intruder moves on. Backups by rsync and git look the same: see the command line.
-- key: cmdline, uid, remote_address
-- diff-ignore: pid, start_time
select s.pid, p.start_time, p.parent, p.uid, p.name, p.path, p.cmdline, s.remote_address, s.remote_port
from process_open_sockets s join processes p using (pid)
where s.family in (2, 10) and s.remote_port > 0
	and (p.name in ('ssh', 'scp', 'sftp', 'plink', 'dbclient', 'sshpass', 'autossh') or s.remote_port = 22)
	and p.name not in ('sshd', 'sshd-session')
