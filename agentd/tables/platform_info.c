/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/attr.h"
#include "agentd/root.h"
#include "agentd/smbios.h"

#define ID_DIR	"/sys/class/dmi/id"
#define EFI_DIR "/sys/firmware/efi"
/* Size of the ROM where one byte does not hold it, SMBIOS 3.1. */
#define SIZE_ELSEWHERE 0xff
#define SIZE_AT	       0x18
#define SIZE_IN_GIB    0x4000u

enum { VENDOR, VERSION, DATE, REVISION, EXTRA, FIRMWARE_TYPE, ADDRESS, SIZE, VOLUME_SIZE };

static const struct column columns[] = {
	{"vendor", COL_TEXT, 0, "Who made the firmware"},
	{"version", COL_TEXT, 0, "Its version"},
	{"date", COL_TEXT, 0, "When it was made, as the maker writes it"},
	{"revision", COL_TEXT, 0, "Its release, major.minor"},
	{"extra", COL_TEXT, 0, "Always empty on Linux"},
	{"firmware_type", COL_TEXT, 0, "uefi or bios: how this system was started"},
	{"address", COL_TEXT, 0, "Segment that it is loaded at, hexadecimal"},
	{"size", COL_TEXT, 0, "Bytes of its ROM"},
	{"volume_size", COL_INTEGER, 0, "Always 0 on Linux"},
	COL_END,
};

static uint64_t rom_size(const struct smbios_entry *e)
{
	uint32_t blocks = smbios_number(e, 0x09, 1), more = smbios_number(e, SIZE_AT, 2);

	if (blocks != SIZE_ELSEWHERE || !more)
		return (uint64_t)(blocks + 1) << 16;
	return (uint64_t)(more & (SIZE_IN_GIB - 1)) << (more & SIZE_IN_GIB ? 30 : 20);
}

static bool put_entry(struct scan *s, struct span rest)
{
	struct smbios_entry e;

	do
		if (!smbios_next(&rest, &e))
			return false;
	while (e.type != SMBIOS_BIOS);
	row_smbios_string(s, VENDOR, &e, 0x04);
	row_smbios_string(s, VERSION, &e, 0x05);
	row_smbios_string(s, DATE, &e, 0x08);
	row_printf(s, REVISION, "%u.%u", smbios_number(&e, 0x14, 1), smbios_number(&e, 0x15, 1));
	row_printf(s, ADDRESS, "0x%04x", smbios_number(&e, 0x06, 2));
	row_printf(s, SIZE, "%llu", (unsigned long long)rom_size(&e));
	return true;
}

/* What everybody may read. */
static bool put_attributes(struct scan *s, struct buf *b)
{
	struct span text;

	if (!attr_read(s, b, &text, ID_DIR "/bios_vendor"))
		return false;
	row_bytes(s, VENDOR, text.p, text.n);
	attr_row(s, VERSION, b, ID_DIR "/bios_version");
	attr_row(s, DATE, b, ID_DIR "/bios_date");
	attr_row(s, REVISION, b, ID_DIR "/bios_release");
	return true;
}

static int platform_info_step(struct scan *s)
{
	struct stat st;
	struct buf b;
	bool efi = root_stat(scan_root(s), EFI_DIR, true, &st) == 0;

	buf_init(&b, SMBIOS_MAX);
	row_begin(s);
	row_text(s, EXTRA, "");
	row_text(s, FIRMWARE_TYPE, efi ? "uefi" : "bios");
	row_int(s, VOLUME_SIZE, 0);
	if ((smbios_load(s, &b) && put_entry(s, (struct span){buf_str(&b), b.len})) ||
		put_attributes(s, &b))
		row_end(s);
	buf_done(&b);
	return 0;
}

const struct table table_platform_info = {
	.name = "platform_info",
	.doc = "The firmware of the machine.",
	.columns = columns,
	.step = platform_info_step,
};
