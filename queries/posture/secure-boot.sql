-- name: secure-boot
-- title: Secure Boot that is off, or open to anybody
-- tags: posture, boot
-- attack: T1542.003
-- about: Machines started by UEFI without Secure Boot, or in setup mode. Those started by a BIOS have no row.
-- key: secure_boot
select secure_boot, setup_mode
from secureboot
where coalesce(secure_boot, 0) != 1 or setup_mode = 1
