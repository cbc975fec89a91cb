/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"
#include "common/buf.h"

enum {
	ID,
	ARCHITECTURE,
	OS,
	RELEASE,
	DESCRIPTION,
	ALIASES,
	FILENAME,
	SIZE,
	AUTO_UPDATE,
	CACHED,
	PUBLIC,
	CREATED_AT,
	EXPIRES_AT,
	UPLOADED_AT,
	LAST_USED_AT,
	UPDATE_SOURCE_SERVER,
	UPDATE_SOURCE_PROTOCOL,
	UPDATE_SOURCE_CERTIFICATE,
	UPDATE_SOURCE_ALIAS,
};

static const struct column columns[] = {
	{"id", COL_TEXT, COL_INDEX, "SHA-256 of the image"},
	{"architecture", COL_TEXT, 0, "Architecture"},
	{"os", COL_TEXT, 0, "Operating system in it"},
	{"release", COL_TEXT, 0, "Release of that"},
	{"description", COL_TEXT, 0, "What it is, in words"},
	{"aliases", COL_TEXT, 0, "Other names of it, separated by commas"},
	{"filename", COL_TEXT, 0, "Name of its file"},
	{"size", COL_BIGINT, 0, "Bytes"},
	{"auto_update", COL_INTEGER, 0, "1 when it is kept up to date"},
	{"cached", COL_INTEGER, 0, "1 when it was fetched for an instance"},
	{"public", COL_INTEGER, 0, "1 when anybody may fetch it"},
	{"created_at", COL_TEXT, 0, "When it was made"},
	{"expires_at", COL_TEXT, 0, "When it ends"},
	{"uploaded_at", COL_TEXT, 0, "When it came here"},
	{"last_used_at", COL_TEXT, 0, "When it was used last"},
	{"update_source_server", COL_TEXT, 0, "Where it is fetched from"},
	{"update_source_protocol", COL_TEXT, 0, "How it is fetched"},
	{"update_source_certificate", COL_TEXT, 0, "Certificate of where it is fetched from"},
	{"update_source_alias", COL_TEXT, 0, "Its name there"},
	COL_END,
};

static const struct api_field fields[] = {
	{ID, API_TEXT, "fingerprint"},
	{ARCHITECTURE, API_TEXT, "architecture"},
	{OS, API_TEXT, "properties.os"},
	{RELEASE, API_TEXT, "properties.release"},
	{DESCRIPTION, API_TEXT, "properties.description"},
	{FILENAME, API_TEXT, "filename"},
	{SIZE, API_NUMBER, "size"},
	{AUTO_UPDATE, API_NUMBER, "auto_update"},
	{CACHED, API_NUMBER, "cached"},
	{PUBLIC, API_NUMBER, "public"},
	{CREATED_AT, API_TEXT, "created_at"},
	{EXPIRES_AT, API_TEXT, "expires_at"},
	{UPLOADED_AT, API_TEXT, "uploaded_at"},
	{LAST_USED_AT, API_TEXT, "last_used_at"},
	{UPDATE_SOURCE_SERVER, API_TEXT, "update_source.server"},
	{UPDATE_SOURCE_PROTOCOL, API_TEXT, "update_source.protocol"},
	{UPDATE_SOURCE_CERTIFICATE, API_TEXT, "update_source.certificate"},
	{UPDATE_SOURCE_ALIAS, API_TEXT, "update_source.alias"},
	API_END,
};

/* Bytes of all names. */
#define ALIASES_MAX (64u << 10)

static void put_aliases(struct api *a, const char *key, const json_t *value)
{
	struct buf text;
	json_t *one;
	size_t i;

	(void)key;
	buf_init(&text, ALIASES_MAX);
	json_array_foreach (json_at(value, "aliases"), i, one) {
		const char *name = json_text_at(one, "name");

		if (name && buf_printf(&text, "%s%s", text.len ? "," : "", name) < 0)
			break;
	}
	row_bytes(a->s, ALIASES, buf_str(&text), text.len);
	buf_done(&text);
}

static const struct api_spec spec = {
	.sockets = api_lxd,
	.urls = true,
	.items = "metadata",
	.answer = "metadata",
	.list = "/1.0/images",
	.detail = "/1.0/images/%s",
	.id = ID,
	.put = put_aliases,
	.fields = fields,
};

const struct table table_lxd_images = {
	.name = "lxd_images",
	.doc = "Images that LXD has.",
	.columns = columns,
	API_TABLE(spec),
};
