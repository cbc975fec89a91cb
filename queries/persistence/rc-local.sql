-- name: rc-local
-- title: What rc.local runs
-- tags: persistence, shell
-- attack: T1037.004
-- about: Every line but comments and `exit 0`. The file is a thing of the past: systemd still runs it where
--   it may be executed.
-- key: path, line
select l.path, l.line_number, trim(l.line) as line, f.mode, f.ctime
from file_lines l join file f on f.path = l.path
where l.path in ('/etc/rc.local', '/etc/rc.d/rc.local', '/etc/init.d/boot.local', '/etc/rc.d/rc.modules')
	and trim(l.line) != '' and l.line not like '#%' and trim(l.line) != 'exit 0'
