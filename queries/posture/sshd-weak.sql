-- name: sshd-weak
-- title: Settings of sshd that let more people in than needed
-- tags: posture, ssh, hardening
-- attack: T1021.004, T1110
-- about: Root by password, empty passwords, passwords at all, forwarding for the world, old ciphers. A line
--   within a Match block may hold for a few only: see the lines around it.
-- key: path, line
select path, line_number, trim(line) as line
from file_lines
where (path = '/etc/ssh/sshd_config' or path like '/etc/ssh/sshd_config.d/%.conf')
	and regex_match(lower(line), '^\s*(permitrootlogin\s+yes|permitemptypasswords\s+yes|passwordauthentication\s+yes|gatewayports\s+(yes|clientspecified)|permittunnel\s+(yes|point|ethernet)|strictmodes\s+no|hostbasedauthentication\s+yes|ignorerhosts\s+no|protocol\s+1|usepam\s+no|loglevel\s+quiet|maxauthtries\s+[0-9]{2,}|(ciphers|macs|kexalgorithms)\s.*(3des|arcfour|-cbc|hmac-md5|group1-sha1)|logingracetime\s+0)', 0) is not null
