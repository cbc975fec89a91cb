-- name: acct-home-odd
-- title: Accounts whose home or shell is in an odd place
-- tags: account, persistence
-- attack: T1136.001, T1564.002
-- about: A home in /tmp, /dev or a hidden directory, or a shell that is not a program of the system's
--   directories (git-shell, rbash and restricted shells of appliances are).
-- key: username
select username, uid, shell, directory
from users
where regex_match(directory, '^/(tmp|var/tmp|dev)(/|$)|/\.', 0) is not null
		and shell not like '%/nologin' and shell not like '%/false'
	or shell != '' and regex_match(shell, '^/(usr/)?(s?bin|lib[^/]*|libexec|local/s?bin|libexec/[^ ]*)/|^/opt/|^/run/current-system/', 0) is null
	or regex_match(shell, '/(nc|ncat|python[0-9.]*|perl|socat|vi|vim)$', 0) is not null
