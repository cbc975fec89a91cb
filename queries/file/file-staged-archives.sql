-- name: file-staged-archives
-- title: Archives and dumps in temporary and web directories
-- tags: file, exfiltration
-- attack: T1560, T1074.001
-- about: Data is packed before it leaves, often where the web server can hand it out. Backups and installers
--   look the same; an archive of today in /dev/shm does not.
-- key: path
-- diff-ignore: mtime, ctime, size
-- param: min_size=1048576  the smallest, bytes
select path, uid, mode, size, mtime, ctime
from file
where (path like '/tmp/%%' or path like '/var/tmp/%%' or path like '/dev/shm/%%' or path like '/var/www/%%'
		or path like '/srv/www/%%' or path like '/usr/share/nginx/%%' or path like '/run/user/%/%')
	and type = 'regular' and size >= cast(:min_size as integer)
	and regex_match(lower(filename), '\.(tar|tgz|tbz2?|txz|zip|7z|rar|gz|bz2|xz|zst|sql|dump|bak|cpio|pcap|pcapng|kdbx|db|sqlite3?|vmdk|ova)(\.(gz|xz|zst|gpg|enc|aes|part[0-9]*|[0-9]{3}))*$', 0) is not null
