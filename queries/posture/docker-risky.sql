-- name: docker-risky
-- title: Containers that have the rights of the host
-- tags: posture, container, privilege
-- packs: triage
-- attack: T1611, T1610
-- about: Privileged, without seccomp or AppArmor, or in the host's process namespace. Monitoring agents and
--   CI runners (docker in docker) are run so.
-- key: name, image
-- diff-ignore: id, status
select id, name, image, state, privileged, security_options, config_entrypoint, command, status
from docker_containers
where privileged = 1
	or regex_match(security_options, 'unconfined|label=disable|label:disable|no-new-privileges=false', 0) is not null
	or pid_namespace = (select pid_namespace from process_namespaces where pid = 1)
