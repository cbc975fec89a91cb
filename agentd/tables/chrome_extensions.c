/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/chromeext.h"
#include "agentd/table.h"
#include "common/str.h"

#include <errno.h>
#include <openssl/evp.h>

/* Chromium counts from 1601. */
#define EPOCH_1601 11644473600

enum {
	BROWSER_TYPE,
	UID,
	NAME,
	PROFILE,
	PROFILE_PATH,
	REFERENCED_IDENTIFIER,
	IDENTIFIER,
	VERSION,
	DESCRIPTION,
	DEFAULT_LOCALE,
	CURRENT_LOCALE,
	UPDATE_URL,
	AUTHOR,
	PERSISTENT,
	PATH,
	PERMISSIONS,
	PERMISSIONS_JSON,
	OPTIONAL_PERMISSIONS,
	OPTIONAL_PERMISSIONS_JSON,
	MANIFEST_HASH,
	REFERENCED,
	FROM_WEBSTORE,
	STATE,
	INSTALL_TIME,
	INSTALL_TIMESTAMP,
	MANIFEST_JSON,
	KEY,
};

static const struct column columns[] = {
	{"browser_type", COL_TEXT, 0, "Which browser: chrome, chromium, brave, edge …"},
	{"uid", COL_BIGINT, COL_INDEX, "Whose profile it is in"},
	{"name", COL_TEXT, 0, "Name of the extension"},
	{"profile", COL_TEXT, 0, "Name of the profile"},
	{"profile_path", COL_TEXT, 0, "Folder of the profile"},
	{"referenced_identifier", COL_TEXT, 0, "Id that the profile gives it"},
	{"identifier", COL_TEXT, 0, "Id made of the key in its manifest"},
	{"version", COL_TEXT, 0, "Version"},
	{"description", COL_TEXT, 0, "What it is, in words"},
	{"default_locale", COL_TEXT, 0, "Language it is written in"},
	{"current_locale", COL_TEXT, 0, "Language it is shown in"},
	{"update_url", COL_TEXT, 0, "Where it gets updates from"},
	{"author", COL_TEXT, 0, "Who wrote it"},
	{"persistent", COL_INTEGER, 0, "1 when its background page always runs"},
	{"path", COL_TEXT, 0, "Its folder"},
	{"permissions", COL_TEXT, 0, "What it may do, separated by commas"},
	{"permissions_json", COL_TEXT, COL_HIDDEN, "Likewise, as JSON"},
	{"optional_permissions", COL_TEXT, 0,
		"What it may ask to be allowed to do, separated by commas"},
	{"optional_permissions_json", COL_TEXT, COL_HIDDEN, "Likewise, as JSON"},
	{"manifest_hash", COL_TEXT, 0, "SHA-256 of its manifest"},
	{"referenced", COL_BIGINT, 0,
		"1 when the profile names it, 0 when it only lies in the folder"},
	{"from_webstore", COL_TEXT, 0, "true when it came from the store"},
	{"state", COL_TEXT, 0, "1 when it is switched on"},
	{"install_time", COL_TEXT, 0, "When it was installed, in microseconds since 1601"},
	{"install_timestamp", COL_BIGINT, 0, "Unix time of its installation"},
	{"manifest_json", COL_TEXT, COL_HIDDEN, "The manifest"},
	{"key", COL_TEXT, COL_HIDDEN, "Its public key"},
	COL_END,
};

static int open_scan(struct scan *s)
{
	return chromeext_open(scan_state(s), s, UID);
}

static void close_scan(struct scan *s)
{
	chromeext_close(scan_state(s));
}

static void put_digest(struct scan *s, const struct buf *text)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char hex[2 * 32 + 1];

	if (!scan_wants(s, MANIFEST_HASH) ||
		!EVP_Digest(buf_str(text), text->len, digest, NULL, EVP_sha256(), NULL))
		return;
	for (size_t i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	row_text(s, MANIFEST_HASH, hex);
}

/* Texts, as JSON writes them. */
static void put_word(struct scan *s, unsigned col, const json_t *j)
{
	row_text(s, col, "");
	if (json_is_boolean(j))
		row_text(s, col, json_is_true(j) ? "true" : "false");
	else if (json_is_integer(j))
		row_printf(s, col, "%lld", (long long)json_integer_value(j));
	else
		row_json(s, col, j);
}

static void put_settings(struct scan *s, const json_t *settings)
{
	const json_t *time = json_at(settings, "install_time");
	const char *text;
	int64_t us = 0;

	if (!time)
		time = json_at(settings, "first_install_time");
	text = json_string_value(time);
	put_word(s, FROM_WEBSTORE, json_at(settings, "from_webstore"));
	put_word(s, STATE, json_at(settings, "state"));
	put_word(s, INSTALL_TIME, time);
	if (text && parse_int(text, 0, INT64_MAX, &us) < 0)
		us = 0;
	row_int(s, INSTALL_TIMESTAMP, us / 1000000 > EPOCH_1601 ? us / 1000000 - EPOCH_1601 : 0);
}

static void put_permissions(struct scan *s, unsigned col, unsigned json_col, const json_t *j)
{
	row_text(s, col, "");
	row_json_list(s, col, j);
	row_text(s, json_col, "{}");
	row_json_dump(s, json_col, j);
}

static void put_extension(struct scan *s, const struct chromeext *c)
{
	static const struct {
		unsigned col;
		const char *path;
	} texts[] = {{NAME, "name"}, {VERSION, "version"}, {DESCRIPTION, "description"},
		{DEFAULT_LOCALE, "default_locale"}, {CURRENT_LOCALE, "current_locale"},
		{UPDATE_URL, "update_url"}, {AUTHOR, "author"}, {KEY, "key"}};

	row_begin(s);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const char *text = chromeext_text(c, texts[i].path);

		row_text(s, texts[i].col, text ? text : "");
	}
	row_text(s, BROWSER_TYPE, chromeext_browser(c));
	row_int(s, UID, c->homes.uid);
	row_text(s, PROFILE, chromeext_profile_name(c));
	row_text(s, PROFILE_PATH, c->profile);
	row_text(s, REFERENCED_IDENTIFIER, c->named_id);
	row_text(s, IDENTIFIER, c->id);
	row_int(s, PERSISTENT, json_is_true(json_at(c->manifest, "background.persistent")));
	row_text(s, PATH, c->path);
	put_permissions(s, PERMISSIONS, PERMISSIONS_JSON, json_at(c->manifest, "permissions"));
	put_permissions(s, OPTIONAL_PERMISSIONS, OPTIONAL_PERMISSIONS_JSON,
		json_at(c->manifest, "optional_permissions"));
	put_digest(s, &c->text);
	row_int(s, REFERENCED, c->settings != NULL);
	put_settings(s, c->settings);
	row_json_dump(s, MANIFEST_JSON, c->manifest);
	row_end(s);
}

static int step(struct scan *s)
{
	struct chromeext *c = scan_state(s);
	int r = chromeext_next(c);

	if (r == 1)
		put_extension(s, c);
	return r == -ENOMEM ? r : r >= 0;
}

const struct table table_chrome_extensions = {
	.name = "chrome_extensions",
	.doc = "Extensions in the profiles of Chromium, Chrome and their kin, of all users.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct chromeext),
};
