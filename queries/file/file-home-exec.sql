-- name: file-home-exec
-- title: Programs in hidden directories of homes and services
-- tags: file, malware
-- attack: T1564.001
-- about: ELF or script files that may be run, in ~/.cache, ~/.config, ~/.ssh and other hidden places one
--   and two levels deep, and in /var/lib/.x. Version managers and editors (~/.local, ~/.cargo, ~/.nvm,
--   ~/.vscode …) are left out.
-- key: path
-- diff-ignore: mtime, ctime, size
select path, uid, mode, size, mtime, ctime
from file
where (path like '/home/%/.%/%' or path like '/home/%/.%/%/%' or path like '/root/.%/%' or path like '/root/.%/%/%'
		or path like '/var/lib/%/.%/%' or path like '/var/www/.%/%' or path like '/var/spool/%/.%/%')
	and type = 'regular' and substr(mode, -3) glob '*[1357]*' and size > 0
	and regex_match(path, '/\.(local|cargo|rustup|pyenv|rbenv|nvm|asdf|sdkman|vscode[a-z-]*|cursor[a-z-]*|npm[a-z-]*|bun|deno|dotnet|git|oh-my-zsh|vim|emacs\.d|pki|mozilla|rvm|goenv|jenv|krew|linkerd2|fzf|tmux|git-templates|tfenv|linuxbrew|gem|composer|virtualenvs|venv|wine)/', 0) is null
