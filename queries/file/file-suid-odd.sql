-- name: file-suid-odd
-- title: Set-user-id programs of no package, or shells
-- tags: file, privilege
-- packs: hygiene
-- attack: T1548.001
-- about: A copy of bash with the s bit is the simplest back door; find, vim, python or cp with it do the
--   same. Set-user-id programs of packages are left out, but for those that can start others. Vendors'
--   installers (virtual machines, backup) bring some without a package.
-- key: path
-- diff-ignore: mtime, ctime
with found as materialized (
	select f.path, s.username, s.groupname, s.permissions, f.filename, f.inode, f.mode, f.size, f.mtime, f.ctime
	from suid_bin s join file f on f.path = s.path
	where f.type = 'regular'
), names (path) as (
	select path from found
	union select '/usr' || path from found
	union select replace(path, '/usr/', '/') from found
), owned (path) as materialized (
	select path from deb_package_files where +path in (select path from names)
	union select path from rpm_package_files where +path in (select path from names)
	union select line from file_lines where path = '/var/lib/dpkg/diversions'
)
select path, username, groupname, permissions, mode, size, mtime, ctime
from found
where (path not in (select path from owned) and '/usr' || path not in (select path from owned)
			and replace(path, '/usr/', '/') not in (select path from owned)
			and exists (select 1 from owned)
		or (permissions like '%S%'
			and regex_match(filename, '^((ba|da|z|k|a|c|tc)?sh|busybox|find|vim?(\.[a-z]+)?|nano|less|more|awk|gawk|mawk|perl.*|python.*|ruby.*|lua.*|php.*|cp|mv|dd|tee|cat|tar|env|nmap|gdb|strace|socat|nc|ncat|git|rsync|systemctl|docker|node|xxd|base64|chmod|chown|tcpdump|openssl)$', 0) is not null))
	-- /bin and /sbin may be links into /usr.
	and not (path not like '/usr/%'
		and exists (select 1 from found u where u.path = '/usr' || found.path and u.inode = found.inode))
