/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/smbios.h"
#include "agentd/table.h"

enum { HANDLE, NUMBER, VALUE };

static const struct column columns[] = {
	{"handle", COL_TEXT, 0, "Number of the structure they are in"},
	{"number", COL_INTEGER, 0, "Number of the string, from 1"},
	{"value", COL_TEXT, 0, "What the maker wrote there"},
	COL_END,
};

static void put_strings(struct scan *s, const struct smbios_entry *e)
{
	uint32_t n = smbios_number(e, 0x04, 1);

	for (uint32_t i = 1; i <= n; i++) {
		struct span text = smbios_string_number(e, i);

		row_begin(s);
		row_smbios_handle(s, HANDLE, e, SMBIOS_HANDLE);
		row_int(s, NUMBER, i);
		row_bytes(s, VALUE, text.p, text.n);
		row_end(s);
	}
}

static int strings_step(struct scan *s)
{
	smbios_rows(s, SMBIOS_OEM_STRINGS, put_strings);
	return 0;
}

const struct table table_oem_strings = {
	.name = "oem_strings",
	.doc = "Free texts of the machine's maker in the firmware (SMBIOS); for root.",
	.columns = columns,
	.step = strings_step,
};
