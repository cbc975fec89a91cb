-- name: proc-service-shell
-- title: Shells below a web server, database or service
-- tags: process, webshell, exploitation
-- packs: triage
-- attack: T1505.003, T1190
-- about: Web shells and exploited services start commands by a shell. Honest ones: CGI scripts, PHP
--   that calls exec(), database backups; they are short and always the same. What an interactive
--   shell does below is in proc-tree of its pid.
-- key: service, path, cmdline, uid
-- diff-ignore: pid, parent, start_time, service_pid
select c.pid, c.start_time, c.parent, c.uid, c.path, c.cmdline, p.name as service,
	p.pid as service_pid, p.cmdline as service_cmdline
from processes c join processes p on p.pid = c.parent
where c.name in ('sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', 'csh', 'tcsh', 'busybox')
	and regex_match(p.name, '^(nginx|httpd|apache2?|lighttpd|caddy|php(-fpm)?[0-9.]*|php-cgi[0-9.]*|java|jsvc|tomcat[0-9]*|catalina|w3wp|uwsgi|gunicorn.*|mysqld|mariadbd|postgres|mongod|redis-server|memcached|named|exim4?|vsftpd|proftpd|smbd|confluence|jenkins|gitlab-.*|puma.*|unicorn.*)$', 0) is not null
