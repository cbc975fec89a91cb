-- name: shell-init-odd
-- title: Shell start files that fetch, hide, preload, replace
-- tags: persistence, shell, credentials
-- packs: hygiene
-- attack: T1546.004, T1574.006
-- about: Downloads into a shell, /dev/tcp, base64, LD_PRELOAD, traps on DEBUG, programs put in the
--   background from /tmp or hidden files, sudo, su and ssh replaced by aliases or functions (to steal
--   passwords), history switched off. Settings people have made for themselves (HISTFILE, an alias for
--   ssh) look alike: read the line.
-- key: path, line
select path, line_number, trim(line) as line
from file_lines
where (path in ('/etc/profile', '/etc/bash.bashrc', '/etc/bashrc', '/etc/environment', '/etc/rc.local',
			'/etc/rc.d/rc.local', '/etc/zsh/zshrc', '/etc/zsh/zshenv', '/etc/zsh/zprofile',
			'/root/.bashrc', '/root/.profile', '/root/.bash_profile', '/root/.bash_login',
			'/root/.bash_logout', '/root/.zshrc', '/root/.zshenv', '/root/.zprofile')
		or path like '/etc/profile.d/%.sh' or path like '/home/%/.bashrc' or path like '/home/%/.profile'
		or path like '/home/%/.bash_profile' or path like '/home/%/.bash_login'
		or path like '/home/%/.bash_logout' or path like '/home/%/.bash_aliases'
		or path like '/home/%/.zshrc' or path like '/home/%/.zshenv' or path like '/home/%/.zprofile')
	and line not like '#%'
	and regex_match(line, '(curl|wget)[^|#]*\| *(ba|da|z|k)?sh|/dev/(tcp|udp)/|base64 +(-d|--decode)|LD_(PRELOAD|AUDIT)=|\btrap\b.*\bDEBUG|\b(nc|ncat|socat)\b.*(-e|exec)|(^|[;&|(] *|\b(nohup|exec|source|bash|sh|python[0-9.]*) +|^\s*\. +)\s*/(tmp|var/tmp|dev/shm)/[^ ]+|/\.[^/ ]+/?[^ ]* *(>[^&]*)?& *$|alias +(sudo|su|ssh|passwd|login)=|^\s*(function +)?(sudo|su|ssh|passwd) *\( *\)|HISTFILE=/dev/null|unset +HISTFILE|set \+o history|python[0-9.]* +-c|perl +-e|insmod |PROMPT_COMMAND=.*(curl|wget|/dev/tcp|nc )', 0) is not null
