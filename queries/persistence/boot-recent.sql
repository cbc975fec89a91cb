-- name: boot-recent
-- title: Boot loader, kernel, initramfs: changed lately
-- tags: persistence, boot
-- attack: T1542.003, T1542
-- about: Kernel and firmware upgrades change these; otherwise they stay as they are. ctime cannot be set
--   back by touch.
-- key: path
-- diff-ignore: mtime, ctime, size
-- param: days=7  how far back
select path, uid, mode, size, mtime, ctime
from file
where (path like '/boot/%' or path like '/boot/grub/%' or path like '/boot/grub2/%' or path like '/boot/efi/EFI/%/%'
		or path like '/boot/loader/entries/%' or path like '/etc/default/grub%' or path like '/etc/grub.d/%'
		or path like '/etc/initramfs-tools/hooks/%' or path like '/etc/initramfs-tools/scripts/%/%'
		or path like '/etc/dracut.conf.d/%')
	and type = 'regular'
	and ctime > (select unix_time from time) - :days * 86400
