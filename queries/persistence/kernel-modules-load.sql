-- name: kernel-modules-load
-- title: Modules that are to be loaded at each boot
-- tags: persistence, kernel
-- attack: T1547.006
-- about: /etc/modules and modules-load.d, and `install` lines of modprobe.d, which run a command in place
--   of a module (/bin/true and /bin/false, to forbid one, are left out).
-- key: path, line
select path, line_number, trim(line) as line
from file_lines
where (path = '/etc/modules' or path like '/etc/modules-load.d/%.conf' or path like '/run/modules-load.d/%.conf'
		or path like '/etc/modprobe.d/%.conf' or path like '/run/modprobe.d/%.conf')
	and trim(line) != '' and trim(line) not like '#%'
	and (path not like '%/modprobe.d/%'
		or (regex_match(line, '^\s*(install|remove)\s', 0) is not null
			and regex_match(line, '^\s*(install|remove)\s+\S+\s+/(usr/)?bin/(true|false)\s*$', 0) is null))
