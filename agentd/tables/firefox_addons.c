/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/homeplaces.h"
#include "agentd/jsonfile.h"
#include "agentd/table.h"

enum {
	UID,
	NAME,
	IDENTIFIER,
	CREATOR,
	TYPE,
	VERSION,
	DESCRIPTION,
	SOURCE_URL,
	VISIBLE,
	ACTIVE,
	DISABLED,
	AUTOUPDATE,
	LOCATION,
	PATH,
};

static const struct column columns[] = {
	{"uid", COL_BIGINT, COL_ADDITIONAL, "Whose profile it is in"},
	{"name", COL_TEXT, 0, "Name of the add-on"},
	{"identifier", COL_TEXT, COL_INDEX, "Id of the add-on"},
	{"creator", COL_TEXT, 0, "Who wrote it"},
	{"type", COL_TEXT, 0, "extension, theme, locale …"},
	{"version", COL_TEXT, 0, "Version"},
	{"description", COL_TEXT, 0, "What it is, in words"},
	{"source_url", COL_TEXT, 0, "Where it was installed from"},
	{"visible", COL_INTEGER, 0, "1 when the user sees it"},
	{"active", COL_INTEGER, 0, "1 when it is in use"},
	{"disabled", COL_INTEGER, 0, "1 when it is switched off"},
	{"autoupdate", COL_INTEGER, 0, "1 when it is updated by itself"},
	{"location", COL_TEXT, 0, "How it came in: app-profile, app-system-defaults …"},
	{"path", COL_TEXT, 0, "Where it is"},
	COL_END,
};

static const char *const relative[] = {
	".mozilla/firefox/*/extensions.json",
	"snap/firefox/common/.mozilla/firefox/*/extensions.json",
	".config/mozilla/firefox/*/extensions.json",
	NULL,
};

static const struct {
	unsigned col;
	const char *path;
} members[] = {{NAME, "defaultLocale.name"}, {IDENTIFIER, "id"}, {TYPE, "type"},
	{VERSION, "version"}, {CREATOR, "defaultLocale.creator"},
	{DESCRIPTION, "defaultLocale.description"}, {SOURCE_URL, "sourceURI"}, {VISIBLE, "visible"},
	{ACTIVE, "active"}, {AUTOUPDATE, "applyBackgroundUpdates"}, {LOCATION, "location"},
	{PATH, "path"}};

struct state {
	struct homeplaces homes;
};

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	return homeplaces_init(&st->homes, s, relative, UID, HOMEPLACES_NO_COLUMN);
}

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	homeplaces_done(&st->homes);
}

static void put_addon(struct scan *s, const struct state *st, const json_t *j)
{
	if (!json_is_object(j))
		return;
	row_begin(s);
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		row_json(s, members[i].col, json_at(j, members[i].path));
	row_int(s, UID, st->homes.uid);
	row_int(s, DISABLED,
		json_is_true(json_at(j, "softDisable")) ||
			json_is_true(json_at(j, "appDisabled")) ||
			json_is_true(json_at(j, "userDisabled")));
	row_end(s);
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct pathwalk_entry e;
	json_t *j, *one;
	size_t i;
	int r = homeplaces_next(&st->homes, &e);

	if (r != PATHWALK_ENTRY)
		return r < 0 ? r : r == PATHWALK_AGAIN;
	j = jsonfile_find(s, st->homes.ns.root, e.path, "add-ons", NULL);
	json_array_foreach (json_at(j, "addons"), i, one)
		put_addon(s, st, one);
	json_decref(j);
	return 1;
}

const struct table table_firefox_addons = {
	.name = "firefox_addons",
	.doc = "Add-ons in the profiles of Firefox, of all users.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
