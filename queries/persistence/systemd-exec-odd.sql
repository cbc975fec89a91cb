-- name: systemd-exec-odd
-- title: Units that run from odd places, or fetch and decode
-- tags: persistence, systemd
-- packs: hygiene
-- attack: T1543.002, T1569.002
-- about: Exec lines that run something from /tmp, /dev/shm or a hidden directory, a shell with a download,
--   /dev/tcp, base64 or netcat, and LD_PRELOAD in the environment, in the units of the system and of all
--   users. A jemalloc that is preloaded, or a user's own unit in ~/.local, can be honest.
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
	and regex_match(line, '^\s*Exec[A-Za-z]*=[-@:+!|]*"?(/(tmp|var/tmp|dev/shm|run/user/[0-9]+)/|/([^ ]*/)?\.[^/. ])|\b((ba|da|z|k)?sh|python[0-9.]*|perl|php|node)( +-\S+)* +["'']?/(tmp|var/tmp|dev/shm)/|/dev/(tcp|udp)/|base64 +(-d|-D|--decode)|(curl|wget)\b.*\|\s*(\S*/)?((ba|da|z|k)?sh|python[0-9.]*|perl|php)\b|(<\(|\$\(|`)\s*(curl|wget)| (nc|ncat|netcat|socat) .*(-e|exec)|python[0-9.]* +-c|perl +-e|LD_(PRELOAD|AUDIT)=|\b(ba)?sh +-i', 0) is not null
