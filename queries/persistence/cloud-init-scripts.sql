-- name: cloud-init-scripts
-- title: Scripts that cloud-init runs at each start
-- tags: persistence, cloud
-- attack: T1037, T1651
-- about: per-boot scripts run as root at every start, and are seldom used; the others ran once. User data
--   that came from the cloud is in user-data.txt: whoever may change it there is root here after a restart.
-- key: path
-- diff-ignore: mtime, ctime
select path, uid, mode, size, mtime, ctime
from file
where (path like '/var/lib/cloud/scripts/per-boot/%' or path like '/var/lib/cloud/scripts/per-instance/%'
		or path like '/var/lib/cloud/scripts/per-once/%' or path like '/etc/cloud/cloud.cfg.d/%')
	and type = 'regular'
	and filename not in ('README', '05_logging.cfg', '90_dpkg.cfg', '00_debian.cfg', '01_debian_cloud.cfg',
		'50-curtin-networking.cfg', 'curtin-preserve-sources.cfg', 'subiquity-disable-cloudinit-networking.cfg')
