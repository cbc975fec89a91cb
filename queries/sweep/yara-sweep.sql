-- name: yara-sweep
-- title: Which files match this YARA rule?
-- tags: file, sweep, yara
-- attack: T1027, T1204
-- about: Every file that the pattern matches is read whole: keep it narrow. The agent needs libyara on the
--   host and says so where it lacks it.
-- key: path, matches
-- diff-ignore: mtime, ctime
-- param: rule  the text of the rules
-- param: glob=/tmp/%%  files to look into
select y.path, y.matches, y.tags, f.uid, f.mode, f.size, f.mtime, f.ctime
from yara_file y join file f on f.path = y.path
where y.path like :glob and y.sigrule = :rule and y.count > 0
