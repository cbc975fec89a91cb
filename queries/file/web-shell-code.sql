-- name: web-shell-code
-- title: Code of web shells in web directories
-- tags: file, webshell
-- packs: hygiene, triage
-- attack: T1505.003
-- about: Lines that run what the request says: eval, assert and system of $_GET, $_POST or $_REQUEST,
--   decoded blobs that are evaluated, Runtime.exec of a request's parameter. Security plugins carry such
--   lines as patterns; obfuscated shells may have none.
-- key: path, line_number
select l.path, l.line_number, substr(trim(l.line), 1, 300) as line, f.uid, f.size, f.mtime, f.ctime
from file f join file_lines l on l.path = f.path
where (f.path like '/var/www/%%' or f.path like '/srv/www/%%' or f.path like '/srv/http/%%'
		or f.path like '/usr/share/nginx/%%' or f.path like '/opt/tomcat/webapps/%%'
		or f.path like '/var/lib/tomcat%/webapps/%%')
	and f.type = 'regular' and f.size between 1 and 2000000
	and regex_match(lower(f.filename), '\.(php[0-9]?|phtml|phar|inc|jspx?|jspf|cgi|pl|htaccess|user\.ini|jpe?g|png|gif)$', 0) is not null
	and regex_match(l.line, '(eval|assert|system|exec|passthru|shell_exec|popen|proc_open|create_function|pcntl_exec)\s*\(\s*@?(base64_decode|gzinflate|gzuncompress|str_rot13|hex2bin|stripslashes|urldecode)?\s*\(?\s*@?\$_(GET|POST|REQUEST|COOKIE|SERVER|FILES)|eval\s*\(\s*@?(gzinflate|gzuncompress|str_rot13|base64_decode)\s*\(|`\$_(GET|POST|REQUEST)|\$_(GET|POST|REQUEST|COOKIE)\s*\[[^\]]*\]\s*\(\s*\$_|preg_replace\s*\(.*/e[^a-z].*\$_|getRuntime\(\)\.exec\s*\(\s*request\.getParameter|ProcessBuilder\(.*request\.getParameter|auto_prepend_file|AddType\s+application/x-httpd-php\s+\.(jpe?g|png|gif|txt)|(r57|c99|b374k|WSO|FilesMan|weevely|China ?Chopper|antSword|behinder)[ _-]?shell', 0) is not null
