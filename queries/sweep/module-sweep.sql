-- name: module-sweep
-- title: Which hosts have this kernel module?
-- tags: kernel, sweep
-- attack: T1547.006
-- about: The list of modules, and files NAME.ko* where intruders put them. A rootkit takes itself out of
--   the list: see kernel-tainted.
-- key: what
-- param: module  its name; % stands for anything
select 'loaded' as state, name as what, null as path
from kernel_modules where name like replace(:module, '-', '_')
union all
select 'file', filename, path
from file
where (path like '/lib/modules/%/extra/%' or path like '/lib/modules/%/updates/%%' or path like '/lib/modules/%/kernel/drivers/misc/%'
		or path like '/tmp/%%' or path like '/var/tmp/%%' or path like '/dev/shm/%%' or path like '/root/%'
		or path like '/root/%/%' or path like '/usr/lib/%.ko%' or path like '/opt/%/%')
	and filename like :module || '.ko%'
