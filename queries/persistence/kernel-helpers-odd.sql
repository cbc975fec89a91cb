-- name: kernel-helpers-odd
-- title: Programs that the kernel itself is told to run
-- tags: persistence, kernel, container
-- packs: triage
-- attack: T1546, T1611
-- about: core_pattern beginning with a pipe runs a program as root when any process crashes, modprobe and
--   hotplug when a module or device is wanted: ways out of a container and back in. The handlers of
--   systemd, apport, abrt and the like are known and left out.
-- key: name
select name, current_value
from system_controls
where (name = 'kernel.core_pattern' and current_value like '|%'
		and regex_match(current_value, '^\|(/usr)?/(lib|share|libexec)[^ ]*/(systemd-coredump|apport|abrt-hook-ccpp|rhsm[^ ]*|kdumpctl)( |$)|^\|/bin/false', 0) is null)
	or (name = 'kernel.modprobe' and regex_match(current_value, '^(/usr)?/s?bin/modprobe$|^$|^/bin/(true|false)$', 0) is null)
	or (name in ('kernel.hotplug', 'kernel.poweroff_cmd')
		and regex_match(current_value, '^(/sbin/poweroff|/bin/true|)$', 0) is null)
