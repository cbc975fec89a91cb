-- name: kernel-tainted
-- title: The kernel was tainted by foreign or forced modules
-- tags: persistence, kernel, rootkit
-- packs: hygiene
-- attack: T1014, T1547.006
-- about: O: a module from outside the kernel's tree; E: one without a signature; F, R: loaded or removed
--   by force; K: patched while it ran. Drivers of NVIDIA, VirtualBox, ZFS and security products do so
--   from the start: a taint that the list of modules does not explain was left by one that hides.
-- key: letter
select letter, name, (select group_concat(name, ' ') from kernel_modules) as modules
from kernel_taint
where "set" = 1 and letter in ('F', 'R', 'O', 'E', 'K', 'P')
