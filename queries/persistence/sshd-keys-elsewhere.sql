-- name: sshd-keys-elsewhere
-- title: Settings of sshd for keys and commands from elsewhere
-- tags: persistence, ssh, configuration
-- attack: T1098.004, T1556
-- about: AuthorizedKeysCommand, AuthorizedKeysFile with another place than usual, trusted certificate
--   authorities, ForceCommand, PermitUserEnvironment, other subsystems. Directories of accounts (SSSD,
--   FreeIPA, clouds) use AuthorizedKeysCommand: sss_ssh_authorizedkeys and the clouds' are known names.
-- key: path, line
select path, line_number, trim(line) as line
from file_lines
where (path = '/etc/ssh/sshd_config' or path like '/etc/ssh/sshd_config.d/%.conf')
	and (regex_match(line, '^\s*(AuthorizedKeysCommand|AuthorizedPrincipals[A-Za-z]*|TrustedUserCAKeys|ForceCommand|PermitUserRC|HostbasedAuthentication\s+yes|PermitUserEnvironment\s+(yes|[A-Z]))\b', 0) is not null
		or (regex_match(line, '^\s*AuthorizedKeysFile\b', 0) is not null
			and regex_match(line, '^\s*AuthorizedKeysFile\s+((%h/)?\.ssh/authorized_keys2?\s*|none\s*)+$', 0) is null)
		or (regex_match(line, '^\s*Subsystem\b', 0) is not null
			and regex_match(line, '^\s*Subsystem\s+(sftp\s+(/usr/lib[^ ]*/[^ ]*sftp-server|internal-sftp)|tocsin\s)', 0) is null))
