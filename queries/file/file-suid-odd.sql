-- name: file-suid-odd
-- title: Set-user-id programs that no package has, or that give a shell
-- tags: file, privilege
-- packs: hygiene
-- attack: T1548.001
-- about: A copy of bash with the s bit is the simplest back door; find, vim, python or cp with it do the
--   same. Set-user-id programs of packages are left out, but for those that can start others. Vendors'
--   installers (virtual machines, backup) bring some without a package.
-- key: path
-- diff-ignore: mtime, ctime
with owned (path) as materialized (
	select path from deb_package_files
	union select path from rpm_package_files
	union select line from file_lines where path = '/var/lib/dpkg/diversions'
)
select s.path, s.username, s.groupname, s.permissions, f.mode, f.size, f.mtime, f.ctime
from suid_bin s join file f on f.path = s.path
where f.type = 'regular'
	and (f.path not in (select path from owned) and '/usr' || f.path not in (select path from owned)
			and replace(f.path, '/usr/', '/') not in (select path from owned)
			and exists (select 1 from owned)
		or (s.permissions like '%S%'
			and regex_match(f.filename, '^((ba|da|z|k|a|c|tc)?sh|busybox|find|vim?(\.[a-z]+)?|nano|less|more|awk|gawk|mawk|perl.*|python.*|ruby.*|lua.*|php.*|cp|mv|dd|tee|cat|tar|env|nmap|gdb|strace|socat|nc|ncat|git|rsync|systemctl|docker|node|xxd|base64|chmod|chown|tcpdump|openssl)$', 0) is not null))
