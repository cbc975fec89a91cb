/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/homeplaces.h"
#include "agentd/jsonfile.h"
#include "agentd/table.h"

#include <string.h>

enum {
	NAME,
	UUID,
	VERSION,
	PATH,
	PUBLISHER,
	PUBLISHER_ID,
	INSTALLED_AT,
	PRERELEASE,
	UID,
	VSCODE_EDITION,
};

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "Name of the extension, publisher.name"},
	{"uuid", COL_TEXT, 0, "Its number in the store"},
	{"version", COL_TEXT, 0, "Version"},
	{"path", COL_TEXT, 0, "Where it is"},
	{"publisher", COL_TEXT, 0, "Who publishes it"},
	{"publisher_id", COL_TEXT, 0, "Number of the publisher"},
	{"installed_at", COL_BIGINT, 0, "Unix time of its installation, in milliseconds"},
	{"prerelease", COL_INTEGER, 0, "1 when it is a version before its release"},
	{"uid", COL_BIGINT, COL_ADDITIONAL, "Whose home it is in"},
	{"vscode_edition", COL_TEXT, 0, "Which editor: vscode, vscodium, cursor …"},
	COL_END,
};

#define LIST "/extensions/extensions.json"
static const char *const relative[] = {
	".vscode-server" LIST,
	".vscode" LIST,
	".vscode-server-insiders" LIST,
	".vscode-insiders" LIST,
	".vscode-oss" LIST,
	".vscodium-server" LIST,
	".vscodium-insiders" LIST,
	".vscodium-server-insiders" LIST,
	".cursor" LIST,
	".cursor-server" LIST,
	".windsurf" LIST,
	".windsurf-server" LIST,
	".devin" LIST,
	".trae" LIST,
	".trae-server" LIST,
	NULL,
};
static const char *const editions[] = {"vscode", "vscode", "vscode_insiders", "vscode_insiders",
	"vscodium", "vscodium", "vscodium_insiders", "vscodium_insiders", "cursor", "cursor",
	"windsurf", "windsurf", "windsurf", "trae", "trae"};

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

static void put_extension(struct scan *s, const struct state *st, const json_t *j)
{
	const char *name = json_text_at(j, "identifier.id");

	if (!name)
		return;
	row_begin(s);
	row_text(s, NAME, name);
	row_json(s, UUID, json_at(j, "metadata.id"));
	row_json(s, VERSION, json_at(j, "version"));
	row_json(s, PATH, json_at(j, "location.path"));
	row_json(s, PUBLISHER, json_at(j, "metadata.publisherDisplayName"));
	row_json(s, PUBLISHER_ID, json_at(j, "metadata.publisherId"));
	row_json(s, INSTALLED_AT, json_at(j, "metadata.installedTimestamp"));
	row_json(s, PRERELEASE, json_at(j, "metadata.isPreReleaseVersion"));
	row_int(s, UID, st->homes.uid);
	row_text(s, VSCODE_EDITION, editions[st->homes.which]);
	row_end(s);
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct pathwalk_entry e;
	json_t *list, *one;
	size_t i;
	int r = homeplaces_next(&st->homes, &e);

	if (r != PATHWALK_ENTRY)
		return r < 0 ? r : r == PATHWALK_AGAIN;
	list = jsonfile_find(s, st->homes.ns.root, e.path, "extensions", NULL);
	json_array_foreach (list, i, one)
		put_extension(s, st, one);
	json_decref(list);
	return 1;
}

const struct table table_vscode_extensions = {
	.name = "vscode_extensions",
	.doc = "Extensions of Visual Studio Code and its kin, of all users.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
