-- name: security-services-down
-- title: Guards that are stopped, disabled or masked
-- tags: posture, evasion
-- packs: hygiene, triage
-- attack: T1562.001
-- about: Logging, audit, firewall and security agents that are on the host but do not run: the first thing
--   that many intruders see to. Packages that are installed but were never set up show up too; then they
--   do so every day. Services that are started on demand only are not looked at.
-- key: id
-- diff-ignore: sub_state
select id, description, load_state, active_state, sub_state, unit_file_state, fragment_path as path
from systemd_units
where regex_match(id, '^(auditd|rsyslog|syslog-ng|systemd-journald|fail2ban|sshguard|crowdsec|firewalld|ufw|apparmor|osqueryd|orbit|wazuh-agent|ossec.*|falcon-sensor|sentinelone|sentinelagent|mdatp|cbagentd|cbdaemon|ds_agent|traps_pmd|cortex.*|xagt|taniumclient|nessusagent|qualys-cloud-agent|ir_agent|elastic-agent|elastic-endpoint|auditbeat|filebeat|packetbeat|falco.*|tetragon|sysmon|aide.*|clamav-(daemon|freshclam|clamonacc)|tocsin-agentd|splunkd?|SplunkForwarder|google-cloud-ops-agent.*|amazon-ssm-agent|fluent-bit|vector)\.service$', 0) is not null
	and (coalesce(load_state, '') = 'masked' or unit_file_state in ('masked', 'disabled')
		or active_state = 'failed'
		or active_state = 'inactive' and unit_file_state like 'enabled%' and id not in ('ufw.service', 'apparmor.service', 'clamav-clamonacc.service'))
