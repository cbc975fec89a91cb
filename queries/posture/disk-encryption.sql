-- name: disk-encryption
-- title: File systems that are not encrypted
-- tags: posture, disk
-- about: Those on disks of this machine. In a cloud the provider encrypts below; that is not to be seen here.
-- key: device
select m.device, min(m.path) as path, m.type, coalesce(d.encryption_status, 'not encrypted') as encryption
from mounts m left join disk_encryption d on d.name in (m.device, m.device_alias)
where m.device like '/dev/%' and coalesce(d.encrypted, 0) = 0
	and m.type not in ('squashfs', 'iso9660', 'vfat', 'devtmpfs') and m.path not like '/boot%'
group by m.device
