-- name: file-capabilities
-- title: Programs with capabilities that lead to root
-- tags: file, privilege
-- packs: triage
-- attack: T1548.001
-- about: setcap is the quiet sister of the s bit: python with cap_setuid+ep is root for everybody. Those of
--   ping, mtr, dumpcap, gst-ptp-helper, snap-confine and the like are usual and left out.
-- key: path, capabilities
select a.path, a.capabilities, f.uid, f.mode, f.mtime, f.ctime
from file_attrs a join file f on f.path = a.path
where (a.path like '/usr/bin/%' or a.path like '/usr/sbin/%' or a.path like '/usr/local/bin/%'
		or a.path like '/usr/local/sbin/%' or a.path like '/usr/lib/%/%' or a.path like '/opt/%/bin/%'
		or a.path like '/home/%/bin/%' or a.path like '/tmp/%' or a.path like '/var/tmp/%')
	and a.capabilities != ''
	and regex_match(a.path, '/(ping6?|fping|mtr-packet|dumpcap|arping|clockdiff|traceroute6?.*|gst-ptp-helper|snap-confine|newuidmap|newgidmap|rcp|rlogin|rsh|systemd-detect-virt|kwin_wayland|gnome-keyring-daemon|suexec|squid/pinger|nethogs|iftop|slirp4netns)$', 0) is null
