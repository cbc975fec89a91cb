-- name: udev-run
-- title: Rules of udev that run programs
-- tags: persistence, udev
-- attack: T1546.017
-- about: RUN and PROGRAM in /etc/udev/rules.d (and in /run and /usr/local) start a program as root when a
--   device appears, which is at each boot. Drivers of storage and of GPUs put some there.
-- key: path, line
select path, line_number, trim(line) as line
from file_lines
where (path like '/etc/udev/rules.d/%.rules' or path like '/run/udev/rules.d/%.rules'
		or path like '/usr/local/lib/udev/rules.d/%.rules')
	and line not like '#%'
	and regex_match(line, '\b(RUN|PROGRAM|IMPORT)\b *(\{(program|builtin)?\})? *(\+=|:=|==?) *"', 0) is not null
