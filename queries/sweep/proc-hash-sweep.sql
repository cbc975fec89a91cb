-- name: proc-hash-sweep
-- title: Which hosts run the program of this hash?
-- tags: process, sweep
-- attack: T1204
-- about: Hashes the program file of every process. A program that deleted its file has none to hash: ask
--   proc-exe-deleted too.
-- key: path, cmdline, uid
-- diff-ignore: pid, start_time, parent
-- param: sha256  the hash to look for, in hexadecimal
select p.pid, p.parent, p.uid, p.name, p.path, p.cmdline, p.start_time, h.sha256
from processes p join hash h on h.path = p.path
where p.path != '' and h.sha256 = lower(:sha256)
