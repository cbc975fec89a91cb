/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"instance_id", COL_TEXT, 0, "Id of the instance"},
	{"instance_type", COL_TEXT, 0, "Size of the instance"},
	{"architecture", COL_TEXT, 0, "Architecture of the processor"},
	{"region", COL_TEXT, 0, "Region it runs in"},
	{"availability_zone", COL_TEXT, 0, "Zone it runs in"},
	{"local_hostname", COL_TEXT, 0, "Host name within the private network"},
	{"local_ipv4", COL_TEXT, 0, "Private IPv4 address"},
	{"mac", COL_TEXT, 0, "Hardware address of the first interface"},
	{"security_groups", COL_TEXT, 0, "Names of its security groups, separated by commas"},
	{"iam_arn", COL_TEXT, 0, "ARN of its role's profile"},
	{"ami_id", COL_TEXT, 0, "Image it was started from"},
	{"reservation_id", COL_TEXT, 0, "Id of the reservation"},
	{"account_id", COL_TEXT, 0, "Account it belongs to"},
	{"ssh_public_key", COL_TEXT, 0, "Public key given at launch"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(
	ec2_instance_metadata, nosource_remote, "What Amazon EC2 says of the instance.");
