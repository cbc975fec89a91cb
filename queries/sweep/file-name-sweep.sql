-- name: file-name-sweep
-- title: Which hosts have a file of this name?
-- tags: file, sweep
-- about: % is one level of directories or a part of a name, %% all directories below: /home/%/.ssh/%
--   or /var/www/%%.
-- key: path
-- diff-ignore: mtime, ctime, size
-- param: glob  the paths to look for
select path, type, uid, gid, mode, size, mtime, ctime
from file
where path like :glob
