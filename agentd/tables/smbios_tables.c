/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/rowdigest.h"
#include "agentd/smbios.h"
#include "agentd/table.h"

enum { NUMBER, TYPE, DESCRIPTION, HANDLE, HEADER_SIZE, SIZE, MD5 };

static const struct column columns[] = {
	{"number", COL_INTEGER, 0, "Place in the order of the tables, from 0"},
	{"type", COL_INTEGER, 0, "Type of the table"},
	{"description", COL_TEXT, 0, "What that type is for"},
	{"handle", COL_INTEGER, 0, "Number by which other tables refer to it"},
	{"header_size", COL_INTEGER, 0, "Bytes of its formatted part"},
	{"size", COL_INTEGER, 0, "Bytes with the strings behind it"},
	{"md5", COL_TEXT, 0, "Digest of all of it"},
	COL_END,
};

/* DSP0134, "Structure definitions". */
static const char *const types[] = {"BIOS Information", "System Information",
	"Base Board or Module Information", "System Enclosure or Chassis", "Processor Information",
	"Memory Controller Information", "Memory Module Information", "Cache Information",
	"Port Connector Information", "System Slots", "On Board Devices Information", "OEM Strings",
	"System Configuration Options", "BIOS Language Information", "Group Associations",
	"System Event Log", "Physical Memory Array", "Memory Device",
	"32-bit Memory Error Information", "Memory Array Mapped Address",
	"Memory Device Mapped Address", "Built-in Pointing Device", "Portable Battery",
	"System Reset", "Hardware Security", "System Power Controls", "Voltage Probe",
	"Cooling Device", "Temperature Probe", "Electrical Current Probe",
	"Out-of-Band Remote Access", "Boot Integrity Services", "System Boot Information",
	"64-bit Memory Error Information", "Management Device", "Management Device Component",
	"Management Device Threshold Data", "Memory Channel", "IPMI Device Information",
	"System Power Supply", "Additional Information", "Onboard Devices Extended Info"};

static const char *description(uint8_t type)
{
	if (type < sizeof(types) / sizeof(types[0]))
		return types[type];
	switch (type) {
	case 126:
		return "Inactive";
	case 127:
		return "End-of-Table";
	case 130:
		return "Memory SPD Data";
	case 131:
		return "OEM Processor Type";
	case 132:
		return "OEM Processor Bus Speed";
	default:
		return "Unknown";
	}
}

static int smbios_tables_step(struct scan *s)
{
	struct smbios_entry e;
	struct span rest;
	struct buf b;

	buf_init(&b, SMBIOS_MAX);
	smbios_load(s, &b);
	rest = (struct span){buf_str(&b), b.len};
	for (int64_t i = 0; smbios_next(&rest, &e) && !scan_stop(s); i++) {
		row_begin(s);
		row_int(s, NUMBER, i);
		row_int(s, TYPE, e.type);
		row_text(s, DESCRIPTION, description(e.type));
		row_int(s, HANDLE, e.handle);
		row_int(s, HEADER_SIZE, (int64_t)e.length);
		row_int(s, SIZE, (int64_t)e.size);
		row_md5(s, MD5, e.p, e.size);
		row_end(s);
	}
	buf_done(&b);
	return 0;
}

const struct table table_smbios_tables = {
	.name = "smbios_tables",
	.doc = "The tables in which the firmware describes the machine (SMBIOS, DMI); for root.",
	.columns = columns,
	.step = smbios_tables_step,
};
