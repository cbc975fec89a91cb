-- name: proc-reverse-shell
-- title: Processes whose input or output is a connection
-- tags: process, network, c2
-- packs: hygiene, triage
-- attack: T1059.004, T1095
-- about: Descriptors 0 to 2 of a shell are a terminal, a pipe or a file; when they are a TCP or UDP
--   socket, somebody elsewhere types. Programs started by inetd or by a systemd socket unit with
--   Accept=yes have that honestly, but are no shells: other programs are shown where they are not
--   from the system's directories.
-- key: path, cmdline, remote_address, uid
-- diff-ignore: pid, start_time, parent, descriptors, remote_port
select p.pid, p.start_time, p.parent, p.uid, p.name, p.path, p.cmdline,
	group_concat(distinct s.fd) as descriptors, s.remote_address, s.remote_port
from process_open_sockets s join processes p using (pid)
where s.fd between 0 and 2 and s.family in (2, 10) and s.remote_port > 0
	and (regex_match(p.name, '^(sh|bash|dash|ash|zsh|ksh|csh|tcsh|fish|busybox|python[0-9.]*|perl[0-9.]*|ruby[0-9.]*|php[0-9.]*|lua[0-9.]*|script|su|sudo)$', 0) is not null
		or regex_match(p.path, '^/(usr|bin|sbin|lib|opt|snap)', 0) is null)
group by p.pid, s.remote_address, s.remote_port
