-- name: net-tunnel-tools
-- title: Tunnels and proxies by which others reach in
-- tags: network, c2, tunnel
-- packs: triage
-- attack: T1572, T1090
-- about: chisel, ngrok, frp, gost, ligolo, cloudflared, Tor and ssh with -R, -D or -w. Where one of
--   them is in honest use (autossh of a monitoring site, cloudflared of a web team) it is there every
--   day.
-- key: cmdline, uid
-- diff-ignore: pid, start_time, parent
select pid, start_time, parent, uid, name, path, cmdline
from processes
where regex_match(lower(name), '^(chisel|ngrok|frp[cs]|gost|ligolo.*|cloudflared|tor|revsocks|rssocks|iox|nps|npc|stowaway.*|ew_for_linux.*|localtonet|bore|rathole|iodine|dnscat.*|ptunnel.*|icmptunnel|proxychains.*|3proxy|microsocks|wstunnel|pagekite.*|playit.*)$', 0) is not null
	or (name in ('ssh', 'autossh', 'sshpass', 'plink', 'dbclient')
		and regex_match(cmdline, ' -[a-zA-Z]*[RDw]( |[0-9])', 0) is not null)
