-- name: systemd-exec-odd
-- title: Units that run from odd places, or fetch and decode
-- tags: persistence, systemd
-- packs: hygiene
-- attack: T1543.002, T1569.002
-- about: Exec lines with /tmp, /dev/shm, a hidden directory, a shell with a download, /dev/tcp, base64 or
--   netcat, and LD_PRELOAD in the environment, in the units of the system and of all users.
-- key: path, line
select path, line_number, trim(line) as line
from file_lines
where (path like '/etc/systemd/system/%.%' or path like '/etc/systemd/system/%.d/%'
		or path like '/usr/lib/systemd/system/%.service' or path like '/lib/systemd/system/%.service'
		or path like '/usr/local/lib/systemd/system/%' or path like '/etc/systemd/user/%.%'
		or path like '/run/systemd/system/%.service'
		or path like '/home/%/.config/systemd/user/%.%' or path like '/root/.config/systemd/user/%.%'
		or path like '/home/%/.local/share/systemd/user/%.%')
	and (regex_match(line, '^\s*(Exec[A-Za-z]*|Environment)=', 0) is not null)
	and regex_match(line, '/(tmp|var/tmp|dev/shm)/|=[-@:+!]*[^ ]*/\.[^/. ]|/dev/(tcp|udp)/|base64 |(curl|wget) .*\|| (nc|ncat|socat) .*(-e|exec)|python[0-9.]* -c|perl -e|LD_PRELOAD=|bash -i|[^a-z]sh -i', 0) is not null
