-- name: systemd-generators
-- title: Generators and other early programs of systemd
-- tags: persistence, systemd
-- attack: T1543.002, T1037
-- about: Programs in system-generators, system-environment-generators, system-shutdown and system-sleep
--   run as root at each start, reload, sleep or end, without any unit. Below /etc and /usr/local there are
--   none unless somebody put them there; those of /usr/lib are in systemd-unpackaged.
-- key: path
-- diff-ignore: mtime, ctime
select path, uid, mode, size, mtime, ctime
from file
where (path like '/etc/systemd/system-generators/%' or path like '/etc/systemd/user-generators/%'
		or path like '/etc/systemd/system-environment-generators/%'
		or path like '/etc/systemd/system-shutdown/%' or path like '/etc/systemd/system-sleep/%'
		or path like '/usr/local/lib/systemd/system-generators/%'
		or path like '/usr/local/lib/systemd/system-environment-generators/%'
		or path like '/run/systemd/system-generators/%')
	and type in ('regular', 'symlink')
