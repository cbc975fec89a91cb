-- name: mounts-network
-- title: File systems that come from other machines
-- tags: posture, mounts, exfiltration, inventory
-- attack: T1021.002, T1039
-- about: NFS, SMB, sshfs, rclone and the like: a way in for what is on the server, a way out for what is here.
-- key: path, device
select path, device, type, flags
from mounts
where type in ('nfs', 'nfs4', 'cifs', 'smb3', 'smbfs', 'ceph', 'glusterfs', 'lustre', '9p', 'davfs', 'afs', 'ncpfs')
	or type like 'fuse.%' and type not in ('fuse.lxcfs', 'fuse.gvfsd-fuse', 'fuse.portal', 'fuse.snapfuse', 'fuse.vmware-vmblock')
