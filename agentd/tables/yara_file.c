/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nsroot.h"
#include "agentd/pathwalk.h"
#include "agentd/table.h"
#include "agentd/yara.h"
#include "common/io.h"

#include <errno.h>

enum {
	PATH,
	MATCHES,
	COUNT,
	SIG_GROUP,
	SIGFILE,
	SIGRULE,
	STRINGS,
	TAGS,
	SIGURL,
	PID_WITH_NAMESPACE,
};

static const struct column columns[] = {
	{"path", COL_TEXT, COL_INDEX | COL_REQUIRED | COL_LIKE,
		"Absolute path; % matches within one directory, %% also all below"},
	{"matches", COL_TEXT, 0, "Names of the rules that match, separated by commas"},
	{"count", COL_INTEGER, 0, "How many rules match"},
	{"sig_group", COL_TEXT, COL_ADDITIONAL, "Not known here"},
	{"sigfile", COL_TEXT, COL_ADDITIONAL, "Absolute path of a file with rules"},
	{"sigrule", COL_TEXT, COL_ADDITIONAL | COL_HIDDEN, "Text of the rules"},
	{"strings", COL_TEXT, 0, "Always empty"},
	{"tags", COL_TEXT, 0, "Tags of the rules that match, separated by commas"},
	{"sigurl", COL_TEXT, COL_ADDITIONAL | COL_HIDDEN, "Not known here"},
	{"pid_with_namespace", COL_INTEGER, COL_ADDITIONAL | COL_HIDDEN,
		"Look into the mount namespace of this process"},
	COL_END,
};

struct state {
	struct nsroot ns;
	struct pathwalk *walk; /* NULL: no rows */
	struct yara_rules *rules;
	struct yara_found found;
};

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	pathwalk_free(st->walk);
	yara_found_done(&st->found);
	nsroot_done(&st->ns);
}

static void skipped(void *arg, int err)
{
	scan_skipped(arg, "entries", "directory", err);
}

static int begin(struct scan *s, struct state *st)
{
	struct pathwalk_hooks hooks = {.skipped = skipped, .arg = s};
	const struct scan_constraint *c = scan_find(s, PATH, SCAN_EQ);
	enum pathglob_kind kind = PATHGLOB_LIKE;

	st->walk = pathwalk_new(st->ns.root, nsroot_mounts(&st->ns), &hooks);
	if (!st->walk)
		return -ENOMEM;
	if (c)
		return pathwalk_path(st->walk, c->text);
	c = scan_find(s, PATH, SCAN_LIKE);
	if (!c) {
		c = scan_find(s, PATH, SCAN_GLOB);
		kind = PATHGLOB_GLOB;
	}
	return c ? pathwalk_glob(st->walk, kind, c->text, c->text_len, false) : -EINVAL;
}

static int open_scan(struct scan *s)
{
	static const struct yara_columns cols = {SIG_GROUP, SIGFILE, SIGRULE, SIGURL};
	struct state *st = scan_state(s);
	int r = nsroot_open(&st->ns, s, PID_WITH_NAMESPACE);

	yara_found_init(&st->found, s);
	if (!r && st->ns.root)
		st->rules = yara_rules_of(s, st->ns.root, &cols, &r);
	if (!r && st->rules)
		r = begin(s, st);
	if (r < 0 && r != -ENOMEM) {
		scan_warn(s, "path: neither an absolute path nor a pattern of such");
		pathwalk_free(st->walk);
		st->walk = NULL;
		return 0;
	}
	if (r < 0)
		close_scan(s);
	return r;
}

static void put_row(struct scan *s, const struct state *st, const char *path)
{
	const char *file = scan_eq_text(s, SIGFILE), *rule = scan_eq_text(s, SIGRULE);

	row_begin(s);
	row_text(s, PATH, path);
	yara_found_row(&st->found, MATCHES, COUNT, STRINGS, TAGS);
	row_text(s, SIG_GROUP, "");
	row_text(s, SIGFILE, file ? file : "");
	row_text(s, SIGRULE, rule ? rule : "");
	row_text(s, SIGURL, "");
	row_int(s, PID_WITH_NAMESPACE, st->ns.pid);
	row_end(s);
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct pathwalk_entry e;
	int r = st->walk ? pathwalk_next(st->walk, &e) : PATHWALK_END, fd;

	if (r != PATHWALK_ENTRY)
		return r < 0 ? r : r == PATHWALK_AGAIN;
	fd = pathwalk_open(st->walk, &e);
	if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP || fd == -EISDIR || fd == -EINVAL)
		return 1;
	if (fd >= 0) {
		yara_found_reset(&st->found);
		r = yara_search_fd(st->rules, fd, &st->found);
		io_close(fd);
	} else {
		r = fd;
	}
	if (r == 0)
		put_row(s, st, e.path);
	else if (r != -ECANCELED)
		scan_skipped(s, "content", "file", -r);
	return 1;
}

const struct table table_yara_file = {
	.name = "yara_file",
	.doc = "Which YARA rules match files; the rules are given as sigrule or sigfile.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
