-- name: sudo-plugins
-- title: Plugins of sudo that are not its own
-- tags: persistence, privilege, credentials
-- attack: T1556, T1548.003
-- about: A plugin in /etc/sudo.conf decides over, and sees, everything that goes through sudo, passwords
--   included. sudoers.so, group_file, sample and centrify's are known; askpass helpers of desktops are
--   not shown.
-- key: path, line
select path, line_number, trim(line) as line
from file_lines
where path = '/etc/sudo.conf'
	and regex_match(line, '^\s*(Plugin|Path\s+(plugin_dir|noexec))\s', 0) is not null
	and regex_match(line, '^\s*Plugin\s+\S+\s+(sudoers\.so|group_file\.so|system_group\.so|/usr/libexec/sudo/\S+|/usr/lib/sudo/\S+)', 0) is null
	and regex_match(line, '^\s*Path\s+\S+\s+/usr/lib[^ ]*/sudo', 0) is null
