/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"instance_id", COL_TEXT, COL_INDEX, "Id of the instance"},
	{"folder_id", COL_TEXT, 0, "Folder it belongs to"},
	{"cloud_id", COL_TEXT, 0, "Cloud it belongs to"},
	{"name", COL_TEXT, 0, "Name of the instance"},
	{"description", COL_TEXT, 0, "Its description"},
	{"hostname", COL_TEXT, 0, "Host name"},
	{"zone", COL_TEXT, 0, "Availability zone"},
	{"ssh_public_key", COL_TEXT, 0, "Public key given at launch"},
	{"serial_port_enabled", COL_TEXT, 0, "1 when the serial console is on"},
	{"metadata_endpoint", COL_TEXT, COL_INDEX, "Where it was asked"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(
	ycloud_instance_metadata, nosource_remote, "What Yandex Cloud says of the instance.");
