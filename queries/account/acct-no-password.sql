-- name: acct-no-password
-- title: Accounts that anybody may enter without a password
-- tags: account, credentials
-- packs: hygiene
-- attack: T1078.003, T1136.001
-- about: An empty password in /etc/shadow, or the hash (or nothing) in /etc/passwd itself, where it counts
--   and everybody may read it: an intruder's quick way. Images of containers and installers have empty
--   ones for root at times.
-- key: username, why
select username, 'empty password in shadow' as why, '/etc/shadow' as path, last_change
from shadow
where password_status = 'empty'
union all
select substr(line, 1, instr(line, ':') - 1),
	iif(substr(line, instr(line, ':') + 1, 1) = ':', 'no password in passwd', 'a hash in passwd'), path, null
from file_lines
where path = '/etc/passwd' and line like '%:%:%:%:%:%:%' and regex_match(line, '^[#+-]', 0) is null
	and regex_match(line, '^[^:]+:(x|\*|!|!!|\*LK\*|\*NP\*):', 0) is null
