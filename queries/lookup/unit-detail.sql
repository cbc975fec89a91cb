-- name: unit-detail
-- title: A unit of systemd and the lines of its files
-- tags: persistence, systemd
-- about: The unit file and its drop-ins, line by line, as they are on the disk.
-- key: path, line_number
-- diff-ignore: active_state
-- param: unit  its name, with .service or the like
select u.id, u.active_state, u.unit_file_state, l.path, l.line_number, l.line
from systemd_units u join file_lines l
	on l.path = u.fragment_path or l.path like '/etc/systemd/system/' || u.id || '.d/%'
where u.id = :unit
