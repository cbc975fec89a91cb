-- name: sysctl-hardening
-- title: Settings of the kernel that make an attack easier
-- tags: posture, hardening
-- attack: T1562
-- about: Each row is a setting that is looser than usual hardening wants. Routers need ip_forward (not
--   looked at); debuggers need ptrace_scope 0; containers without root need unprivileged namespaces.
-- key: name
select name, current_value, case name
		when 'kernel.randomize_va_space' then '2'
		when 'kernel.kptr_restrict' then '1 or 2'
		when 'kernel.unprivileged_bpf_disabled' then '1 or 2'
		when 'kernel.sysrq' then '0, 16, 176, 438'
		when 'fs.suid_dumpable' then '0 or 2'
		when 'net.ipv4.conf.all.rp_filter' then '1 or 2'
		else 'not 0' end as better
from system_controls
where name = 'kernel.randomize_va_space' and current_value != '2'
	or name = 'kernel.kptr_restrict' and current_value = '0'
	or name = 'kernel.unprivileged_bpf_disabled' and current_value = '0'
	or name = 'kernel.yama.ptrace_scope' and current_value = '0'
	or name = 'kernel.dmesg_restrict' and current_value = '0'
	or name = 'kernel.sysrq' and current_value = '1'
	or name = 'fs.suid_dumpable' and current_value = '1'
	or name = 'fs.protected_symlinks' and current_value = '0'
	or name = 'fs.protected_hardlinks' and current_value = '0'
	or name = 'net.ipv4.tcp_syncookies' and current_value = '0'
