/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"instance_id", COL_TEXT, 0, "Id of the instance"},
	{"key", COL_TEXT, 0, "Name of the tag"},
	{"value", COL_TEXT, 0, "Value of the tag"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(ec2_instance_tags, nosource_remote, "Tags of the Amazon EC2 instance.");
