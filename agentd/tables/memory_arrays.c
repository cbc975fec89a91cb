/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/smbios.h"
#include "agentd/table.h"

/* The capacity does not fit into KiB of four bytes: it is in eight further on, in bytes. */
#define CAPACITY_ELSEWHERE 0x80000000u
#define KIB_OF_GIB	   (1u << 20)
#define BYTES_OF_GIB	   (1u << 30)
/* Of the handle of error information: none is offered, no error was found. */
#define NO_INFO	 0xfffe
#define NO_ERROR 0xffff

enum {
	HANDLE,
	LOCATION,
	USE,
	MEMORY_ERROR_CORRECTION,
	MAX_CAPACITY,
	MEMORY_ERROR_INFO_HANDLE,
	NUMBER_MEMORY_DEVICES,
};

static const struct column columns[] = {
	{"handle", COL_TEXT, 0, "Number by which other structures refer to it"},
	{"location", COL_TEXT, 0, "Where it is"},
	{"use", COL_TEXT, 0, "What it is for"},
	{"memory_error_correction", COL_TEXT, 0, "How errors are corrected"},
	{"max_capacity", COL_INTEGER, 0, "Most memory that it takes, GiB"},
	{"memory_error_info_handle", COL_TEXT, 0, "Where its last error is told, if there was one"},
	{"number_memory_devices", COL_INTEGER, 0, "Number of its sockets"},
	COL_END,
};

/* DSP0134, "Physical Memory Array". */
static const char *const locations[] = {NULL, "Other", "Unknown", "System board or motherboard",
	"ISA add-on card", "EISA add-on card", "PCI add-on card", "MCA add-on card",
	"PCMCIA add-on card", "Proprietary add-on card", "NuBus", [0xa0] = "PC-98/C20 add-on card",
	[0xa1] = "PC-98/C24 add-on card", [0xa2] = "PC-98/E add-on card",
	[0xa3] = "PC-98/Local bus add-on card", [0xa4] = "CXL add-on card"};
static const char *const uses[] = {NULL, "Other", "Unknown", "System memory", "Video memory",
	"Flash memory", "Non-volatile RAM", "Cache memory"};
static const char *const corrections[] = {
	NULL, "Other", "Unknown", "none", "Parity", "Single-bit ECC", "Multi-bit ECC", "CRC"};

static void put_capacity(struct scan *s, const struct smbios_entry *e)
{
	uint32_t kib = smbios_number(e, 0x07, 4);

	if (!smbios_has(e, 0x07, 4))
		return;
	if (kib < CAPACITY_ELSEWHERE)
		row_int(s, MAX_CAPACITY, kib / KIB_OF_GIB);
	else if (smbios_has(e, 0x0f, 8))
		row_int(s, MAX_CAPACITY, (int64_t)(smbios_wide(e, 0x0f, 8) / BYTES_OF_GIB));
}

static void put_array(struct scan *s, const struct smbios_entry *e)
{
	uint32_t error = smbios_number(e, 0x0b, 2);

	row_begin(s);
	row_smbios_handle(s, HANDLE, e, SMBIOS_HANDLE);
	row_smbios_name(s, LOCATION, e, 0x04, locations, ARRAY_LEN(locations));
	row_smbios_name(s, USE, e, 0x05, uses, ARRAY_LEN(uses));
	row_smbios_name(s, MEMORY_ERROR_CORRECTION, e, 0x06, corrections, ARRAY_LEN(corrections));
	put_capacity(s, e);
	if (error != NO_INFO && error != NO_ERROR)
		row_smbios_handle(s, MEMORY_ERROR_INFO_HANDLE, e, 0x0b);
	row_smbios_int(s, NUMBER_MEMORY_DEVICES, e, 0x0d, 2);
	row_end(s);
}

static int arrays_step(struct scan *s)
{
	smbios_rows(s, SMBIOS_MEMORY_ARRAY, put_array);
	return 0;
}

const struct table table_memory_arrays = {
	.name = "memory_arrays",
	.doc = "Groups of sockets for memory, as the firmware describes them (SMBIOS); for root.",
	.columns = columns,
	.step = arrays_step,
};
