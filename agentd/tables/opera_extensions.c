/* SPDX-License-Identifier: GPL-3.0-or-later */
/* As osquery had it before chrome_extensions took all browsers of the family. */
#include "agentd/chromeext.h"
#include "agentd/table.h"
#include "common/str.h"

#include <errno.h>

enum {
	UID,
	NAME,
	IDENTIFIER,
	VERSION,
	DESCRIPTION,
	LOCALE,
	UPDATE_URL,
	AUTHOR,
	PERSISTENT,
	PATH,
};

static const struct column columns[] = {
	[UID] = {"uid", COL_BIGINT, COL_INDEX, "User whose browser it is"},
	[NAME] = {"name", COL_TEXT, 0, "Name of the extension"},
	[IDENTIFIER] = {"identifier", COL_TEXT, 0, "Id made of its key"},
	[VERSION] = {"version", COL_TEXT, 0, "Version"},
	[DESCRIPTION] = {"description", COL_TEXT, 0, "What it says of itself"},
	[LOCALE] = {"locale", COL_TEXT, 0, "Language of its texts unless another is asked for"},
	[UPDATE_URL] = {"update_url", COL_TEXT, 0, "Where newer versions come from"},
	[AUTHOR] = {"author", COL_TEXT, 0, "Author"},
	[PERSISTENT] = {"persistent", COL_INTEGER, 0, "1: runs in the background all the time"},
	[PATH] = {"path", COL_TEXT, 0, "Its folder"},
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

static void put_extension(struct scan *s, const struct chromeext *c)
{
	static const struct {
		unsigned col;
		const char *path;
	} texts[] = {{NAME, "name"}, {VERSION, "version"}, {DESCRIPTION, "description"},
		{LOCALE, "default_locale"}, {UPDATE_URL, "update_url"}, {AUTHOR, "author"}};

	row_begin(s);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const char *text = chromeext_text(c, texts[i].path);

		row_text(s, texts[i].col, text ? text : "");
	}
	row_int(s, UID, c->homes.uid);
	row_text(s, IDENTIFIER, c->id);
	row_int(s, PERSISTENT, json_is_true(json_at(c->manifest, "background.persistent")));
	row_text(s, PATH, c->path);
	row_end(s);
}

static int step(struct scan *s)
{
	struct chromeext *c = scan_state(s);
	int r = chromeext_next(c);

	if (r == 1 && str_eq(chromeext_browser(c), "opera"))
		put_extension(s, c);
	return r == -ENOMEM ? r : r >= 0;
}

const struct table table_opera_extensions = {
	.name = "opera_extensions",
	.doc = "Extensions in Opera's profiles, of all users; chrome_extensions has more of them.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct chromeext),
};
