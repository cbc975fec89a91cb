/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/control.h"
#include "agentd/places.h"
#include "agentd/table.h"

#include <string.h>

#define MAIN_FILE "/etc/yum.conf"
#define REPOS_DIR "/etc/yum.repos.d"

enum {
	NAME,
	SOURCE,
	BASEURL,
	MIRRORLIST,
	METALINK,
	ENABLED,
	GPGCHECK,
	GPGKEY,
	PID_WITH_NAMESPACE,
};

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "Name of the repository, in words"},
	{"source", COL_TEXT, 0, "The file it is written in"},
	{"baseurl", COL_TEXT, 0, "Where its packages are"},
	{"mirrorlist", COL_TEXT, 0, "Where a list of such places is"},
	{"metalink", COL_TEXT, 0, "Where a description of such places is"},
	{"enabled", COL_TEXT, 0, "As written: 1 when it is used"},
	{"gpgcheck", COL_TEXT, 0, "As written: 1 when signatures of packages are checked"},
	{"gpgkey", COL_TEXT, 0, "Where the keys for that are"},
	NSROOT_PID_COLUMN,
	COL_END,
};

static const char *const fields[] = {"name", "baseurl", "mirrorlist", "metalink", "enabled",
	"gpgcheck", "gpgkey", "reposdir", NULL};
static const unsigned columns_of[] = {
	NAME, BASEURL, MIRRORLIST, METALINK, ENABLED, GPGCHECK, GPGKEY};
#define F_REPOSDIR ARRAY_LEN(columns_of)

struct state {
	struct nsroot ns;
	struct placelines lines;
	const char *patterns[3];
	char repos[PATH_MAX]; /* the second one */
	struct control control;
	bool in_repo, in_main; /* the section at hand */
};

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	placelines_done(&st->lines);
	control_done(&st->control);
	nsroot_done(&st->ns);
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	int r = nsroot_open(&st->ns, s, PID_WITH_NAMESPACE);

	control_init(&st->control, '=', fields);
	str_copy(st->repos, sizeof(st->repos), REPOS_DIR "/*.repo");
	st->patterns[0] = MAIN_FILE;
	st->patterns[1] = st->repos;
	placelines_init(&st->lines, s, st->ns.root, nsroot_mounts(&st->ns), st->patterns);
	if (r < 0)
		close_scan(s);
	return r;
}

/* What is known of the section when it ends. */
static void end_section(struct scan *s, struct state *st)
{
	struct span dir = control_get(&st->control, F_REPOSDIR);

	if (st->in_main && dir.n && dir.p[0] == '/' && str_eq(st->lines.path, MAIN_FILE) &&
		snprintf(st->repos, sizeof(st->repos), "%.*s/*.repo", (int)dir.n, dir.p) >=
			(int)sizeof(st->repos))
		str_copy(st->repos, sizeof(st->repos), REPOS_DIR "/*.repo");
	if (st->in_repo) {
		row_begin(s);
		row_text(s, SOURCE, st->lines.path);
		for (unsigned i = 0; i < ARRAY_LEN(columns_of); i++) {
			struct span value = control_get(&st->control, i);

			if (value.p)
				row_bytes(s, columns_of[i], value.p, value.n);
		}
		row_int(s, PID_WITH_NAMESPACE, st->ns.pid);
		row_end(s);
	}
	st->in_main = st->in_repo = false;
	control_reset(&st->control);
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct span text;
	char *line;
	size_t len;
	int r = placelines_next(&st->lines, &line, &len);

	if (r < 0)
		return r;
	if (r == PLACELINES_FILE || r == PLACELINES_FILE_END)
		end_section(s, st);
	if (r != PLACELINES_LINE)
		return r != PLACELINES_END;
	text = span_trim((struct span){line, len});
	if (text.n >= 2 && text.p[0] == '[' && line[0] == '[') {
		end_section(s, st);
		st->in_main = text.n >= 6 && memcmp(text.p, "[main]", 6) == 0;
		st->in_repo = !st->in_main;
		return 1;
	}
	r = control_line(&st->control, (struct span){line, len});
	return r < 0 ? r : 1;
}

const struct table table_yum_sources = {
	.name = "yum_sources",
	.doc = "Repositories of yum and dnf.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
