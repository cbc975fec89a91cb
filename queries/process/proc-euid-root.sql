-- name: proc-euid-root
-- title: Processes that became root by a set-user-id program
-- tags: process, privilege
-- attack: T1548.001
-- about: Their real user is an ordinary one, their effective user is root. sudo, su, passwd and the
--   like while they wait for a password are left out; a shell here is a way to root that works.
-- key: path, cmdline, uid
-- diff-ignore: pid, parent, start_time
select p.pid, p.start_time, p.parent, p.uid, u.username, p.euid, p.name, p.path, p.cmdline
from processes p left join users u on u.uid = p.uid
where p.euid = 0 and p.uid != 0
	and regex_match(p.path, '^/(usr/)?(bin|sbin|lib[^ ]*|libexec[^ ]*)/(sudo|su|pkexec|passwd|chsh|chfn|newgrp|gpasswd|chage|mount|umount|fusermount3?|ping|unix_chkpwd|crontab|at|ssh-keysign|Xorg(\.wrap)?|dbus-daemon-launch-helper|polkit-agent-helper-1|snap-confine|newuidmap|newgidmap|doas)$', 0) is null
