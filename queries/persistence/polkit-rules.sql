-- name: polkit-rules
-- title: Rules of polkit that say yes
-- tags: persistence, privilege
-- attack: T1548
-- about: A rule in /etc/polkit-1 that answers YES makes a user root without a password, for what it names.
--   Distributions bring a few (libvirt, NetworkManager, flatpak) in /usr/share, which is not looked at.
-- key: path, line
select path, line_number, trim(line) as line
from file_lines
where (path like '/etc/polkit-1/rules.d/%.rules' or path like '/etc/polkit-1/localauthority/%/%.pkla'
		or path like '/var/lib/polkit-1/localauthority/%/%.pkla' or path like '/usr/local/share/polkit-1/rules.d/%')
	and path not like '%/10-vendor.d/%'
	and regex_match(line, 'Result\.YES|^\s*Result(Any|Inactive|Active)\s*=\s*yes', 0) is not null
