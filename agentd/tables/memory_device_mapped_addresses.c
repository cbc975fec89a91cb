/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/smbios.h"
#include "agentd/table.h"

enum {
	HANDLE,
	MEMORY_DEVICE_HANDLE,
	MEMORY_ARRAY_MAPPED_ADDRESS_HANDLE,
	STARTING_ADDRESS,
	ENDING_ADDRESS,
	PARTITION_ROW_POSITION,
	INTERLEAVE_POSITION,
	INTERLEAVE_DATA_DEPTH,
};

static const struct column columns[] = {
	{"handle", COL_TEXT, 0, "Number by which other structures refer to it"},
	{"memory_device_handle", COL_TEXT, 0, "The device that is there"},
	{"memory_array_mapped_address_handle", COL_TEXT, 0, "The range of its array"},
	{"starting_address", COL_TEXT, 0,
		"First address, hexadecimal: 8 digits of KiB, or 12 of bytes"},
	{"ending_address", COL_TEXT, 0, "Last address, likewise"},
	{"partition_row_position", COL_INTEGER, 0,
		"Its place in a row of memory, from 1; 255: not known"},
	{"interleave_position", COL_INTEGER, 0,
		"Its place among interleaved devices, from 1; 0: not interleaved"},
	{"interleave_data_depth", COL_INTEGER, 0, "Rows that it gives at a time when interleaved"},
	COL_END,
};

static void put_range(struct scan *s, const struct smbios_entry *e)
{
	row_begin(s);
	row_smbios_handle(s, HANDLE, e, SMBIOS_HANDLE);
	row_smbios_handle(s, MEMORY_DEVICE_HANDLE, e, 0x0c);
	row_smbios_handle(s, MEMORY_ARRAY_MAPPED_ADDRESS_HANDLE, e, 0x0e);
	row_smbios_range(s, STARTING_ADDRESS, ENDING_ADDRESS, e, 0x04, 0x13);
	row_smbios_int(s, PARTITION_ROW_POSITION, e, 0x10, 1);
	row_smbios_int(s, INTERLEAVE_POSITION, e, 0x11, 1);
	row_smbios_int(s, INTERLEAVE_DATA_DEPTH, e, 0x12, 1);
	row_end(s);
}

static int addresses_step(struct scan *s)
{
	smbios_rows(s, SMBIOS_DEVICE_ADDRESS, put_range);
	return 0;
}

const struct table table_memory_device_mapped_addresses = {
	.name = "memory_device_mapped_addresses",
	.doc = "Addresses at which devices of memory are, as the firmware describes them (SMBIOS); "
	       "for "
	       "root.",
	.columns = columns,
	.step = addresses_step,
};
