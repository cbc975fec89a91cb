/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/smbios.h"
#include "agentd/table.h"

/* SMBIOS 2.5: with the numbers of cores. */
#define LENGTH_WITH_CORES 0x28
/* SMBIOS 3.0: with numbers above 255. */
#define LENGTH_WITH_MANY 0x30
#define MANY		 0xff
#define CAPABLE_64	 (1u << 2)

enum {
	DEVICE_ID,
	MODEL,
	MANUFACTURER,
	PROCESSOR_TYPE,
	CPU_STATUS,
	NUMBER_OF_CORES,
	LOGICAL_PROCESSORS,
	ADDRESS_WIDTH,
	CURRENT_CLOCK_SPEED,
	MAX_CLOCK_SPEED,
	SOCKET_DESIGNATION,
};

static const struct column columns[] = {
	{"device_id", COL_TEXT, 0, "CPU0, CPU1 …"},
	{"model", COL_TEXT, 0, "Name of the processor"},
	{"manufacturer", COL_TEXT, 0, "Its maker"},
	{"processor_type", COL_TEXT, 0, "3: central, 4: math, 5: DSP, 6: video"},
	{"cpu_status", COL_INTEGER, 0,
		"Bit 6: the socket is populated; bits 0 to 2: 1 enabled, 2 and 3 disabled"},
	{"number_of_cores", COL_TEXT, 0, "Number of cores"},
	{"logical_processors", COL_INTEGER, 0, "Number of hardware threads"},
	{"address_width", COL_TEXT, 0, "64 or 32 bits"},
	{"current_clock_speed", COL_INTEGER, 0, "MHz as it was when the machine was started"},
	{"max_clock_speed", COL_INTEGER, 0, "MHz that the socket can do"},
	{"socket_designation", COL_TEXT, 0, "Name of the socket"},
	COL_END,
};

/* Counts are one byte, and where that does not hold them two bytes further on. */
static uint32_t count(const struct smbios_entry *e, size_t at, size_t many_at)
{
	uint32_t n = smbios_number(e, at, 1);

	return n == MANY && e->length >= LENGTH_WITH_MANY ? smbios_number(e, many_at, 2) : n;
}

static void put_cores(struct scan *s, const struct smbios_entry *e)
{
	if (e->length < LENGTH_WITH_CORES)
		return;
	row_printf(s, NUMBER_OF_CORES, "%u", count(e, 0x23, 0x2a));
	row_int(s, LOGICAL_PROCESSORS, count(e, 0x25, 0x2e));
	row_text(s, ADDRESS_WIDTH, smbios_number(e, 0x26, 2) & CAPABLE_64 ? "64" : "32");
}

static void put_processor(struct scan *s, const struct smbios_entry *e)
{
	static const char *const names[] = {[3] = "CPU", [4] = "MATH", [5] = "DSP", [6] = "GPU"};
	uint32_t type = smbios_number(e, 0x05, 1);

	row_begin(s);
	if (type < sizeof(names) / sizeof(names[0]) && names[type])
		row_printf(s, DEVICE_ID, "%s%u", names[type], e->number);
	row_smbios_string(s, MODEL, e, 0x10);
	row_smbios_string(s, MANUFACTURER, e, 0x07);
	row_printf(s, PROCESSOR_TYPE, "%u", type);
	row_int(s, CPU_STATUS, smbios_number(e, 0x18, 1));
	put_cores(s, e);
	row_int(s, CURRENT_CLOCK_SPEED, smbios_number(e, 0x16, 2));
	row_int(s, MAX_CLOCK_SPEED, smbios_number(e, 0x14, 2));
	row_smbios_string(s, SOCKET_DESIGNATION, e, 0x04);
	row_end(s);
}

static int cpu_info_step(struct scan *s)
{
	smbios_rows(s, SMBIOS_PROCESSOR, put_processor);
	return 0;
}

const struct table table_cpu_info = {
	.name = "cpu_info",
	.doc = "Processors as the firmware describes them (SMBIOS); for root.",
	.columns = columns,
	.step = cpu_info_step,
};
