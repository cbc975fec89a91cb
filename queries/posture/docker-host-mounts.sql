-- name: docker-host-mounts
-- title: Containers into which parts of the host are mounted
-- tags: posture, container, privilege
-- packs: triage
-- attack: T1611
-- about: The root, /etc, /proc, a home directory or docker's own socket in a container is root on the
--   host for whoever is in it. Agents for monitoring, log shippers and Portainer have them.
-- key: name, source, destination
-- diff-ignore: id
select c.id, c.name, c.image, c.state, m.source, m.destination, m.rw, m.mode
from docker_containers c join docker_container_mounts m using (id)
where m.source in ('/', '/etc', '/root', '/home', '/proc', '/sys', '/dev', '/boot', '/usr', '/var', '/var/lib', '/run', '/var/run',
		'/var/lib/docker', '/var/lib/kubelet', '/var/spool/cron', '/etc/cron.d', '/etc/shadow', '/root/.ssh')
	or m.source like '%docker.sock' or m.source like '%containerd.sock' or m.source like '%crio.sock'
	or m.source like '%podman.sock' or m.source like '/etc/cron%' or m.source like '/etc/systemd%'
