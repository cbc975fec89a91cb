-- name: net-unix-odd
-- title: Local sockets in temporary and hidden places
-- tags: network, backdoor
-- attack: T1559
-- about: Implants wait for orders on a socket in /tmp, /dev/shm or a hidden directory. X11, ssh-agent,
--   tmux, screen, editors and browsers do too, under the names that are left out here.
-- key: path, name, uid
-- diff-ignore: pid, start_time
select l.path, l.pid, p.start_time, p.uid, p.name, p.path as program, p.cmdline
from listening_ports l join processes p using (pid)
where l.family = 1
	and regex_match(l.path, '^/(tmp|var/tmp|dev/shm)/|^/[^@]*/\.[^/]', 0) is not null
	and regex_match(l.path, '^/tmp/(\.X11-unix|\.ICE-unix|\.XIM-unix|ssh-[^/]+/agent\.|tmux-[0-9]+|dbus-|systemd-private-|vscode-|\.org\.chromium|\.com\.google|pulse-|orbit-|gpg-|mysql\.sock|\.s\.PGSQL|snap\.|dotnet-diagnostic|clr-debug-pipe)|/\.gnupg/|^/proc/self/fd/[0-9]+/\.[0-9a-f]{8}$|/\.(vscode|cursor)[a-z-]*/', 0) is null
