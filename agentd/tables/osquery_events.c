/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "Name of the source or of the reader of events"},
	{"publisher", COL_TEXT, 0, "Source of the events"},
	{"type", COL_TEXT, 0, "publisher or subscriber"},
	{"subscriptions", COL_INTEGER, 0, "How many readers it has"},
	{"events", COL_INTEGER, 0, "How many events there were"},
	{"refreshes", COL_INTEGER, 0, "How often it was started again"},
	{"active", COL_INTEGER, 0, "1: it runs"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(
	osquery_events, NULL, "Sources of events: always empty while the agent records none.");
