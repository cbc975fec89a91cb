-- name: reboot-required
-- title: Hosts that wait for a restart after an upgrade
-- tags: posture, packages
-- about: Debian's and Ubuntu's mark. Until then the old kernel and libraries, with their holes, are in use:
--   proc-exe-deleted tells of services.
-- key: path
-- diff-ignore: since
select path, ctime as since,
	(select group_concat(line, ' ') from file_lines where path = '/run/reboot-required.pkgs') as packages
from file
where path in ('/run/reboot-required', '/var/run/reboot-required') and symlink = 0
limit 1
