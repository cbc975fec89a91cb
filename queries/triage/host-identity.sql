-- name: host-identity
-- title: What machine is this?
-- tags: host, inventory
-- about: System, kernel, uptime and addresses in one row: the first lines of a ticket.
-- key: uuid
-- diff-ignore: uptime_s
select s.hostname, s.uuid, s.hardware_vendor, s.hardware_model, s.cpu_brand, s.cpu_logical_cores as cpus,
	s.physical_memory, o.name as os, o.version as os_version, k.version as kernel, u.total_seconds as uptime_s,
	(select group_concat(address, ' ') from interface_addresses
		where address not like '127.%' and address != '::1' and address not like 'fe80:%')
		as addresses
from system_info s, os_version o, kernel_info k, uptime u
