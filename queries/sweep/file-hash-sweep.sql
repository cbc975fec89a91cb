-- name: file-hash-sweep
-- title: Which hosts have a file with this hash?
-- tags: file, sweep
-- attack: T1204
-- about: Hashes every file that the pattern matches, so keep it narrow: % is one level of directories,
--   %% all below.
-- key: path
-- diff-ignore: ctime, mtime
-- param: sha256  the hash to look for, in hexadecimal
-- param: glob=/tmp/%%  files to hash
-- param: max_size=52428800  larger files are not read, bytes
select f.path, f.uid, f.mode, f.size, f.mtime, f.ctime, h.sha256
from file f join hash h on h.path = f.path
where f.path like :glob and f.type = 'regular' and f.size > 0
	and f.size <= cast(:max_size as integer) and h.sha256 = lower(:sha256)
