-- name: net-hosts-blocked
-- title: Update and security names led to nowhere in hosts
-- tags: network, evasion
-- packs: triage
-- attack: T1562.001
-- about: Malware that shuts out updates, security vendors and rival miners' pools. Lists against
--   advertising do not have such names.
-- key: address, hostnames
select address, hostnames
from etc_hosts
where (address like '127.%' or address in ('0.0.0.0', '::1', '::'))
	and regex_match(lower(hostnames),
		'debian\.org|ubuntu\.com|centos\.org|redhat\.com|rockylinux\.org|almalinux\.org|fedoraproject\.org|suse\.(com|org)|clamav\.net|virustotal|crowdstrike|sentinelone|cloudflare|microsoft\.com|windowsupdate|defender|trendmicro|sophos|kaspersky|bitdefender|symantec|mcafee|trellix|elastic\.co|wazuh|aliyun|aegis|qualys|tenable|rapid7|github\.com|pool\.|minexmr|nanopool|supportxmr|docker\.(io|com)|pypi\.org|npmjs', 0) is not null
