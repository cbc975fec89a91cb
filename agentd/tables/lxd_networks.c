/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"
#include "common/buf.h"
#include "common/str.h"

#include <string.h>

enum {
	NAME,
	TYPE,
	MANAGED,
	IPV4_ADDRESS,
	IPV6_ADDRESS,
	USED_BY,
	BYTES_RECEIVED,
	BYTES_SENT,
	PACKETS_RECEIVED,
	PACKETS_SENT,
	HWADDR,
	STATE,
	MTU,
};

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "Name of the network"},
	{"type", COL_TEXT, 0, "Kind of network"},
	{"managed", COL_INTEGER, 0, "1 when LXD looks after it"},
	{"ipv4_address", COL_TEXT, 0, "IPv4 address with the prefix's length"},
	{"ipv6_address", COL_TEXT, 0, "IPv6 address with the prefix's length"},
	{"used_by", COL_TEXT, 0, "Instances that use it, separated by commas"},
	{"bytes_received", COL_BIGINT, 0, "Bytes received"},
	{"bytes_sent", COL_BIGINT, 0, "Bytes sent"},
	{"packets_received", COL_BIGINT, 0, "Packets received"},
	{"packets_sent", COL_BIGINT, 0, "Packets sent"},
	{"hwaddr", COL_TEXT, 0, "Hardware address"},
	{"state", COL_TEXT, 0, "up or down"},
	{"mtu", COL_INTEGER, 0, "Largest packet in bytes"},
	COL_END,
};

static const struct api_field fields[] = {
	{NAME, API_TEXT, "name"},
	{TYPE, API_TEXT, "type"},
	{MANAGED, API_NUMBER, "managed"},
	API_END,
};

/* Bytes of all names. */
#define USERS_MAX (64u << 10)

static const struct api_field state_fields[] = {
	{BYTES_RECEIVED, API_NUMBER, "metadata.counters.bytes_received"},
	{BYTES_SENT, API_NUMBER, "metadata.counters.bytes_sent"},
	{PACKETS_RECEIVED, API_NUMBER, "metadata.counters.packets_received"},
	{PACKETS_SENT, API_NUMBER, "metadata.counters.packets_sent"},
	{HWADDR, API_TEXT, "metadata.hwaddr"},
	{STATE, API_TEXT, "metadata.state"},
	{MTU, API_NUMBER, "metadata.mtu"},
	API_END,
};

static void put_users(struct scan *s, const json_t *users)
{
	static const char *const prefixes[] = {"/1.0/instances/", "/1.0/containers/"};
	struct buf text;
	json_t *one;
	size_t i;

	buf_init(&text, USERS_MAX);
	json_array_foreach (users, i, one) {
		const char *name = json_string_value(one);

		for (size_t k = 0; name && k < ARRAY_LEN(prefixes); k++)
			if (str_starts(name, prefixes[k]))
				name += strlen(prefixes[k]);
		if (name && buf_printf(&text, "%s%s", text.len ? "," : "", name) < 0)
			break;
	}
	row_bytes(s, USED_BY, buf_str(&text), text.len);
	buf_done(&text);
}

static void put_rest(struct api *a, const char *key, const json_t *value)
{
	const json_t *config = json_at(value, "config");
	const char *name = json_text_at(value, "name");
	char target[256];
	json_t *state;

	(void)key;
	row_json(a->s, IPV4_ADDRESS, json_object_get(config, "ipv4.address"));
	row_json(a->s, IPV6_ADDRESS, json_object_get(config, "ipv6.address"));
	put_users(a->s, json_at(value, "used_by"));
	if (!name)
		return;
	snprintf(target, sizeof(target), "/1.0/networks/%s/state", name);
	state = api_get(a, target);
	if (state)
		api_put(a->s, state_fields, state);
	json_decref(state);
}

static const struct api_spec spec = {
	.sockets = api_lxd,
	.urls = true,
	.items = "metadata",
	.answer = "metadata",
	.list = "/1.0/networks",
	.id = API_NO_COLUMN,
	.put = put_rest,
	.fields = fields,
};

const struct table table_lxd_networks = {
	.name = "lxd_networks",
	.doc = "Networks of LXD's, and what they carry.",
	.columns = columns,
	API_TABLE(spec),
};
