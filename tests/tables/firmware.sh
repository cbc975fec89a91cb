#!/bin/bash
# What the firmware and the processor tell: SMBIOS structures about memory and free texts, ACPI
# tables, certificates of Secure Boot, the management engine, CPUID; made by hand here, and where
# this machine has them against other readers.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3 openssl

ask() { "$AGENTD" query -o tsv "${@:2}" "$1" 2>"$T/ask.err" | tail -n +2; }
root=$T/root
put() { mkdir -p "$(dirname "$root$1")" && cat >"$root$1"; }

# ---- Live ----

if [ -r /sys/firmware/acpi/tables/DSDT ]; then
	is acpi_like_md5sum "$(ask 'select md5, size, name from acpi_tables order by name, md5')" \
		"$(find /sys/firmware/acpi/tables -type f -exec sh -c 'printf "%s\t%s\t%s\n" "$(md5sum <"$1" | cut -c1-32)" "$(wc -c <"$1")" "${1##*/}"' sh {} \; | LC_ALL=C sort -t '	' -k3,3 -k1,1)"
else
	skip acpi_like_md5sum "no ACPI tables to be read"
fi
if grep -q '^flags' /proc/cpuinfo; then
	is cpuid_vendor "$(ask "select value from cpuid where feature = 'vendor'")" "$(sed -n 's/^vendor_id.*: //p;' /proc/cpuinfo | head -n 1)"
	is cpuid_name "$(ask "select trim(value) from cpuid where feature = 'product_name'")" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1 | sed 's/ *$//')"
	# What the kernel calls otherwise or hides is left out.
	flags=$(sed -n 's/^flags[^:]*: //p' /proc/cpuinfo | head -n 1)
	for f in pae sse sse2 ssse3 avx avx2 aes smep bmi2 erms adx umip vaes gfni hypervisor; do
		case " $flags " in *" $f "*) printf '%s\t1\n' $f ;; *) printf '%s\t0\n' $f ;; esac
	done | sort >"$T/flags"
	is cpuid_like_cpuinfo "$(ask "select feature, value from cpuid where feature in ($(cut -f1 "$T/flags" | sed "s/.*/'&'/" | paste -sd,)) order by 1")" "$(cat "$T/flags")"
else
	is cpuid_elsewhere "$(ask 'select count(*) from cpuid')" 0
fi
for t in memory_devices memory_arrays memory_array_mapped_addresses memory_device_mapped_addresses memory_error_info oem_strings \
	secureboot_certificates intel_me_info; do
	"$AGENTD" query "select * from $t" >/dev/null 2>"$T/err" || fail "live_$t" "$(cat "$T/err")"
done
if command -v dmidecode >/dev/null && [ -r /sys/firmware/dmi/tables/DMI ]; then
	is memory_like_dmidecode "$(ask 'select lower(handle) from memory_devices order by 1')" \
		"$(dmidecode -t 17 | sed -n 's/^Handle \(0x[0-9A-F]*\), DMI type 17,.*/\1/p' | tr '[:upper:]' '[:lower:]' | sort)"
else
	skip memory_like_dmidecode "no dmidecode or no SMBIOS here"
fi

# ---- SMBIOS, made ----

cat >"$T/dmi.py" <<'PY'
import struct, sys
def entry(type, handle, body, strings=()):
    head = bytes([type, 4 + len(body)]) + struct.pack("<H", handle) + bytes(body)
    return head + (b"".join(s + b"\0" for s in strings) or b"\0") + b"\0"
def body(length, *fields):
    b = bytearray(length - 4)
    for at, fmt, *values in fields:
        v = struct.pack("<" + fmt, *values)
        b[at - 4:at - 4 + len(v)] = v
    return b
names = [b"DIMM_A1", b"BANK 0", b"Samsung ", b"S-1", b"", b"M393"]
names[4] = b"tag"
out = [
    entry(16, 0x1000, body(0x17, (4, "BBBIHH", 3, 3, 6, 0x80000000, 0xfffe, 4), (0xf, "Q", 64 << 40)) ),
    entry(16, 0x1001, body(0x0f, (4, "BBBIHH", 0xa0, 5, 3, 32 << 20, 0x1200, 2))),
    entry(17, 0x1100, body(0x28, (4, "HHHHHBBBBBHHBBBB", 0x1000, 0x1200, 72, 64, 0x7fff, 9, 0, 1, 2, 26, 1 << 7 | 1 << 13, 3200, 3, 4, 5, 6),
        (0x1c, "IHHHH", 65536, 2933, 1200, 1350, 1210)), names),
    entry(17, 0x1101, body(0x15, (4, "HHHHHBBBBBHH", 0x1000, 0xffff, 0xffff, 0xffff, 0x8000 | 2048, 0xff, 0xff, 1, 2, 250, 0, 0)), [b"A2", b"B"]),
    entry(18, 0x1200, body(0x17, (4, "BBBIIII", 6, 3, 3, 0xabcd, 0x1000, 0x80000000, 0x20))),
    entry(33, 0x1201, body(0x1f, (4, "BBBIQQI", 3, 2, 2, 0, 1 << 63, 0x1122334455667788, 0x80000000))),
    entry(19, 0x1300, body(0x1f, (4, "IIHB", 0, 0x3fffff, 0x1000, 2))),
    entry(19, 0x1301, body(0x1f, (4, "IIHBQQ", 0xffffffff, 0xffffffff, 0x1000, 1, 1 << 40, (1 << 41) - 1))),
    entry(20, 0x1400, body(0x23, (4, "IIHHBBB", 0, 0x1fffff, 0x1100, 0x1300, 1, 2, 3))),
    entry(11, 0x0b00, body(5, (4, "B", 3)), [b"first", b"second  "]),
    entry(127, 0xfeff, b""),
]
sys.stdout.buffer.write(b"".join(out))
PY
python3 "$T/dmi.py" | put /sys/firmware/dmi/tables/DMI
is memory_devices "$(ask "select handle, array_handle, form_factor, total_width, data_width, size, \"set\", device_locator, bank_locator, memory_type, memory_type_details, max_speed,
	configured_clock_speed, manufacturer, serial_number, asset_tag, part_number, min_voltage, max_voltage, configured_voltage from memory_devices" --root "$root")" "$(printf '%s\n' \
	'0x1100	0x1000	DIMM	72	64	65536	0	DIMM_A1	BANK 0	DDR4	Synchronous Registered (Buffered)	3200	2933	Samsung	S-1	tag	M393	1200	1350	1210' \
	'0x1101	0x1000				2		A2	B											')"
is memory_arrays "$(ask 'select * from memory_arrays' --root "$root")" "$(printf '%s\n' \
	'0x1000	System board or motherboard	System memory	Multi-bit ECC	65536		4' '0x1001	PC-98/C20 add-on card	Flash memory	none	32	0x1200	2')"
is memory_errors "$(ask 'select * from memory_error_info' --root "$root")" "$(printf '%s\n' \
	'0x1200	Single-bit error	Device level	Read	0x0000abcd	0x00001000		0x00000020' '0x1201	OK	Unknown	Unknown			0x1122334455667788	')"
is array_addresses "$(ask 'select * from memory_array_mapped_addresses' --root "$root")" "$(printf '%s\n' \
	'0x1300	0x1000	0x00000000	0x003fffff	2' '0x1301	0x1000	0x010000000000	0x01ffffffffff	1')"
is device_addresses "$(ask 'select * from memory_device_mapped_addresses' --root "$root")" '0x1400	0x1100	0x1300	0x00000000	0x001fffff	1	2	3'
is oem_strings "$(ask 'select * from oem_strings' --root "$root")" "$(printf '%s\n' '0x0b00	1	first' '0x0b00	2	second' '0x0b00	3	')"
# Each structure cut short, as older firmware has them, and the whole cut anywhere.
python3 - "$root/sys/firmware/dmi/tables/DMI" "$AGENTD" "$root" <<'PY' >"$T/cut" 2>&1
import subprocess, sys
path, agent, root = sys.argv[1:]
whole = open(path, "rb").read()
tables = "memory_devices memory_arrays memory_error_info memory_array_mapped_addresses memory_device_mapped_addresses oem_strings".split()
sql = " union all ".join(f"select count(*) from {t}" for t in tables)
for n in range(0, len(whole), 29):
    open(path, "wb").write(whole[:n])
    subprocess.run([agent, "query", "--root", root, sql], check=True, stdout=subprocess.DEVNULL, timeout=60)
for type in (11, 16, 17, 18, 19, 20, 33):
    open(path, "wb").write(b"".join(bytes([type, n, 0, 0]) + b"\xff" * (n - 4) + b"\0\0" for n in range(4, 48)))
    subprocess.run([agent, "query", "--root", root, sql], check=True, stdout=subprocess.DEVNULL, timeout=60)
print("good")
PY
is cut_anywhere "$(cat "$T/cut")" good

# ---- ACPI, made ----

printf DSDT-content | put /sys/firmware/acpi/tables/DSDT
printf more | put /sys/firmware/acpi/tables/dynamic/SSDT1
mkfifo "$root/sys/firmware/acpi/tables/FIFO"
is acpi_made "$(ask "select * from acpi_tables order by name" --root "$root")" "$(printf '%s\n' \
	"DSDT	12	$(printf DSDT-content | md5sum | cut -c1-32)" 'FIFO	-1	' "SSDT1	4	$(printf more | md5sum | cut -c1-32)")"
has acpi_fifo_said "$(cat "$T/ask.err")" 'acpi_tables: content of 1 table'

# ---- Management engine, made ----

printf '0:16.1.27.2176\n0:16.1.27.2176\n0:16.0.15.1810\n' | put /sys/class/mei/mei0/fw_ver
is me_made "$(ask 'select * from intel_me_info' --root "$root")" 16.1.27.2176

# ---- Secure Boot, made ----

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/k" -subj '/C=DE/O=Tocsin/CN=Good Maker' -days 100 -outform DER -out "$T/good.der" -set_serial 0x1234 \
	-addext keyUsage=digitalSignature,keyCertSign 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$T/k" -subj '/CN=Bad Maker' -days 100 -outform DER -out "$T/bad.der" 2>/dev/null
cat >"$T/esl.py" <<'PY'
import struct, sys
X509 = bytes.fromhex("a159c0a5e494a74a87b5ab155c2bf072")
SHA256 = bytes.fromhex("2616c4c14c509240aca941f936934328")
owner = bytes(range(16))
def lst(kind, sigs, header=b""):
    size = 16 + len(sigs[0])
    return kind + struct.pack("<III", 28 + len(header) + size * len(sigs), len(header), size) + header + b"".join(owner + s for s in sigs)
good, bad = (open(f, "rb").read() for f in sys.argv[1:3])
d = sys.argv[3]
at = b"\x27\0\0\0"
open(d + "/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f", "wb").write(at + lst(SHA256, [b"1" * 32] * 3) + lst(X509, [good], b"head"))
open(d + "/dbx-d719b2cb-3d3a-4596-a3bc-dad00e67656f", "wb").write(at + lst(X509, [bad]) + lst(X509, [b"no certificate"]) + lst(X509, [good])[:100])
PY
mkdir -p "$root/sys/firmware/efi/efivars"
python3 "$T/esl.py" "$T/good.der" "$T/bad.der" "$root/sys/firmware/efi/efivars"
says() { openssl x509 -inform DER -in "$T/good.der" -noout "$@" | sed 's/^[^=]*=//'; }
is sb_rows "$(ask 'select common_name, subject, revoked, self_signed, is_ca, key_algorithm, key_strength from secureboot_certificates' --root "$root")" "$(printf '%s\n' \
	'Good Maker	/C=DE/O=Tocsin/CN=Good Maker	0	1	1	rsaEncryption	2048' 'Bad Maker	/CN=Bad Maker	1	1	1	id-ecPublicKey	X9.62/SECG curve over a 256 bit prime field' | sed 's|X9.62/SECG.*|prime256v1|')"
has sb_broken "$(cat "$T/ask.err")" 'certificates that cannot be read: 1'
has sb_cut "$(cat "$T/ask.err")" 'dbx-.*ends within a list'
is sb_like_openssl "$(ask "select sha1, serial, not_valid_before, not_valid_after, key_usage, path from secureboot_certificates where revoked = 0" --root "$root")" \
	"$(printf '%s\t%s\t%s\t%s\t%s\t%s' "$(says -fingerprint -sha1 | tr -d : | tr '[:upper:]' '[:lower:]')" "$(says -serial)" "$(date -d "$(says -startdate)" +%s)" "$(date -d "$(says -enddate)" +%s)" \
		'Key Cert Sign, Digital Signature' /sys/firmware/efi/efivars/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f)"
is sb_keys "$(ask "select issuer, authority_key_id = subject_key_id, subject_key_id, signing_algorithm from secureboot_certificates where revoked = 0" --root "$root")" \
	"/C=DE/O=Tocsin/CN=Good Maker	1	$(openssl x509 -inform DER -in "$T/good.der" -noout -ext subjectKeyIdentifier | sed 1d | tr -d ': ' | tr '[:upper:]' '[:lower:]')	$(
		openssl x509 -inform DER -in "$T/good.der" -noout -text | sed -n 's/ *Signature Algorithm: //p' | head -n 1)"
# Lists that lie about their lengths.
python3 - "$root/sys/firmware/efi/efivars/db-x" <<'PY'
import os, struct, sys
X509 = bytes.fromhex("a159c0a5e494a74a87b5ab155c2bf072")
lies = [(28, 0, 0), (28, 0xffffffff, 17), (60, 0, 16), (60, 0xfffffff0, 0xffffffff), (0, 0, 0), (0xffffffff, 0, 20)]
for i, l in enumerate(lies):
    open(f"{sys.argv[1]}{i}", "wb").write(b"\0\0\0\0" + X509 + struct.pack("<III", *l) + bytes(32))
PY
is sb_lies "$(ask 'select count(*) from secureboot_certificates' --root "$root")" 2

# ---- Nothing there ----

mkdir "$T/empty"
for t in acpi_tables cpuid intel_me_info memory_devices memory_arrays memory_array_mapped_addresses memory_device_mapped_addresses memory_error_info oem_strings \
	secureboot_certificates portage_keywords portage_packages portage_use; do
	is "empty_$t" "$(ask "select count(*) from $t" --root "$T/empty")$(cat "$T/ask.err")" 0
done

# ---- Gentoo, made ----

pkg() { # DIR FILE=CONTENT…
	local f d=/var/db/pkg/$1
	shift
	mkdir -p "$root$d"
	for f in "$@"; do printf '%s\n' "${f#*=}" | put "$d/${f%%=*}"; done
}
pkg app-shells/bash-5.2_p21-r2 SLOT=0/5 BUILD_TIME=1700000000 repository=gentoo EAPI=8 SIZE=8123456 'USE=amd64 net nls readline'
pkg sys-libs/glibc-2.38 SLOT=2.2 EAPI=no-number
pkg dev-libs/libxml2-utils SLOT=0
pkg sys-apps/-MERGING-coreutils-9.4 SLOT=0
printf '# asked for\napp-shells/bash\n>=dev-libs/nothing-1:0\n' | put /var/lib/portage/world
is portage_packages "$(ask 'select * from portage_packages order by package' --root "$root")" "$(printf '%s\n' \
	'app-shells/bash	5.2_p21-r2	0/5	1700000000	gentoo	8	8123456	1' 'dev-libs/libxml2-utils		0					0' 'sys-libs/glibc	2.38	2.2					0')"
is portage_use "$(ask 'select package, version, "use" from portage_use' --root "$root")" \
	"$(for u in amd64 net nls readline; do printf 'app-shells/bash\t5.2_p21-r2\t%s\n' $u; done)"
printf '=app-shells/bash-5.3 ~amd64 # new\ndev-lang/go **\n' | put /etc/portage/package.accept_keywords/mine
printf '# comment\n=app-shells/bash-5.3\n>=sys-libs/glibc-2.39\n' | put /etc/portage/package.mask
printf '>=sys-libs/glibc-2.39\n' | put /etc/portage/package.unmask/glibc
is portage_keywords "$(ask 'select * from portage_keywords order by package' --root "$root")" "$(printf '%s\n' \
	'app-shells/bash	5.3	~amd64	1	0' 'dev-lang/go		**	0	0' 'sys-libs/glibc	>=2.39		1	1')"
{
	seq -f 'cat/name-%.0f' 70000
	head -c 200000 /dev/zero | tr '\0' x
	printf -- '\n-\n/\n---1\n<>=~\n'
} | put /etc/portage/package.mask
is portage_bounded "$(ask 'select count(*) > 60000 from portage_keywords' --root "$root")" 1
has portage_bounded_said "$(cat "$T/ask.err")" 'too many lines'
