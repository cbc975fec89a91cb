-- name: file-webroot-new
-- title: Scripts in web directories that are new or changed
-- tags: file, webshell
-- packs: triage
-- attack: T1505.003
-- about: A deployment changes many at once; one alone, in uploads or images, with an owner other than the
--   rest, is what a web shell looks like.
-- key: path
-- diff-ignore: mtime, ctime, size
-- param: days=7  how far back
select path, uid, mode, size, mtime, ctime
from file
where (path like '/var/www/%%' or path like '/srv/www/%%' or path like '/srv/http/%%'
		or path like '/usr/share/nginx/%%' or path like '/opt/tomcat/webapps/%%'
		or path like '/var/lib/tomcat%/webapps/%%')
	and type = 'regular'
	and regex_match(lower(filename), '\.(php[0-9]?|phtml|phar|inc|jspx?|jspf|war|aspx?|ashx|cgi|pl|py|rb|sh|htaccess|user\.ini)$', 0) is not null
	and ctime > (select unix_time from time) - :days * 86400
