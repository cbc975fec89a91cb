-- name: acct-sudoers-odd
-- title: Rules of sudo by which a shell can be had
-- tags: account, privilege
-- attack: T1548.003, T1574.006
-- about: Rules for everybody (ALL, %users), for service accounts, or for programs that start others
--   (editors, pagers, find, tar, python …), and env_keep of LD_PRELOAD, PYTHONPATH and the like.
-- key: path, header, rule_details
select source as path, header, rule_details
from sudoers
where (header in ('ALL', '%users', '%everyone', 'nobody', 'www-data', 'apache', 'nginx', 'daemon', 'mysql', 'postgres',
			'redis', 'tomcat', 'jenkins')
		and rule_details like '%=%')
	or regex_match(rule_details, '(env_keep|env_check|setenv)[^#]*(LD_|PYTHONPATH|PERL5LIB|BASH_ENV|GCONV_PATH)|!env_reset|!secure_path', 0) is not null
	or regex_match(rule_details, '/(vi|vim|vim\.[a-z]+|nano|less|more|man|find|awk|gawk|perl|python[0-9.]*|ruby|lua|php|tar|zip|rsync|git|gdb|strace|ed|env|nmap|socat|tcpdump|docker|mount|chmod|chown|cp|mv|tee|dd|bash|sh)( |,|$)', 0) is not null
