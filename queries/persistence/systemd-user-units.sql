-- name: systemd-user-units
-- title: Units that users have of their own
-- tags: persistence, systemd
-- attack: T1543.002
-- about: Files in ~/.config/systemd/user and /etc/systemd/user start with the user's session, or with the
--   machine where lingering is on (a file named after the user in /var/lib/systemd/linger, shown too).
--   Desktops and rootless containers have some.
-- key: path
-- diff-ignore: mtime, ctime
select path, uid, mode, type, size, mtime, ctime
from file
where (path like '/home/%/.config/systemd/user/%' or path like '/root/.config/systemd/user/%'
		or path like '/home/%/.local/share/systemd/user/%' or path like '/etc/systemd/user/%'
		or path like '/var/lib/systemd/linger/%')
	and type = 'regular'
