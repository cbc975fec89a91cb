/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"action", COL_TEXT, 0, "add, remove or change"},
	{"path", COL_TEXT, 0, "Path of the device"},
	{"type", COL_TEXT, 0, "Kind of device"},
	{"driver", COL_TEXT, 0, "Its driver"},
	{"vendor", COL_TEXT, 0, "Name of the maker"},
	{"vendor_id", COL_TEXT, 0, "Number of the maker"},
	{"model", COL_TEXT, 0, "Name of the model"},
	{"model_id", COL_TEXT, 0, "Number of the model"},
	{"serial", COL_TEXT, 0, "Serial number"},
	{"revision", COL_TEXT, 0, "Revision"},
	{"time", COL_BIGINT, COL_ADDITIONAL, "Unix time of the event"},
	{"eid", COL_TEXT, COL_HIDDEN, "Number of the event"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(hardware_events, nosource_events, "Devices that were plugged in or removed.");
