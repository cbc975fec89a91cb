-- name: acct-history-off
-- title: Shell histories that were switched off or emptied
-- tags: account, evasion
-- packs: triage
-- attack: T1070.003, T1562.003
-- about: A history that is a link to /dev/null, or empty though the home directory is in use. Images of
--   virtual machines are shipped with empty ones; a link is somebody's doing.
-- key: path
-- diff-ignore: mtime, ctime
select path, type, symlink_target_path as target, uid, size, mtime, ctime
from file
where (path in ('/root/.bash_history', '/root/.zsh_history', '/root/.ash_history', '/root/.python_history')
		or path like '/home/%/.bash_history' or path like '/home/%/.zsh_history'
		or path like '/home/%/.ash_history')
	and (symlink = 1 or type != 'regular' or size = 0)
