-- name: python-pth
-- title: Python files that run code whenever Python starts
-- tags: persistence, python
-- attack: T1546.018
-- about: A line of a .pth file that begins with import is run by every python3. setuptools
--   (distutils-precedence), namespace packages, virtualenv, coverage and editable installs have such
--   lines and are left out; sitecustomize.py and usercustomize.py are run too and are shown whole.
-- key: path, line
select path, line_number, trim(line) as line
from file_lines
where (path like '/usr/lib/python3%/%-packages/%.pth' or path like '/usr/lib/python3/dist-packages/%.pth'
		or path like '/usr/local/lib/python3%/%-packages/%.pth'
		or path like '/home/%/.local/lib/python3%/site-packages/%.pth'
		or path like '/root/.local/lib/python3%/site-packages/%.pth'
		or path like '/usr/local/lib/python3%/%-packages/%customize.py'
		or path like '/home/%/.local/lib/python3%/site-packages/%customize.py'
		or path like '/root/.local/lib/python3%/site-packages/%customize.py')
	and (path like '%.py' and trim(line) != '' and line not like '#%' or regex_match(line, '^import[ \t]', 0) is not null)
	and regex_match(line, '^import (os; var = .SETUPTOOLS|sys, *types, *os; *(has_mfs|p = )|sys;exec\(|_virtualenv|coverage|__editable___|_distutils_hack|google_|apport_python_hook|distutils-precedence)', 0) is null
