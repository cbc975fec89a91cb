/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/smbios.h"
#include "agentd/table.h"

#define NOT_KNOWN 0xffff
/* Sizes: not in the two bytes but in four further on; and the unit is KiB, not MiB. */
#define SIZE_ELSEWHERE 0x7fff
#define SIZE_IN_KIB    0x8000

enum {
	HANDLE,
	ARRAY_HANDLE,
	FORM_FACTOR,
	TOTAL_WIDTH,
	DATA_WIDTH,
	SIZE,
	SET,
	DEVICE_LOCATOR,
	BANK_LOCATOR,
	MEMORY_TYPE,
	MEMORY_TYPE_DETAILS,
	MAX_SPEED,
	CONFIGURED_CLOCK_SPEED,
	MANUFACTURER,
	SERIAL_NUMBER,
	ASSET_TAG,
	PART_NUMBER,
	MIN_VOLTAGE,
	MAX_VOLTAGE,
	CONFIGURED_VOLTAGE,
};

static const struct column columns[] = {
	{"handle", COL_TEXT, 0, "Number by which other structures refer to it"},
	{"array_handle", COL_TEXT, 0, "The array it belongs to"},
	{"form_factor", COL_TEXT, 0, "DIMM, SODIMM …"},
	{"total_width", COL_INTEGER, 0, "Bits of a word with those for error correction"},
	{"data_width", COL_INTEGER, 0, "Bits of a word without those"},
	{"size", COL_INTEGER, 0, "MiB; 0: the socket is empty"},
	{"set", COL_INTEGER, 0, "Set of devices that must be populated alike; 0: none"},
	{"device_locator", COL_TEXT, 0, "Name of the socket"},
	{"bank_locator", COL_TEXT, 0, "Name of the bank"},
	{"memory_type", COL_TEXT, 0, "DDR4, DDR5 …"},
	{"memory_type_details", COL_TEXT, 0, "More about its kind"},
	{"max_speed", COL_INTEGER, 0, "Megatransfers a second that it can do"},
	{"configured_clock_speed", COL_INTEGER, 0, "Megatransfers a second that it is run with"},
	{"manufacturer", COL_TEXT, 0, "Its maker"},
	{"serial_number", COL_TEXT, 0, "Serial number"},
	{"asset_tag", COL_TEXT, 0, "What its owner wrote there"},
	{"part_number", COL_TEXT, 0, "Part number"},
	{"min_voltage", COL_INTEGER, 0, "Least operating voltage, millivolts"},
	{"max_voltage", COL_INTEGER, 0, "Largest operating voltage, millivolts"},
	{"configured_voltage", COL_INTEGER, 0, "Voltage that it is run with, millivolts"},
	COL_END,
};

/* DSP0134, "Memory Device". */
static const char *const form_factors[] = {NULL, "Other", "Unknown", "SIMM", "SIP", "Chip", "DIP",
	"ZIP", "Proprietary Card", "DIMM", "TSOP", "Row of chips", "RIMM", "SODIMM", "SRIMM",
	"FB-DIMM", "Die", "CAMM"};
static const char *const types[] = {NULL, "Other", "Unknown", "DRAM", "EDRAM", "VRAM", "SRAM",
	"RAM", "ROM", "FLASH", "EEPROM", "FEPROM", "EPROM", "CDRAM", "3DRAM", "SDRAM", "SGRAM",
	"RDRAM", "DDR", "DDR2", "DDR2 FB-DIMM", "RESERVED", "RESERVED", "RESERVED", "DDR3", "FBD2",
	"DDR4", "LPDDR", "LPDDR2", "LPDDR3", "LPDDR4", "Logical non-volatile device", "HBM", "HBM2",
	"DDR5", "LPDDR5", "HBM3"};
static const char *const details[] = {"Reserved", "Other", "Unknown", "Fast-paged", "Static column",
	"Pseudo-static", "RAMBUS", "Synchronous", "CMOS", "EDO", "Window DRAM", "Cache DRAM",
	"Non-volatile", "Registered (Buffered)", "Unbuffered (Unregistered)", "LRDIMM"};

/* A number of two bytes for which `no` and all ones mean that it is not known. */
static void put_known(
	struct scan *s, unsigned col, const struct smbios_entry *e, size_t at, uint32_t no)
{
	uint32_t value = smbios_number(e, at, 2);

	if (smbios_has(e, at, 2) && value != no && value != NOT_KNOWN)
		row_int(s, col, value);
}

static void put_size(struct scan *s, const struct smbios_entry *e)
{
	uint32_t size = smbios_number(e, 0x0c, 2);

	if (!smbios_has(e, 0x0c, 2) || size == NOT_KNOWN)
		return;
	if (size == SIZE_ELSEWHERE)
		row_int(s, SIZE, smbios_number(e, 0x1c, 4) & INT32_MAX);
	else
		row_int(s, SIZE, size & SIZE_IN_KIB ? (size - SIZE_IN_KIB) / 1024 : size);
}

static void put_details(struct scan *s, const struct smbios_entry *e)
{
	uint32_t bits = smbios_number(e, 0x13, 2);
	char text[256] = "";
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_LEN(details) && len < sizeof(text); i++)
		if (bits & 1u << i)
			len += (size_t)snprintf(
				text + len, sizeof(text) - len, "%s%s", len ? " " : "", details[i]);
	row_text(s, MEMORY_TYPE_DETAILS, text);
}

static void put_device(struct scan *s, const struct smbios_entry *e)
{
	row_begin(s);
	row_smbios_handle(s, HANDLE, e, SMBIOS_HANDLE);
	row_smbios_handle(s, ARRAY_HANDLE, e, 0x04);
	row_smbios_name(s, FORM_FACTOR, e, 0x0e, form_factors, ARRAY_LEN(form_factors));
	put_known(s, TOTAL_WIDTH, e, 0x08, NOT_KNOWN);
	put_known(s, DATA_WIDTH, e, 0x0a, NOT_KNOWN);
	put_size(s, e);
	if (smbios_number(e, 0x0f, 1) != 0xff)
		row_smbios_int(s, SET, e, 0x0f, 1);
	row_smbios_string(s, DEVICE_LOCATOR, e, 0x10);
	row_smbios_string(s, BANK_LOCATOR, e, 0x11);
	row_smbios_name(s, MEMORY_TYPE, e, 0x12, types, ARRAY_LEN(types));
	put_details(s, e);
	put_known(s, MAX_SPEED, e, 0x15, 0);
	put_known(s, CONFIGURED_CLOCK_SPEED, e, 0x20, 0);
	row_smbios_string(s, MANUFACTURER, e, 0x17);
	row_smbios_string(s, SERIAL_NUMBER, e, 0x18);
	row_smbios_string(s, ASSET_TAG, e, 0x19);
	row_smbios_string(s, PART_NUMBER, e, 0x1a);
	put_known(s, MIN_VOLTAGE, e, 0x22, 0);
	put_known(s, MAX_VOLTAGE, e, 0x24, 0);
	put_known(s, CONFIGURED_VOLTAGE, e, 0x26, 0);
	row_end(s);
}

static int devices_step(struct scan *s)
{
	smbios_rows(s, SMBIOS_MEMORY_DEVICE, put_device);
	return 0;
}

const struct table table_memory_devices = {
	.name = "memory_devices",
	.doc = "Sockets for memory and what is in them, as the firmware describes them (SMBIOS); "
	       "for "
	       "root.",
	.columns = columns,
	.step = devices_step,
};
