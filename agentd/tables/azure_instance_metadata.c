/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"location", COL_TEXT, 0, "Region it runs in"},
	{"name", COL_TEXT, 0, "Name of the machine"},
	{"offer", COL_TEXT, 0, "Offer of its image"},
	{"publisher", COL_TEXT, 0, "Publisher of its image"},
	{"sku", COL_TEXT, 0, "Kind of its image"},
	{"version", COL_TEXT, 0, "Version of its image"},
	{"os_type", COL_TEXT, 0, "Linux or Windows"},
	{"platform_update_domain", COL_TEXT, 0, "Update domain"},
	{"platform_fault_domain", COL_TEXT, 0, "Fault domain"},
	{"vm_id", COL_TEXT, COL_INDEX, "Id of the machine"},
	{"vm_size", COL_TEXT, 0, "Size of the machine"},
	{"subscription_id", COL_TEXT, 0, "Subscription it belongs to"},
	{"resource_group_name", COL_TEXT, 0, "Resource group"},
	{"placement_group_id", COL_TEXT, 0, "Placement group of its scale set"},
	{"vm_scale_set_name", COL_TEXT, 0, "Scale set"},
	{"zone", COL_TEXT, 0, "Availability zone"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(
	azure_instance_metadata, nosource_remote, "What Microsoft Azure says of the machine.");
