-- name: ssh-rc
-- title: Scripts that sshd runs at each login
-- tags: persistence, ssh
-- packs: triage
-- attack: T1546.004, T1037
-- about: ~/.ssh/rc, ~/.ssh/environment and /etc/ssh/sshrc are run or read for every session, also without a
--   shell. Hardly anybody uses them honestly (X11 cookies are the example in the manual).
-- key: path
-- diff-ignore: mtime, ctime
select path, uid, mode, size, mtime, ctime
from file
where path in ('/etc/ssh/sshrc', '/root/.ssh/rc', '/root/.ssh/environment')
	or path like '/home/%/.ssh/rc' or path like '/home/%/.ssh/environment'
	or path like '/var/lib/%/.ssh/rc' or path like '/var/www/.ssh/rc'
