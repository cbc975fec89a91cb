-- name: pam-odd
-- title: PAM lines that run a program or a foreign module
-- tags: persistence, account, credentials
-- packs: triage
-- attack: T1556.003
-- about: pam_exec and pam_script run something at each login and can be given the password
--   (expose_authtok). Modules by a path outside the security directories, and pam_permit as sufficient
--   for auth, let anybody in. Used honestly: pam_exec for mail at login, disk encryption, cloud images.
-- key: path, line
select path, line_number, trim(line) as line
from file_lines
where (path like '/etc/pam.d/%' or path = '/etc/pam.conf')
	and line not like '#%'
	and regex_match(line, 'pam_(exec|script|python|perl)\.so|^\s*-?auth\s+(sufficient|\[success=(done|ok)[^\]]*\])\s+pam_permit\.so|\s/(?!(usr/)?lib[^ ]*/security/)[^ ]*\.so', 0) is not null
