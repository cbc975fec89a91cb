-- name: yara-process-sweep
-- title: In which process does this YARA rule match?
-- tags: process, sweep, yara, memory
-- attack: T1055
-- about: Reads the memory of every process whose path matches, while it runs: heavy on hosts with large
--   ones, so say which.
-- key: path, matches
-- diff-ignore: pid, start_time
-- param: rule  the text of the rules
-- param: path=/%  programs to look into; % stands for anything
select p.pid, p.start_time, p.uid, p.name, p.path, p.cmdline, y.matches, y.tags
from processes p join yara_process y on y.pid = p.pid
where p.path like :path and y.sigrule = :rule and y.count > 0
