-- name: proc-script-in-tmp
-- title: Interpreters that run a script from /tmp
-- tags: process, malware, script
-- attack: T1059
-- about: The program is an honest shell or python, the script is not: its path stands in the command
--   line. Configuration tools (Ansible, cloud-init, package scripts) do it for some seconds: min_age
--   leaves those out.
-- key: name, cmdline, uid
-- diff-ignore: pid, parent, start_time
-- param: min_age=60  seconds since the process started
select pid, start_time, parent, uid, name, path, cmdline, cwd
from processes
where regex_match(name, '^(sh|bash|dash|ash|zsh|ksh|python[0-9.]*|perl[0-9.]*|ruby[0-9.]*|php[0-9.]*|node|lua[0-9.]*)$', 0) is not null
	and regex_match(cmdline, '^[^ ]+( -[^ ]+)* /(tmp|var/tmp|dev/shm|run/user/[0-9]+)/', 0) is not null
	and start_time <= (select unix_time from time) - :min_age
