-- name: net-remote-access
-- title: Remote control programs
-- tags: network, c2
-- attack: T1219
-- about: AnyDesk, TeamViewer, RustDesk, MeshCentral, ScreenConnect and other tools for remote help, which
--   intruders install since no scanner minds them. Tailscale, ZeroTier and their like join the host to
--   another network. Is it one that you use?
-- key: path, cmdline
-- diff-ignore: pid, start_time, parent
select pid, start_time, parent, uid, name, path, cmdline
from processes
where regex_match(lower(name || ' ' || path),
	'anydesk|teamviewer|rustdesk|meshagent|meshcentral|screenconnect|connectwise|splashtop|remotepc|dwagent|dwservice|atera|ninjarmm|simplehelp|nomachine|nxserver|x11vnc|tightvnc|vncserver|xvnc|xrdp|supremo|aeroadmin|hoptodesk|parsec|tmate|sshx|teleconsole|gsocket|gs-netcat|tailscaled|zerotier|netbird|nebula|twingate', 0) is not null
