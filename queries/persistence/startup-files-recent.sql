-- name: startup-files-recent
-- title: Start scripts and shell profiles that changed lately
-- tags: persistence, shell
-- attack: T1546.004, T1037.004
-- about: rc.local, init.d, profile, bashrc and the like, of the system and of every home directory. Users
--   change their own; compare their contents with shell-init-odd.
-- key: path
-- diff-ignore: mtime, ctime, size
-- param: days=7  how far back
select path, uid, mode, size, mtime, ctime
from file
where (path in ('/etc/rc.local', '/etc/rc.d/rc.local', '/etc/profile', '/etc/bash.bashrc', '/etc/bashrc',
			'/etc/environment', '/etc/inittab', '/etc/zsh/zshrc', '/etc/zsh/zprofile', '/etc/zsh/zshenv',
			'/etc/security/pam_env.conf', '/root/.bashrc', '/root/.profile', '/root/.bash_profile',
			'/root/.bash_logout', '/root/.zshrc', '/root/.pam_environment')
		or path like '/etc/init.d/%' or path like '/etc/profile.d/%' or path like '/etc/rc.d/init.d/%'
		or path like '/home/%/.bashrc' or path like '/home/%/.profile' or path like '/home/%/.bash_profile'
		or path like '/home/%/.bash_login' or path like '/home/%/.bash_logout' or path like '/home/%/.zshrc'
		or path like '/home/%/.zshenv' or path like '/home/%/.pam_environment')
	and type = 'regular'
	and ctime > (select unix_time from time) - :days * 86400
