/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/portage.h"
#include "agentd/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Lines of all those files, and their bytes. */
#define LINES_MAX (64u << 10)
#define TEXT_MAX  (8u << 20)

enum { PACKAGE, VERSION, KEYWORD, MASK, UNMASK };

static const struct column columns[] = {
	{"package", COL_TEXT, 0, "Category and name"},
	{"version", COL_TEXT, 0, "Versions that it is about, such as >=1.2; empty for all"},
	{"keyword", COL_TEXT, 0, "Keywords that are accepted for it, such as ~amd64"},
	{"mask", COL_INTEGER, 0, "1: must not be installed"},
	{"unmask", COL_INTEGER, 0, "1: may be installed although it is masked elsewhere"},
	COL_END,
};

/* Each may be a folder of such files. */
static const char *const patterns[] = {"/etc/portage/package.keywords",
	"/etc/portage/package.keywords/*", "/etc/portage/package.accept_keywords",
	"/etc/portage/package.accept_keywords/*", "/etc/portage/package.mask",
	"/etc/portage/package.mask/*", "/etc/portage/package.unmask",
	"/etc/portage/package.unmask/*", NULL};

/* A line, kept until all are read: one row tells what all files say of the same versions. */
struct line {
	size_t at, atom_len, keywords_len; /* within the text: the keywords follow the atom */
	bool mask, unmask;
	const struct buf *text;
};

struct state {
	struct placelines files;
	struct buf text;
	struct line *lines;
	size_t n, cap, next;
	bool read, crowded;
};

static int keywords_open(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_init(&st->text, TEXT_MAX);
	placelines_init(&st->files, s, scan_root(s), NULL, patterns);
	return 0;
}

static void keywords_close(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->crowded)
		scan_warn(s, "too many lines: some are left out");
	placelines_done(&st->files);
	buf_done(&st->text);
	free(st->lines);
}

/* 0 or -ENOMEM. */
static int keep(struct state *st, struct span text)
{
	bool masks = str_starts(st->files.path, "/etc/portage/package.mask");
	bool unmasks = str_starts(st->files.path, "/etc/portage/package.unmask");
	struct span atom, keywords = word_before(text, '#', NULL);
	struct line line = {
		.at = st->text.len, .mask = masks, .unmask = unmasks, .text = &st->text};
	int r;

	atom = word_next(&keywords);
	keywords = masks || unmasks ? (struct span){"", 0} : span_trim(keywords);
	if (!atom.n)
		return 0;
	line.atom_len = atom.n;
	line.keywords_len = keywords.n;
	r = array_grow(&st->lines, &st->cap, st->n + 1, sizeof(*st->lines), LINES_MAX);
	if (!r)
		r = buf_add(&st->text, atom.p, atom.n);
	if (!r)
		r = buf_add(&st->text, keywords.p, keywords.n);
	if (!r)
		st->lines[st->n++] = line;
	st->crowded |= r == -E2BIG || r == -EMSGSIZE;
	return r == -ENOMEM ? r : 0;
}

static struct span atom_of(const struct line *l)
{
	return (struct span){buf_str(l->text) + l->at, l->atom_len};
}

/* By atom, those of one in the order in which they were read. */
static int compare(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	size_t n = x->atom_len < y->atom_len ? x->atom_len : y->atom_len;
	int r = memcmp(atom_of(x).p, atom_of(y).p, n);

	if (!r && x->atom_len != y->atom_len)
		r = x->atom_len < y->atom_len ? -1 : 1;
	return r ? r : x->at < y->at ? -1 : x->at > y->at;
}

static bool same(const struct line *a, const struct line *b)
{
	return a->atom_len == b->atom_len && memcmp(atom_of(a).p, atom_of(b).p, a->atom_len) == 0;
}

static void put_atom(struct scan *s, const struct line *first, size_t n)
{
	struct span keywords = {"", 0};
	bool mask = false, unmask = false;
	struct portage_atom atom;

	for (const struct line *l = first; l < first + n; l++) {
		mask |= l->mask;
		unmask |= l->unmask;
		if (!keywords.n)
			keywords = (struct span){atom_of(l).p + l->atom_len, l->keywords_len};
	}
	portage_atom(atom_of(first), &atom);
	row_begin(s);
	row_bytes(s, PACKAGE, atom.package.p, atom.package.n);
	row_printf(s, VERSION, "%.*s%.*s", (int)atom.compare.n, atom.compare.p, (int)atom.version.n,
		atom.version.p);
	row_bytes(s, KEYWORD, keywords.p, keywords.n);
	row_int(s, MASK, mask);
	row_int(s, UNMASK, unmask);
	row_end(s);
}

static int next_atom(struct scan *s, struct state *st)
{
	size_t n = 1;

	if (st->next == st->n)
		return 0;
	while (st->next + n < st->n && same(&st->lines[st->next], &st->lines[st->next + n]))
		n++;
	put_atom(s, st->lines + st->next, n);
	st->next += n;
	return 1;
}

static int keywords_step(struct scan *s)
{
	struct state *st = scan_state(s);
	char *line;
	size_t len;
	int r;

	if (st->read)
		return next_atom(s, st);
	r = placelines_next(&st->files, &line, &len);
	if (r == PLACELINES_LINE)
		r = keep(st, (struct span){line, len});
	else if (r == PLACELINES_END) {
		if (st->n)
			qsort(st->lines, st->n, sizeof(*st->lines), compare);
		st->read = true;
	}
	return r < 0 ? r : 1;
}

const struct table table_portage_keywords = {
	.name = "portage_keywords",
	.doc = "Which packages are accepted, masked and unmasked by the configuration of portage "
	       "on "
	       "Gentoo.",
	.columns = columns,
	.open = keywords_open,
	.step = keywords_step,
	.close = keywords_close,
	.state_size = sizeof(struct state),
};
