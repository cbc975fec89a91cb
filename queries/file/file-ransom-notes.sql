-- name: file-ransom-notes
-- title: Ransom notes and files with the endings of ransomware
-- tags: file, impact
-- packs: triage
-- attack: T1486
-- about: By name, at the top of home, data and web directories. A row for each of many directories within
--   minutes leaves no doubt.
-- key: path
-- diff-ignore: mtime, ctime, size
select path, uid, size, mtime, ctime
from file
where (path like '/%' or path like '/root/%' or path like '/home/%/%' or path like '/srv/%' or path like '/srv/%/%'
		or path like '/var/www/%' or path like '/var/www/%/%' or path like '/var/lib/%/%' or path like '/opt/%'
		or path like '/mnt/%/%' or path like '/data/%' or path like '/vmfs/volumes/%/%' or path like '/etc/%')
	and type = 'regular'
	and regex_match(lower(filename), '(how|read|restore|recover|decrypt|unlock)[-_ ]?(to|me|my|your|all)?[-_ ]?.*(decrypt|restore|recover|encrypt|unlock|files|ransom).*\.(txt|html?|hta|md)$|^!+.*(readme|read_me|restore|decrypt).*|readme[-_]?(for|to)[-_]?(decrypt|restore|unlock)|_readme\.txt$|\.(locked|encrypted|crypted|enc|lockbit|akira|babuk|clop|conti|darkside|hive|play|royal|blackcat|alphv|ragnar|revil|avos2?|esxiargs|rhysida|8base|medusa|qilin)$', 0) is not null
