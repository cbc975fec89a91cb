-- name: docker-socket-open
-- title: Sockets of container runtimes that others may use
-- tags: posture, container, privilege
-- packs: triage
-- attack: T1611, T1609
-- about: Who can write to docker's socket is root. It belongs to root and the group docker, mode 0660; one that
--   everybody may write, or a runtime that listens on TCP without TLS, is open to all.
-- key: what
-- diff-ignore: pid, start_time
select f.path as what, f.mode, f.uid, f.gid, null as pid, null as start_time, null as cmdline
from file f
where f.path in ('/var/run/docker.sock', '/run/docker.sock', '/run/containerd/containerd.sock', '/run/crio/crio.sock',
		'/run/podman/podman.sock', '/var/lib/lxd/unix.socket', '/var/snap/lxd/common/lxd/unix.socket')
	and substr(f.mode, -1) in ('2', '3', '6', '7') and f.symlink = 0
union all
select 'tcp ' || l.address || ':' || l.port, null, p.uid, null, l.pid, p.start_time, p.cmdline
from listening_ports l left join processes p using (pid)
where l.family in (2, 10) and l.protocol = 6
	and (l.port = 2375 or p.name in ('dockerd', 'containerd', 'podman') and l.port != 0
		and regex_match(p.cmdline, '--tlsverify|--tls\b', 0) is null)
	and (l.address not like '127.%' and l.address != '::1')
