#!/bin/bash
# Tables about the machine: disks, arrays, buses, firmware and what guards the kernel; live against
# lsblk and /sys, the rest over a made root, then over one that is full of nonsense.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3

ask() { "$AGENTD" query -o tsv "${@:2}" "$1" 2>"$T/ask.err" | tail -n +2; }
put() { mkdir -p "$(dirname "$root$1")" && cat >"$root$1"; }
attr() { mkdir -p "$(dirname "$root$1")" && printf '%s\n' "$2" >"$root$1"; }

# ---- Live ----

if command -v lsblk >/dev/null; then
	disks() { ask "select replace(name, '/dev/', ''), size * 512, parent from block_devices where size > 0 order by 1"; }
	disks_there() { lsblk -rbn -o NAME,SIZE,PKNAME | awk '$2 > 0 {print $1 "\t" $2 "\t" ($3 == "" ? "" : "/dev/" $3)}' | sort -u; }
	alike disks_like_lsblk disks disks_there
fi
disk=$(find /sys/class/block/ -mindepth 1 -printf '%f\n' | head -n 1)
is disk_look_up "$(ask "select name from block_devices where name in ('/dev/$disk', '/dev/../etc', '$disk', '/dev/no-such', '/dev/', '')")" "/dev/$disk"
encryption() { ask 'select count(*) from disk_encryption'; }
encryption_there() { find /sys/class/block/ -mindepth 1 | wc -l; }
alike encryption_has_all encryption encryption_there
if [ -d /sys/bus/pci/devices ]; then
	is pci_like_sys "$(ask 'select pci_slot, vendor_id, model_id, pci_class_id from pci_devices order by 1')" \
		"$(cd /sys/bus/pci/devices && for d in *; do printf '%s\t%s\t%s\t%s\n' "$d" "$(cat "$d/vendor")" "$(cat "$d/device")" "$(cut -c1-4 "$d/class")"; done)"
fi
for t in usb_devices md_devices md_drives md_personalities smbios_tables cpu_info platform_info secureboot msr selinux_settings apparmor_profiles; do
	"$AGENTD" query "select * from $t" >/dev/null 2>"$T/err" || fail "live_$t" "$(cat "$T/err")"
done
if [ "$(id -u)" = 0 ] && command -v mkfs.ext4 >/dev/null && [ -e /dev/loop-control ] && [ ! -e /run/udev/data ]; then
	truncate -s 8M "$T/img"
	mkfs.ext4 -q -L tocsin-test -U 11111111-2222-3333-4444-555555555555 "$T/img"
	if loop=$(losetup -f --show "$T/img" 2>/dev/null); then
		got=$(ask "select uuid, type, label, size, block_size from block_devices where name = '$loop'")
		losetup -d "$loop"
		is disk_content "$got" '11111111-2222-3333-4444-555555555555	ext4	tocsin-test	16384	512'
	else
		skip disk_content "no loop devices"
	fi
fi

# ---- Made: disks ----

root=$T/root
dev=/sys/devices/pci0/block
for d in "sda 8:0 1000215216" "sda/sda1 8:1 1048576" "cciss!c0d0 104:0 2048" "dm-0 253:0 999" "dm-1 253:1 500"; do
	# shellcheck disable=SC2086 # three words
	set -- $d
	attr "$dev/$1/dev" "$2"
	attr "$dev/$1/size" "$3"
	mkdir -p "$root/sys/class/block"
	ln -s "../../devices/pci0/block/$1" "$root/sys/class/block/${1##*/}"
done
attr $dev/sda/queue/logical_block_size 4096
attr $dev/sda/device/vendor 'ATA     '
attr $dev/sda/device/model 'Samsung SSD 860 '
attr $dev/sda/device/wwid 't10.ATA     S3Z'
mkdir -p "$root$dev/dm-0/slaves/sda1" "$root$dev/dm-1/slaves/dm-0"
attr $dev/dm-0/dm/uuid CRYPT-LUKS2-0123456789abcdef0123456789abcdef-home
attr $dev/dm-1/dm/uuid LVM-abc
put /run/udev/data/b8:1 <<'END'
S:disk/by-uuid/x
E:ID_FS_UUID=aaaa-bbbb
E:ID_FS_TYPE=crypto_LUKS
E:ID_FS_LABEL=my_data
END
is disks_made "$(ask 'select * from block_devices order by name' --root "$root")" "$(printf '%s\n' \
	'/dev/cciss/c0d0					2048				' \
	'/dev/dm-0	/dev/sda1	ATA	Samsung SSD 860	t10.ATA     S3Z	999				' \
	'/dev/dm-1	/dev/dm-0	ATA	Samsung SSD 860	t10.ATA     S3Z	500				' \
	'/dev/sda		ATA	Samsung SSD 860	t10.ATA     S3Z	1000215216	4096			' \
	'/dev/sda1	/dev/sda	ATA	Samsung SSD 860	t10.ATA     S3Z	1048576	4096	aaaa-bbbb	crypto_LUKS	my_data')"
is disk_with_slash "$(ask "select size from block_devices where name = '/dev/cciss/c0d0'" --root "$root")" 2048
is encryption_made "$(ask 'select * from disk_encryption order by name' --root "$root")" "$(printf '%s\n' \
	'/dev/cciss/c0d0		0		not encrypted' '/dev/dm-0		1	LUKS2	encrypted' '/dev/dm-1		1	LUKS2	encrypted' \
	'/dev/sda		0		not encrypted' '/dev/sda1	aaaa-bbbb	0		not encrypted')"

# ---- Made: arrays ----

put /proc/mdstat <<'END'
Personalities : [raid1] [raid6] [linear]
md1 : active (auto-read-only) raid1 sdd1[2](F) sdc1[3] sdb1[1]
      1046528 blocks super 1.2 [3/1] [_U_]
      [==>..................]  recovery = 12.6% (37043392/292945152) finish=127.5min speed=33440K/sec
      bitmap: 0/8 pages [0KB], 65536KB chunk, file: /var/md bitmap

md2 : active raid5 sde1[0] sdf1[1]
      2093056 blocks super 1.2 level 5, 512k chunk, algorithm 2 [2/2] [UU]
        resync=DELAYED

md3 : inactive sdg[0](S)
      8192 blocks

md4 : active raid1 sdh1[0] sdi1[1]
      1024 blocks [2/2] [UU]
      [>....................]  check =  1.0% (10/1024) finish=1.5min speed=11K/sec

md5 : active raid1 sdj1[0] sdk1[1]
      1024 blocks [2/2] [UU]
      [>....................]  reshape =  2.0% (20/1024) finish=2.5min speed=22K/sec

md6 : active raid1 sdl1[0] sdm1[1]
      1024 blocks [2/2] [UU]
      [>....................]  resync =  3.0% (30/1024) finish=3.5min speed=33K/sec

unused devices: sdx1
END
m=/sys/block/md1/md
attr $m/raid_disks 3
attr $m/chunk_size 0
attr $m/metadata_version 1.2
attr $m/array_state clean
attr $m/dev-sdb1/state in_sync,write_mostly
attr $m/dev-sdb1/slot 1
attr $m/dev-sdc1/state spare
attr $m/dev-sdc1/slot 2
attr $m/dev-sdd1/state faulty
attr $m/dev-sdd1/slot none
attr /sys/block/md2/md/chunk_size 524288
is md_devices "$(ask 'select device_name, status, raid_level, size, chunk_size, raid_disks, nr_raid_disks, working_disks, active_disks, failed_disks, spare_disks,
	superblock_state, superblock_version, other, unused_devices from md_devices where device_name < "md4"' --root "$root")" "$(printf '%s\n' \
	'md1	active	1	1046528	0	3	3	2	1	1	1	clean bitmap_present	1.2	super 1.2	sdx1' \
	'md2	active	5	2093056	524288									super 1.2 level 5, 512k chunk, algorithm 2	sdx1' \
	'md3	inactive		8192											sdx1')"
is md_progress "$(ask 'select recovery_progress, recovery_finish, recovery_speed, bitmap_on_mem, bitmap_chunk_size, bitmap_external_file, resync_progress is null
	from md_devices limit 1' --root "$root")" '12.6% (37043392/292945152)	127.5min	33440K/sec	0/8 pages [0KB]	65536KB chunk	/var/md bitmap	1'
for what in check_array reshape resync; do
	is "md_$what" "$(ask "select device_name, ${what}_progress, ${what}_finish, ${what}_speed from md_devices where ${what}_finish is not null" --root "$root")" \
		"$(case $what in check_array) printf 'md4\t1.0%% (10/1024)\t1.5min\t11K/sec' ;; reshape) printf 'md5\t2.0%% (20/1024)\t2.5min\t22K/sec' ;;
		*) printf 'md6\t3.0%% (30/1024)\t3.5min\t33K/sec' ;; esac)"
done
is md_delayed "$(ask "select resync_progress, resync_speed is null from md_devices where device_name = 'md2'" --root "$root")" 'DELAYED	1'
is md_drives "$(ask "select * from md_drives where md_device_name = 'md1'" --root "$root")" "$(printf '%s\n' \
	'md1	/dev/sdd1		faulty' 'md1	/dev/sdc1	2	recovering' 'md1	/dev/sdb1	1	active sync writemostly' 'md1	unknown	0	removed' | sed 's/sdd1\t\t/sdd1\t2\t/')"
is md_personalities "$(ask 'select name from md_personalities' --root "$root" | tr '\n' ' ')" 'raid1 raid6 linear '

# ---- Made: buses ----

p=/sys/bus/pci/devices/0000:00:1f.2
attr $p/vendor 0x8086
attr $p/device 0x2922
attr $p/class 0x010601
attr $p/subsystem_vendor 0x1af4
attr $p/subsystem_device 0x1100
mkdir -p "$root/sys/bus/pci/drivers/ahci"
ln -s ../../drivers/ahci "$root$p/driver"
put /usr/share/misc/pci.ids <<'END'
# a comment
1af4  Red Hat, Inc.
	1100  Not this one
8086  Intel Corporation
	2922  ICH9 SATA
		1af4 1100  QEMU Virtual Machine
	2923  another
C 01  Mass storage controller
	06  SATA controller
		01  AHCI 1.0
END
is pci_made "$(ask 'select * from pci_devices' --root "$root")" \
	'0000:00:1f.2	Mass storage controller	ahci	Intel Corporation	0x8086	ICH9 SATA	0x2922	0x01	0x06	SATA controller	0x1af4	Red Hat, Inc.	0x1100	QEMU Virtual Machine'
u=/sys/bus/usb/devices/1-2
for a in busnum=1 devnum=5 idVendor=046d idProduct=c31c bcdDevice=6402 bDeviceClass=ef bDeviceSubClass=02 bDeviceProtocol=01 removable=removable serial=S1 'product=A Keyboard'; do
	attr "$u/${a%%=*}" "${a#*=}"
done
attr "$u:1.0/bInterfaceClass" 03
put /var/lib/usbutils/usb.ids <<<'046d  Logitech, Inc.'
is usb_made "$(ask 'select * from usb_devices' --root "$root")" '1	5	Logitech, Inc.	046d	6402	A Keyboard	c31c	S1	239	2	1	1'
attr $u/removable unknown
is usb_not_known "$(ask 'select removable from usb_devices' --root "$root")" -1

# ---- Made: firmware ----

mkdir -p "$root/sys/firmware/dmi/tables"
python3 - "$root/sys/firmware/dmi/tables/DMI" "$T/md5" <<'PY'
import hashlib, struct, sys
def entry(type, handle, body, strings):
    head = bytes([type, 4 + len(body)]) + struct.pack("<H", handle) + body
    return head + (b"".join(s + b"\0" for s in strings) or b"\0") + b"\0"
bios = entry(0, 0, bytes([1, 2]) + struct.pack("<H", 0xe800) + bytes([3, 0xff]) + bytes(10) + bytes([5, 27, 0xff, 0xff]) + struct.pack("<H", 0x4002), [b"American Megatrends", b"1.2b ", b"04/01/2024"])
cpu = bytearray(0x30 - 4)
def at(o, b): cpu[o - 4:o - 4 + len(b)] = b
at(4, b"\1"); at(5, b"\3"); at(7, b"\2"); at(0x10, b"\3"); at(0x14, struct.pack("<HH", 3800, 2400)); at(0x18, b"\x41")
at(0x23, b"\xff"); at(0x25, b"\xff"); at(0x26, struct.pack("<H", 4)); at(0x2a, struct.pack("<H", 256)); at(0x2e, struct.pack("<H", 512))
cpu = entry(4, 0x11, bytes(cpu), [b"CPU 1", b"Intel", b"Xeon"])
end = entry(127, 0xfeff, b"", [])
open(sys.argv[1], "wb").write(bios + cpu + end)
open(sys.argv[2], "w").write("".join("%d\t%d\t%s\t%d\t%d\t%d\t%s\n" % (i, e[0], d, struct.unpack("<H", e[2:4])[0], e[1], len(e), hashlib.md5(e).hexdigest())
    for i, (e, d) in enumerate([(bios, "BIOS Information"), (cpu, "Processor Information"), (end, "End-of-Table")])))
PY
is smbios_made "$(ask 'select * from smbios_tables' --root "$root")" "$(cat "$T/md5")"
is cpu_made "$(ask 'select * from cpu_info' --root "$root")" 'CPU0	Xeon	Intel	3	65	256	512	64	2400	3800	CPU 1'
is platform_made "$(ask 'select * from platform_info' --root "$root")" "American Megatrends	1.2b	04/01/2024	5.27		bios	0xe800	$((2 << 30))	0"
is secureboot_bios "$(ask 'select count(*) from secureboot' --root "$root")" 0
mkdir -p "$root/sys/firmware/efi/efivars"
printf '\6\0\0\0\1' >"$root/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
printf '\6\0\0\0' >"$root/sys/firmware/efi/efivars/SetupMode-8be4df61-93ca-11d2-aa0d-00e098032b8c"
is secureboot_made "$(ask 'select secure_boot, setup_mode is null from secureboot' --root "$root")" '1	1'
rm "$root/sys/firmware/dmi/tables/DMI"
attr /sys/class/dmi/id/bios_vendor SeaBIOS
attr /sys/class/dmi/id/bios_release 1.16
is platform_attributes "$(ask 'select vendor, revision, firmware_type, size is null from platform_info' --root "$root")" 'SeaBIOS	1.16	uefi	1'

# ---- Made: guards ----

echo 'none /selinux selinuxfs rw 0 0' | put /proc/mounts
attr /selinux/enforce 1
attr /selinux/booleans/httpd_can_network_connect '0 0'
attr /selinux/booleans/ssh_sysadm_login '1 1'
attr /selinux/policy_capabilities/open_perms 1
attr /selinux/class/file/index 6
attr /selinux/class/file/perms/read 1
printf 'system_u:object_r:kernel_t:s0\0' | put /selinux/initial_contexts/kernel
is selinux_made "$(ask 'select * from selinux_settings order by 1, 2' --root "$root")" "$(printf '%s\n' \
	'	enforce	1' 'booleans	httpd_can_network_connect	off' 'booleans	ssh_sysadm_login	on' 'class	file/perms	read' \
	'initial_contexts	kernel	system_u:object_r:kernel_t:s0' 'policy_capabilities	open_perms	1')"
a=/sys/kernel/security/apparmor/policy/profiles
for f in name=/usr/bin/man attach=/usr/bin/man mode=enforce sha1=abc profiles/man_groff.2/name=man_groff profiles/man_groff.2/mode=complain; do
	attr "$a/usr.bin.man.1/${f%%=*}" "${f#*=}"
done
is apparmor_made "$(ask 'select path, name, attach, mode, sha1, sha256 is null from apparmor_profiles order by 1' --root "$root")" "$(printf '%s\n' \
	'/usr/bin/man	/usr/bin/man	/usr/bin/man	enforce	abc	1' '/usr/bin/man//man_groff	man_groff		complain		1')"

# ---- Nonsense ----

# Loops, devices that are their own parents, pipes and endless files in the places of attributes.
ln -s . "$root$a/usr.bin.man.1/profiles/again"
mkdir -p "$root$dev/loopy/slaves/loopy"
ln -s ../../devices/pci0/block/loopy "$root/sys/class/block/loopy"
mkfifo "$root$dev/loopy/size" "$root$dev/loopy/dev" "$root$p/numa"
rm "$root$p/vendor" && mkfifo "$root$p/vendor"
rm "$root/proc/mdstat" && mkfifo "$root/proc/mdstat"
rm "$root/usr/share/misc/pci.ids" && ln -s /dev/zero "$root/usr/share/misc/pci.ids"
mkdir -p "$root/sys/firmware/dmi/tables"
head -c 3000000 /dev/urandom >"$root/sys/firmware/dmi/tables/DMI"
ln -s /sys/class/dmi/id/../../../devices "$root$dev/sda/device/serial"
for t in block_devices disk_encryption md_devices md_drives md_personalities pci_devices usb_devices smbios_tables cpu_info platform_info selinux_settings apparmor_profiles; do
	bounded 20 "$AGENTD" query -o tsv --root "$root" "select * from $t" >"$T/out" 2>"$T/err"
	is "nonsense_$t" "$?" 0
done
is loopy_is_bounded "$(ask "select parent, encrypted from block_devices join disk_encryption using (name) where name = '/dev/loopy'" --root "$root")" ''
is loopy_in_list "$(ask "select encrypted from disk_encryption where name like '%loopy'" --root "$root")" 0
is apparmor_loop_bounded "$(ask 'select count(*) < 100 from apparmor_profiles' --root "$root")" 1
mkdir "$T/empty"
for t in block_devices disk_encryption md_devices md_drives md_personalities pci_devices usb_devices smbios_tables cpu_info platform_info secureboot msr selinux_settings apparmor_profiles; do
	is "empty_$t" "$(ask "select count(*) from $t" --root "$T/empty")$(cat "$T/ask.err")" 0
done
