-- name: pkg-sources-unsigned
-- title: Repositories whose packages are not checked
-- tags: posture, packages
-- attack: T1195.002, T1553
-- about: gpgcheck=0 of yum and dnf; [trusted=yes], allow-insecure and AllowUnauthenticated of apt. Whoever
--   holds the server, or the way to it, holds the host.
-- key: path, what
select source as path, name || ': gpgcheck=' || gpgcheck as what
from yum_sources
where gpgcheck in ('0', 'false', 'no') and enabled in ('1', 'true', 'yes', '')
union all
select path, trim(line)
from file_lines
where (path = '/etc/apt/sources.list' or path like '/etc/apt/sources.list.d/%' or path like '/etc/apt/apt.conf.d/%')
	and regex_match(line, '^\s*(#|//)', 0) is null
	and regex_match(lower(line), '\[[^\]]*(trusted|allow-insecure|allow-weak)=yes|^(trusted|allow-insecure):\s*yes|allowunauthenticated\s+"?(true|1|yes)|allowinsecurerepositories\s+"?(true|1|yes)', 0) is not null
