/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/smbios.h"
#include "agentd/table.h"

enum { HANDLE, MEMORY_ARRAY_HANDLE, STARTING_ADDRESS, ENDING_ADDRESS, PARTITION_WIDTH };

static const struct column columns[] = {
	{"handle", COL_TEXT, 0, "Number by which other structures refer to it"},
	{"memory_array_handle", COL_TEXT, 0, "The array that is there"},
	{"starting_address", COL_TEXT, 0,
		"First address, hexadecimal: 8 digits of KiB, or 12 of bytes"},
	{"ending_address", COL_TEXT, 0, "Last address, likewise"},
	{"partition_width", COL_INTEGER, 0, "Devices that make up one row of memory"},
	COL_END,
};

static void put_range(struct scan *s, const struct smbios_entry *e)
{
	row_begin(s);
	row_smbios_handle(s, HANDLE, e, SMBIOS_HANDLE);
	row_smbios_handle(s, MEMORY_ARRAY_HANDLE, e, 0x0c);
	row_smbios_range(s, STARTING_ADDRESS, ENDING_ADDRESS, e, 0x04, 0x0f);
	row_smbios_int(s, PARTITION_WIDTH, e, 0x0e, 1);
	row_end(s);
}

static int addresses_step(struct scan *s)
{
	smbios_rows(s, SMBIOS_ARRAY_ADDRESS, put_range);
	return 0;
}

const struct table table_memory_array_mapped_addresses = {
	.name = "memory_array_mapped_addresses",
	.doc = "Addresses at which arrays of memory are, as the firmware describes them (SMBIOS); "
	       "for "
	       "root.",
	.columns = columns,
	.step = addresses_step,
};
