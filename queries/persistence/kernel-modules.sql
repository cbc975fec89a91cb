-- name: kernel-modules
-- title: Modules of the kernel
-- tags: persistence, kernel, inventory
-- attack: T1547.006
-- about: To compare with the hosts beside it: what only one has. A rootkit takes itself out of this list;
--   kernel-tainted still tells of it.
-- key: name
-- diff-ignore: size, used_by, status
select name, size, used_by, status
from kernel_modules
