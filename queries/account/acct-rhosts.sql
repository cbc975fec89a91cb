-- name: acct-rhosts
-- title: Files by which other hosts are trusted blindly
-- tags: account, persistence
-- attack: T1098, T1078
-- about: ~/.rhosts, ~/.shosts, /etc/hosts.equiv: logins without a password for whoever comes from there.
--   From another century; a new one is a back door.
-- key: path
-- diff-ignore: mtime, ctime
select path, uid, mode, size, mtime, ctime
from file
where path in ('/etc/hosts.equiv', '/etc/shosts.equiv', '/etc/ssh/shosts.equiv', '/root/.rhosts', '/root/.shosts')
	or path like '/home/%/.rhosts' or path like '/home/%/.shosts'
