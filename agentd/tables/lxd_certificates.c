/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum {
	NAME,
	TYPE,
	FINGERPRINT,
	CERTIFICATE,
};

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "Name of the certificate"},
	{"type", COL_TEXT, 0, "What it is for"},
	{"fingerprint", COL_TEXT, 0, "SHA-256 of the certificate"},
	{"certificate", COL_TEXT, 0, "The certificate"},
	COL_END,
};

static const struct api_field fields[] = {
	{NAME, API_TEXT, "name"},
	{TYPE, API_TEXT, "type"},
	{FINGERPRINT, API_TEXT, "fingerprint"},
	{CERTIFICATE, API_TEXT, "certificate"},
	API_END,
};

static const struct api_spec spec = {
	.sockets = api_lxd,
	.urls = true,
	.items = "metadata",
	.answer = "metadata",
	.list = "/1.0/certificates",
	.id = API_NO_COLUMN,
	.fields = fields,
};

const struct table table_lxd_certificates = {
	.name = "lxd_certificates",
	.doc = "Certificates that LXD trusts.",
	.columns = columns,
	API_TABLE(spec),
};
