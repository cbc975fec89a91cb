-- name: binfmt-odd
-- title: Kinds of files that the kernel runs by an interpreter
-- tags: persistence, kernel
-- attack: T1546
-- about: A line of binfmt.d makes the kernel start its interpreter for every file that begins with certain
--   bytes; with the flag C it keeps the rights of a set-user-id program. Those of packages (qemu, python,
--   java, wine) lie in /usr/lib and are left out.
-- key: path, line
select path, line_number, trim(line) as line
from file_lines
where (path like '/etc/binfmt.d/%.conf' or path like '/run/binfmt.d/%.conf' or path like '/usr/local/lib/binfmt.d/%.conf')
	and line like ':%'
