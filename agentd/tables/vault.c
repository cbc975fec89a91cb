/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/jsonfile.h"
#include "agentd/root.h"
#include "agentd/vault.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	ID,
	TIME,
	KIND,
	PATH,
	SHA256,
	SIZE,
	PID,
	USER,
	UID,
	ADDRESS,
	REASON,
	RESTORED_TIME,
	STATE_DIR,
};

static const struct column columns[] = {
	{"id", COL_TEXT, COL_INDEX, "What restore takes"},
	{"time", COL_BIGINT, 0, "Unix time when it was taken"},
	{"kind", COL_TEXT, 0, "file: one that was deleted; process: one that was captured"},
	{"path", COL_TEXT, 0, "Where the file was; of a process, its program"},
	{"sha256", COL_TEXT, 0,
		"SHA-256 of the file or program; NULL where another entry has the program"},
	{"size", COL_BIGINT, 0, "Bytes of the file or program"},
	{"pid", COL_BIGINT, 0, "Process id of a process"},
	{"user", COL_TEXT, 0, "Who had it taken"},
	{"uid", COL_BIGINT, 0, "User id of that"},
	{"address", COL_TEXT, 0, "Where that user came from"},
	{"reason", COL_TEXT, 0, "The reason that was given"},
	{"restored_time", COL_BIGINT, 0, "Unix time when it was last put back; NULL: never"},
	{"state_dir", COL_TEXT, COL_ADDITIONAL | COL_HIDDEN,
		"Folder of an agent's state; this agent's unless given"},
	COL_END,
};

struct state {
	const char *state_dir, *only;
	DIR *dir;
	bool done;
	struct buf text;
};

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->dir)
		closedir(st->dir);
	buf_done(&st->text);
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	char path[PATH_MAX];

	buf_init(&st->text, VAULT_META_MAX);
	st->only = scan_eq_text(s, ID);
	st->state_dir = scan_eq_text(s, STATE_DIR);
	if (!st->state_dir)
		st->state_dir = scan_state_dir(s);
	if (st->only || st->state_dir[0] != '/' ||
		snprintf(path, sizeof(path), "%s/vault", st->state_dir) >= (int)sizeof(path))
		return 0;
	st->dir = root_opendir(scan_root(s), path);
	if (!st->dir && errno != ENOENT && errno != ENOTDIR)
		scan_skipped(s, "entries", "vault", errno);
	return 0;
}

/* Of a captured process the hash and size are those of its program. */
static const json_t *main_file(const json_t *meta)
{
	const json_t *files = json_object_get(meta, "files");

	for (size_t i = 0; i < json_array_size(files); i++) {
		const json_t *f = json_array_get(files, i);
		const char *name = json_text_at(f, "name");

		if (name && !strcmp(name, "exe"))
			return f;
	}
	return meta;
}

static void put_restored(struct scan *s, struct state *st, const char *id)
{
	char path[PATH_MAX];
	json_t *note;

	if (!scan_wants(s, RESTORED_TIME))
		return;
	snprintf(path, sizeof(path), "%s/vault/%s/restored.json", st->state_dir, id);
	note = jsonfile_find(s, scan_root(s), path, "notes", &st->text);
	row_json(s, RESTORED_TIME, json_at(note, "time"));
	json_decref(note);
}

static void put_entry(struct scan *s, struct state *st, const char *id)
{
	char path[PATH_MAX];
	const json_t *file;
	json_t *meta;

	if (!vault_id_valid(id) || snprintf(path, sizeof(path), "%s/vault/%s/meta.json",
					   st->state_dir, id) >= (int)sizeof(path))
		return;
	meta = jsonfile_find(s, scan_root(s), path, "entries", &st->text);
	if (!meta)
		return;
	file = main_file(meta);
	row_begin(s);
	row_text(s, ID, id);
	row_json(s, TIME, json_at(meta, "time"));
	row_json(s, KIND, json_at(meta, "kind"));
	row_json_bytes(s, PATH, json_at(meta, "path"));
	row_json(s, SHA256, json_at(file, "sha256"));
	row_json(s, SIZE, json_at(file, "size"));
	row_json(s, PID, json_at(meta, "process.pid"));
	row_json_bytes(s, USER, json_at(meta, "by.user"));
	row_json(s, UID, json_at(meta, "by.uid"));
	row_json(s, ADDRESS, json_at(meta, "by.address"));
	row_json_bytes(s, REASON, json_at(meta, "reason"));
	put_restored(s, st, id);
	row_text(s, STATE_DIR, st->state_dir);
	row_end(s);
	json_decref(meta);
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	const struct dirent *d = st->dir ? readdir(st->dir) : NULL;

	if (st->only && !st->done) {
		st->done = true;
		put_entry(s, st, st->only);
	}
	if (!d)
		return 0;
	put_entry(s, st, d->d_name);
	return 1;
}

const struct table table_vault = {
	.name = "vault",
	.doc = "What response actions took away and keep as evidence: deleted files, captured "
	       "processes.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
