-- name: net-listen-odd
-- title: Ports held open by shells and by odd programs
-- tags: network, c2, backdoor
-- packs: triage
-- attack: T1571, T1205
-- about: A bind shell, a web server for loot (python -m http.server), or an implant from /tmp or a hidden
--   directory. Applications written in python, ruby or php listen as well, mostly on the same port on
--   many hosts: those that are known as services are to be left to net-listen.
-- key: address, port, path, cmdline
-- diff-ignore: pid, start_time
select l.address, l.port, l.pid, p.start_time, p.uid, p.name, p.path, p.cmdline
from listening_ports l join processes p using (pid)
where l.port != 0 and l.family in (2, 10) and l.protocol in (6, 17, 33, 132, 136)
	and (regex_match(p.name, '^((ba|da|a|z|k|c|tc)?sh|nc|ncat|netcat|nc\.(openbsd|traditional)|socat|busybox|awk|gawk|telnet)$', 0) is not null
		or (regex_match(p.path, '^/(tmp|var/tmp|dev|run/user)/|/\.|^/memfd:', 0) is not null
			and regex_match(p.path, '^(/home/[^/]+|/root)/\.(local|cargo|pyenv|rbenv|nvm|asdf|sdkman|vscode[a-z-]*|cursor[a-z-]*|npm[a-z-]*|bun|deno|dotnet)/', 0) is null)
		or p.on_disk = 0
		or regex_match(p.cmdline, 'http\.server|SimpleHTTPServer|php[0-9.]* -S |ruby -run|busybox httpd|-m pyftpdlib|-m uploadserver', 0) is not null)
