-- name: proc-hidden-dir
-- title: Processes that run from or in a hidden directory
-- tags: process, malware
-- attack: T1564.001
-- about: A directory whose name begins with a dot is not listed by ls. Version managers, editors and
--   user installations (~/.local, ~/.cargo, ~/.vscode-server, ~/.nvm …) live in some and are left out
--   where they are below a home directory.
-- key: path, cwd, cmdline, uid
-- diff-ignore: pid, parent, start_time
select pid, start_time, parent, uid, name, path, cwd, cmdline
from processes
where (path like '%/.%' and regex_match(path, '^(/home/[^/]+|/root)/\.(local|cargo|rustup|pyenv|rbenv|nvm|asdf|sdkman|vscode[a-z-]*|cursor[a-z-]*|config|npm[a-z-]*|bun|deno|dotnet|mozilla|steam|linuxbrew)/', 0) is null)
	or (cwd like '%/.%' and regex_match(cwd, '^(/home/[^/]+|/root)/\.', 0) is null)
