-- name: apt-hooks
-- title: Commands that package managers run on the way
-- tags: persistence, packages
-- attack: T1546.016
-- about: Pre- and Post-Invoke of apt and the actions of dnf run as root with each update. Those of the
--   usual packages (dpkg-preconfigure, needrestart, update-notifier, docker's clean-up, etckeeper,
--   snapd, appstream …) are left out.
-- key: path, line
select path, line_number, trim(line) as line
from file_lines
where (path like '/etc/apt/apt.conf.d/%' or path = '/etc/apt/apt.conf'
		or path like '/etc/dnf/plugins/post-transaction-actions.d/%.action'
		or path like '/etc/yum/post-actions/%.action')
	and regex_match(line, '^\s*(//|#)', 0) is null
	and (regex_match(line, '(Pre|Post)-(Install-Pkgs|Invoke(-Success)?)', 0) is not null or path like '%.action')
	and regex_match(line, '\{\s*$', 0) is null
	and regex_match(line, 'dpkg-preconfigure|needrestart|update-notifier|apt-listchanges|apt-listbugs|etckeeper|snap |appstreamcli|/var/cache/(apt|debconf)|packagekit|PackageKit|command-not-found|cnf-update-db|dpkg/status|apt_check|apt-esm|ubuntu-advantage|ubuntu-pro|esm_cache|aptitude|localepurge|eipp|glib-compile|rm -f /var', 0) is null
