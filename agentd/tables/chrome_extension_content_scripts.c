/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/chromeext.h"
#include "agentd/table.h"

#include <errno.h>

/* Rows that one extension may have. */
#define SCRIPTS_MAX 20000

enum {
	BROWSER_TYPE,
	UID,
	IDENTIFIER,
	VERSION,
	SCRIPT,
	MATCH,
	PROFILE_PATH,
	PATH,
	REFERENCED,
};

static const struct column columns[] = {
	{"browser_type", COL_TEXT, 0, "Which browser: chrome, chromium, brave, edge …"},
	{"uid", COL_BIGINT, COL_INDEX, "Whose profile it is in"},
	{"identifier", COL_TEXT, 0, "Id of the extension"},
	{"version", COL_TEXT, 0, "Version of the extension"},
	{"script", COL_TEXT, 0, "A script that it puts into pages"},
	{"match", COL_TEXT, 0, "Which pages"},
	{"profile_path", COL_TEXT, 0, "Folder of the profile"},
	{"path", COL_TEXT, 0, "Folder of the extension"},
	{"referenced", COL_BIGINT, 0,
		"1 when the profile names the extension, 0 when it only lies in the folder"},
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

static void put_script(
	struct scan *s, const struct chromeext *c, const json_t *match, const json_t *script)
{
	row_begin(s);
	row_text(s, BROWSER_TYPE, chromeext_browser(c));
	row_int(s, UID, c->homes.uid);
	row_text(s, IDENTIFIER, c->named_id[0] ? c->named_id : c->id);
	row_text(s, VERSION, chromeext_text(c, "version"));
	row_json(s, SCRIPT, script);
	row_json(s, MATCH, match);
	row_text(s, PROFILE_PATH, c->profile);
	row_text(s, PATH, c->path);
	row_int(s, REFERENCED, c->settings != NULL);
	row_end(s);
}

static void put_scripts(struct scan *s, const struct chromeext *c)
{
	json_t *entry, *match, *script;
	size_t i, k, m, n = 0;

	json_array_foreach (json_at(c->manifest, "content_scripts"), i, entry) {
		json_array_foreach (json_at(entry, "matches"), k, match) {
			json_array_foreach (json_at(entry, "js"), m, script) {
				if (++n > SCRIPTS_MAX)
					return;
				put_script(s, c, match, script);
			}
		}
	}
}

static int step(struct scan *s)
{
	struct chromeext *c = scan_state(s);
	int r = chromeext_next(c);

	if (r == 1)
		put_scripts(s, c);
	return r == -ENOMEM ? r : r >= 0;
}

const struct table table_chrome_extension_content_scripts = {
	.name = "chrome_extension_content_scripts",
	.doc = "Scripts that extensions of Chromium and its kin put into pages.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct chromeext),
};
