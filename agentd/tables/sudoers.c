/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/root.h"
#include "agentd/sudoline.h"
#include "agentd/table.h"
#include "agentd/textfile.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Files and directories within each other, as sudo has it. */
#define NEST_MAX 128
/* Files in all: two that include each other twice would never end. */
#define FILES_MAX 2048
/* Names in one directory. */
#define NAMES_MAX 65536
/* Bytes of a rule over several lines. */
#define RULE_MAX (512u << 10)

enum { SOURCE, HEADER, RULE_DETAILS };

static const struct column columns[] = {
	{"source", COL_TEXT, 0, "The file"},
	{"header", COL_TEXT, 0, "First word: who, or Defaults, User_Alias, @include …"},
	{"rule_details", COL_TEXT, 0, "What comes behind it"},
	COL_END,
};

/* A file that is being read, or the files of a directory that is included. */
struct level {
	struct textfile file;
	bool is_file;
	char **names; /* heap, each too */
	size_t n, at, cap;
	char path[PATH_MAX];
};

struct state {
	struct level *levels[NEST_MAX];
	size_t depth, files;
	struct buf header, details; /* of the rule that goes on */
	bool goes_on;
};

/* ---- Levels ---- */

static void level_free(struct level *l)
{
	if (l->is_file)
		textfile_done(&l->file);
	for (size_t i = 0; i < l->n; i++)
		free(l->names[i]);
	free(l->names);
	free(l);
}

static void pop(struct state *st)
{
	level_free(st->levels[--st->depth]);
}

/* NULL with *ret set to 0 (told) or -ENOMEM. */
static struct level *push(struct scan *s, struct state *st, const char *path, int *ret)
{
	struct level *l;

	*ret = 0;
	if (st->depth == NEST_MAX || st->files == FILES_MAX) {
		scan_warn(s, "more than %u files within each other, or %u in all: %s is left out",
			NEST_MAX, FILES_MAX, path);
		return NULL;
	}
	l = calloc(1, sizeof(*l));
	*ret = l ? 0 : -ENOMEM;
	if (!l)
		return NULL;
	if (str_copy(l->path, sizeof(l->path), path) < 0) {
		free(l);
		return NULL;
	}
	st->levels[st->depth++] = l;
	st->files++;
	return l;
}

static int open_file(struct scan *s, struct state *st, const char *path)
{
	int r;
	struct level *l = push(s, st, path, &r);

	if (!l)
		return r;
	r = textfile_open(&l->file, scan_root(s), path);
	l->is_file = r == 0;
	if (!r)
		return 0;
	pop(st);
	if (r != -ENOENT && r != -ENOTDIR && r != -ENOMEM)
		scan_skipped(s, "rules", "file", -r);
	return r == -ENOMEM ? r : 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(struct level *l, const char *name)
{
	int r = array_grow(&l->names, &l->cap, l->n + 1, sizeof(*l->names), NAMES_MAX);

	if (r < 0)
		return r;
	l->names[l->n] = strdup(name);
	if (!l->names[l->n])
		return -ENOMEM;
	l->n++;
	return 0;
}

static int open_directory(struct scan *s, struct state *st, const char *path)
{
	DIR *dir = root_opendir(scan_root(s), path);
	const struct dirent *d;
	struct level *l;
	int r;

	if (!dir) {
		if (errno != ENOENT && errno != ENOTDIR)
			scan_skipped(s, "entries", "directory", errno);
		return 0;
	}
	l = push(s, st, path, &r);
	while (l && !r && !scan_stop(s) && (d = readdir(dir)))
		if (d->d_type != DT_DIR && sudo_name_read(span_str(d->d_name)))
			r = add_name(l, d->d_name);
	closedir(dir);
	if (l && l->n)
		qsort(l->names, l->n, sizeof(*l->names), by_name);
	if (r == -E2BIG)
		scan_warn(s, "%s: only the first %u files", path, NAMES_MAX);
	return r == -E2BIG ? 0 : r;
}

/* ---- Rules ---- */

static void put(struct scan *s, const char *source, struct span header, struct span details)
{
	row_begin(s);
	row_text(s, SOURCE, source);
	row_bytes(s, HEADER, header.p, header.n);
	row_bytes(s, RULE_DETAILS, details.p, details.n);
	row_end(s);
}

static void put_gathered(struct scan *s, struct state *st, const struct level *l)
{
	put(s, l->path, (struct span){buf_str(&st->header), st->header.len},
		(struct span){buf_str(&st->details), st->details.len});
	st->goes_on = false;
}

/* One more line of a rule; without the backslash that said so, if it ends in one. */
static int gather(struct scan *s, struct state *st, const struct level *l, struct span line)
{
	bool more = line.n && line.p[line.n - 1] == '\\';
	int r = buf_add(&st->details, line.p, line.n - more);

	if (r == -EMSGSIZE)
		scan_warn(s, "%s: a rule is longer than %u KiB", l->path, RULE_MAX >> 10);
	if (r == -ENOMEM)
		return r;
	if (!more || r < 0)
		put_gathered(s, st, l);
	return 0;
}

static int begin_rule(
	struct scan *s, struct state *st, const struct level *l, const struct sudo_line *line)
{
	struct span header = line->header, details = line->details;
	int r;

	/* The backslash is the last byte of the one or the other. */
	header.n -= !details.n;
	buf_reset(&st->header);
	buf_reset(&st->details);
	st->goes_on = true;
	r = buf_add(&st->header, header.p, header.n);
	return r < 0 ? r : details.n ? gather(s, st, l, details) : 0;
}

static int include(
	struct scan *s, struct state *st, const struct level *l, struct span target, bool directory)
{
	const char *slash = strrchr(l->path, '/');
	int dir = target.p[0] == '/' ? 0 : (int)(slash - l->path) + 1, n;
	char path[PATH_MAX];

	n = snprintf(path, sizeof(path), "%.*s%.*s", dir, l->path, (int)target.n, target.p);
	if (n < 0 || (size_t)n >= sizeof(path))
		return 0;
	return directory ? open_directory(s, st, path) : open_file(s, st, path);
}

static int take(struct scan *s, struct state *st, const struct level *l, struct span text)
{
	struct sudo_line line;
	enum sudo_kind kind;

	text = span_trim(text);
	if (!text.n)
		return 0;
	if (st->goes_on)
		return gather(s, st, l, text);
	kind = sudo_line_read(text, &line);
	if (kind == SUDO_NONE)
		return 0;
	if (line.goes_on)
		return begin_rule(s, st, l, &line);
	put(s, l->path, line.header, line.details);
	return kind == SUDO_RULE ? 0 : include(s, st, l, line.target, kind == SUDO_INCLUDE_DIR);
}

static int next_line(struct scan *s, struct state *st, struct level *l)
{
	char *line;
	size_t len;
	int r = textfile_next(&l->file, &line, &len);

	if (r == TEXTFILE_LINE)
		return take(s, st, l, (struct span){line, len});
	if (r == TEXTFILE_AGAIN)
		return 0;
	if (r < 0)
		scan_skipped(s, "rules", "file", -r);
	textfile_told(&l->file, s, l->path);
	if (st->goes_on)
		put_gathered(s, st, l);
	pop(st);
	return 0;
}

static int next_name(struct scan *s, struct state *st, struct level *l)
{
	char path[PATH_MAX];
	int n;

	if (l->at == l->n) {
		pop(st);
		return 0;
	}
	n = snprintf(path, sizeof(path), "%s/%s", l->path, l->names[l->at++]);
	return n < 0 || (size_t)n >= sizeof(path) ? 0 : open_file(s, st, path);
}

/* ---- The scan ---- */

static void sudoers_close(struct scan *s)
{
	struct state *st = scan_state(s);

	while (st->depth)
		pop(st);
	buf_done(&st->header);
	buf_done(&st->details);
}

static int sudoers_open(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_init(&st->header, TEXTFILE_LINE_MAX);
	buf_init(&st->details, RULE_MAX);
	return open_file(s, st, "/etc/sudoers");
}

static int sudoers_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct level *l;
	int r;

	if (!st->depth)
		return 0;
	l = st->levels[st->depth - 1];
	r = l->is_file ? next_line(s, st, l) : next_name(s, st, l);
	return r < 0 ? r : 1;
}

const struct table table_sudoers = {
	.name = "sudoers",
	.doc = "Who may do what as whom: the rules of /etc/sudoers and of the files it includes, "
	       "each "
	       "cut at its first blank.",
	.columns = columns,
	.open = sudoers_open,
	.step = sudoers_step,
	.close = sudoers_close,
	.state_size = sizeof(struct state),
};
