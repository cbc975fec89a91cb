-- name: ld-so-preload
-- title: Libraries that ld.so.preload puts into every program
-- tags: persistence, rootkit
-- packs: hygiene, triage
-- attack: T1574.006
-- about: The file does not exist on most hosts. User-mode rootkits (Azazel, Jynx, libprocesshider) live
--   by it; a few products for security or monitoring do as well. A library that is in the file but
--   not on the disk is hidden, or gone.
-- key: path, library
select l.path, trim(w.value) as library, f.uid, f.mode, f.size, f.mtime, f.ctime,
	f.path is not null as on_disk
from file_lines l
	join json_each('["' || replace(replace(replace(replace(trim(l.line), '\', '\\'), '"', '\"'), char(9), ' '),
		' ', '","') || '"]') w
	left join file f on f.path = trim(w.value)
where l.path = '/etc/ld.so.preload' and trim(l.line) != '' and l.line not like '#%' and w.value != ''
