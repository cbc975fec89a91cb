-- name: proc-inline-code
-- title: Command lines with code to fetch, decode or connect
-- tags: process, script, c2
-- packs: triage
-- attack: T1059, T1027, T1105
-- about: One-liners as they are pasted into a foothold: /dev/tcp, base64 into a shell, curl into a
--   shell, sockets in python -c and perl -e, pty.spawn. Installers of some vendors (curl | sh) and
--   monitoring checks look alike; they end soon.
-- key: cmdline, uid
-- diff-ignore: pid, start_time, parent
select pid, start_time, parent, uid, name, path, cmdline
from processes
where regex_match(cmdline, '/dev/(tcp|udp)/|base64 (-d|-D|--decode)[^|]*\|\s*(ba|da|z|k)?sh|(curl|wget)[^|;]*\|\s*(sudo )?(ba|da|z|k)?sh|python[0-9.]* -c .*(socket|pty\.spawn|base64|exec\()|perl[0-9.]* (-M[^ ]+ )?-e .*(socket|exec)|ruby -r?socket|php -r .*(fsockopen|exec)|nc(at)? .*-(e|c) |socat .*exec:|openssl s_client .*-quiet|bash -i|sh -i', 0) is not null
	and name not in ('grep', 'rg', 'ag', 'vim', 'vi', 'less')
