/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/smbios.h"
#include "agentd/table.h"

enum {
	HANDLE,
	ERROR_TYPE,
	ERROR_GRANULARITY,
	ERROR_OPERATION,
	VENDOR_SYNDROME,
	MEMORY_ARRAY_ERROR_ADDRESS,
	DEVICE_ERROR_ADDRESS,
	ERROR_RESOLUTION,
};

static const struct column columns[] = {
	{"handle", COL_TEXT, 0, "Number by which other structures refer to it"},
	{"error_type", COL_TEXT, 0, "What happened; OK: nothing"},
	{"error_granularity", COL_TEXT, 0,
		"Whether the device is known, or only the part of memory"},
	{"error_operation", COL_TEXT, 0, "What was being done"},
	{"vendor_syndrome", COL_TEXT, 0, "What the maker's firmware says of it, hexadecimal"},
	{"memory_array_error_address", COL_TEXT, 0, "Address within the array, hexadecimal"},
	{"device_error_address", COL_TEXT, 0, "Address within the device, hexadecimal"},
	{"error_resolution", COL_TEXT, 0,
		"Bytes within which the error is known to be, hexadecimal"},
	COL_END,
};

/* DSP0134, "32-Bit Memory Error Information". */
static const char *const types[] = {NULL, "Other", "Unknown", "OK", "Bad read", "Parity error",
	"Single-bit error", "Double-bit error", "Multi-bit error", "Nibble error", "Checksum error",
	"CRC error", "Corrected single-bit error", "Corrected error", "Uncorrectable error"};
static const char *const granularities[] = {
	NULL, "Other", "Unknown", "Device level", "Memory partition level"};
static const char *const operations[] = {
	NULL, "Other", "Unknown", "Read", "Write", "Partial write"};

/* Hexadecimal, unless it is the value that says that it is not known: the highest bit alone. */
static void put_hex(
	struct scan *s, unsigned col, const struct smbios_entry *e, size_t at, size_t bytes)
{
	uint64_t value = smbios_wide(e, at, bytes);

	if (smbios_has(e, at, bytes) && value != UINT64_C(1) << (8 * bytes - 1))
		row_printf(s, col, "0x%0*llx", (int)(2 * bytes), (unsigned long long)value);
}

/* `bytes` of an address: 4 or 8. */
static void put_error(struct scan *s, const struct smbios_entry *e, size_t bytes)
{
	row_begin(s);
	row_smbios_handle(s, HANDLE, e, SMBIOS_HANDLE);
	row_smbios_name(s, ERROR_TYPE, e, 0x04, types, ARRAY_LEN(types));
	row_smbios_name(s, ERROR_GRANULARITY, e, 0x05, granularities, ARRAY_LEN(granularities));
	row_smbios_name(s, ERROR_OPERATION, e, 0x06, operations, ARRAY_LEN(operations));
	if (smbios_number(e, 0x07, 4))
		row_printf(s, VENDOR_SYNDROME, "0x%08x", smbios_number(e, 0x07, 4));
	put_hex(s, MEMORY_ARRAY_ERROR_ADDRESS, e, 0x0b, bytes);
	put_hex(s, DEVICE_ERROR_ADDRESS, e, 0x0b + bytes, bytes);
	put_hex(s, ERROR_RESOLUTION, e, 0x0b + 2 * bytes, 4);
	row_end(s);
}

static void put_error_32(struct scan *s, const struct smbios_entry *e)
{
	put_error(s, e, 4);
}

static void put_error_64(struct scan *s, const struct smbios_entry *e)
{
	put_error(s, e, 8);
}

static int errors_step(struct scan *s)
{
	smbios_rows(s, SMBIOS_MEMORY_ERROR, put_error_32);
	smbios_rows(s, SMBIOS_MEMORY_ERROR_64, put_error_64);
	return 0;
}

const struct table table_memory_error_info = {
	.name = "memory_error_info",
	.doc = "Errors of memory that the firmware has seen (SMBIOS); for root.",
	.columns = columns,
	.step = errors_step,
};
