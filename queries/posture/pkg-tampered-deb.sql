-- name: pkg-tampered-deb
-- title: Programs of dpkg that are not as they were delivered
-- tags: posture, packages, integrity
-- attack: T1554
-- about: Holds the MD5 sums that dpkg keeps against the files: programs, PAM modules and the libraries
--   of OpenSSH. An intruder who is root can change the sums as well, but seldom does. Files replaced by
--   diversions and by local builds show up. Reads every one of those files: seconds.
-- key: path
-- diff-ignore: mtime, ctime
-- param: pattern=^(usr/)?(s?bin/|lib/[^/]*/security/|lib/openssh/|lib/systemd/systemd)  which files, a regular expression for paths without the first slash
with sums as materialized (
	select substr(line, 1, 32) as md5, '/' || trim(substr(line, 35)) as path,
		replace(replace(path, '/var/lib/dpkg/info/', ''), '.md5sums', '') as package
	from file_lines
	where path like '/var/lib/dpkg/info/%.md5sums'
		and regex_match(trim(substr(line, 35)), :pattern, 0) is not null
), diverted as materialized (
	select line from file_lines where path = '/var/lib/dpkg/diversions'
)
select s.path, s.package, s.md5 as expected, h.md5 as found, f.uid, f.mode, f.size, f.mtime, f.ctime
from sums s join file f on f.path = s.path join hash h on h.path = s.path
where h.md5 != s.md5 and s.path not in (select line from diverted)
