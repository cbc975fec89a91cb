-- name: file-text-sweep
-- title: Which hosts have this text in these files?
-- tags: file, sweep
-- about: Reads every file that the pattern matches, line by line: keep it narrow. % is one level of
--   directories, %% all below.
-- key: path, line
-- param: text  what to look for, upper and lower case alike
-- param: glob=/etc/%  files to read
select path, line_number, substr(line, 1, 500) as line
from file_lines
where path like :glob and line like '%' || :text || '%'
