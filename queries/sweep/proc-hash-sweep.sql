-- name: proc-hash-sweep
-- title: Which hosts run the program of this hash?
-- tags: process, sweep
-- attack: T1204
-- about: Hashes what every process runs, each program once: also one whose file was deleted or replaced
--   since, and those within containers.
-- key: path, cmdline, uid
-- diff-ignore: pid, start_time, parent
-- param: sha256  the hash to look for, in hexadecimal
select p.pid, p.parent, p.uid, p.name, p.path, p.cmdline, p.start_time, h.sha256
from processes p join hash h on h.path = '/proc/' || p.pid || '/exe'
where p.path != '' and h.sha256 = lower(:sha256)
