/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/listing.h"
#include "common/buf.h"
#include "common/log.h"
#include "common/str.h"
#include "common/text.h"
#include "console/command.h"
#include "console/output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Columns of a name before its title starts; a longer one pushes its own title aside. */
#define NAME_MAX_COLUMNS 28
#define INDENT		 2
/* What is not a terminal gets lists of names as wide as this. */
#define DEFAULT_WIDTH  100
#define LINE_MAX_BYTES (4u * SAVED_FILE_MAX)

struct listing {
	const struct saved *const *all;
	size_t n;
	struct sink *sink;
	struct buf line;
	unsigned width; /* of the terminal; 0: lines are not cut */
	size_t name_columns;
	bool headed; /* a heading stands: the next one comes after an empty line */
};

static size_t columns_of(const char *s)
{
	return text_width(s, strlen(s));
}

static int put_line(struct listing *l)
{
	int r = buf_putc(&l->line, '\n');

	if (r == 0)
		r = sink_write(l->sink, l->line.p, l->line.len);
	buf_reset(&l->line);
	return r;
}

/* ---- One query ---- */

/* "  (pid=… sha256=…)": what must be given. */
static int put_needed(struct buf *b, const struct saved *q)
{
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < q->n_params; i++)
		if (!q->params[i].value)
			r = buf_printf(b, "%s%s=…", n++ ? " " : "  (", q->params[i].name);
	return r == 0 && n > 0 ? buf_putc(b, ')') : r;
}

/* What must be given stays; the title gives way to it. */
static int put_query(struct listing *l, const struct saved *q)
{
	size_t name = columns_of(q->name), used, room, title;
	struct buf needed;
	int r;

	buf_init(&needed, LINE_MAX_BYTES);
	r = put_needed(&needed, q);
	used = INDENT + (name > l->name_columns ? name : l->name_columns) + 2;
	title = columns_of(q->title);
	room = columns_of(buf_str(&needed));
	room = l->width > used + room ? l->width - used - room : 0;
	if (l->width == 0 || room > title)
		room = title;
	if (r == 0)
		r = buf_fill(&l->line, ' ', INDENT);
	if (r == 0)
		r = text_escape(&l->line, q->name, strlen(q->name));
	if (r == 0 && (title > 0 || needed.len > 0))
		r = buf_fill(&l->line, ' ', used - INDENT - name);
	if (r == 0)
		r = text_escape_cut(&l->line, q->title, strlen(q->title), room, NULL);
	if (r == 0)
		r = buf_puts(&l->line, buf_str(&needed));
	buf_done(&needed);
	return r < 0 ? r : put_line(l);
}

/* ---- Packs ---- */

static int put_heading(struct listing *l, const char *pack, size_t n)
{
	bool colour = sink_colour(l->sink);
	int r = l->headed ? put_line(l) : 0;

	l->headed = true;
	if (r == 0 && colour)
		r = buf_puts(&l->line, "\033[1m");
	if (r == 0 && *pack)
		r = text_escape(&l->line, pack, strlen(pack));
	else if (r == 0)
		r = buf_puts(&l->line, "in no pack");
	if (r == 0)
		r = buf_printf(&l->line, "%s (%zu)", colour ? "\033[0m" : "", n);
	return r < 0 ? r : put_line(l);
}

static bool names_pack(const struct saved *q, const char *pack)
{
	for (size_t i = 0; i < q->packs.n; i++)
		if (str_eq(q->packs.names[i], pack))
			return true;
	return false;
}

/* Those that name the pack and do not lie in its folder. */
static bool is_guest(const struct saved *q, const char *pack)
{
	return names_pack(q, pack) && !str_eq(q->pack, pack);
}

static size_t count_guests(const struct listing *l, const char *pack)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += is_guest(l->all[i], pack);
	return n;
}

/* Their names, in lines. */
static int put_guests(struct listing *l, const char *pack, const char *lead)
{
	size_t width = l->width > 0 ? l->width : DEFAULT_WIDTH, at = INDENT + strlen(lead);
	int r = buf_printf(&l->line, "%*s%s", INDENT, "", lead);
	const char *between = "";

	for (size_t i = 0; r == 0 && i < l->n; i++) {
		const char *name = l->all[i]->name;

		if (!is_guest(l->all[i], pack))
			continue;
		if (*between && at + 1 + columns_of(name) > width) {
			r = put_line(l);
			if (r == 0)
				r = buf_fill(&l->line, ' ', INDENT);
			at = INDENT;
			between = "";
		}
		at += strlen(between) + columns_of(name);
		if (r == 0)
			r = buf_puts(&l->line, between);
		if (r == 0)
			r = text_escape(&l->line, name, strlen(name));
		between = " ";
	}
	return r < 0 ? r : put_line(l);
}

static int put_folders(struct listing *l)
{
	int r = 0;

	for (size_t i = 0, next; r == 0 && i < l->n; i = next) {
		const char *pack = l->all[i]->pack;
		size_t guests = *pack ? count_guests(l, pack) : 0;

		for (next = i + 1; next < l->n && str_eq(l->all[next]->pack, pack);)
			next++;
		r = put_heading(l, pack, next - i + guests);
		for (size_t j = i; r == 0 && j < next; j++)
			r = put_query(l, l->all[j]);
		if (r == 0 && guests > 0)
			r = put_guests(l, pack, "also ");
	}
	return r;
}

/* Was the pack that the query names in its `j`th place met before, as a folder or as a name? */
static bool met(const struct listing *l, size_t query, size_t j)
{
	const struct saved *q = l->all[query];
	const char *pack = q->packs.names[j];

	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->all[i]->pack, pack) || (i < query && names_pack(l->all[i], pack)))
			return true;
	for (size_t i = 0; i < j; i++)
		if (str_eq(q->packs.names[i], pack))
			return true;
	return false;
}

/* Packs that have no folder of their own. */
static int put_packs(struct listing *l)
{
	int r = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct saved_list *packs = &l->all[i]->packs;

		for (size_t j = 0; r == 0 && j < packs->n; j++) {
			if (met(l, i, j))
				continue;
			r = put_heading(l, packs->names[j], count_guests(l, packs->names[j]));
			if (r == 0)
				r = put_guests(l, packs->names[j], "");
		}
	}
	return r;
}

/* ---- All ---- */

static int print(struct listing *l)
{
	int r;

	for (size_t i = 0; i < l->n; i++) {
		size_t name = columns_of(l->all[i]->name);

		if (name > l->name_columns && name <= NAME_MAX_COLUMNS)
			l->name_columns = name;
	}
	l->width = sink_width(l->sink);
	r = put_folders(l);
	if (r == 0)
		r = put_packs(l);
	return r < 0 ? r : sink_end(l->sink);
}

int listing_print(const struct saved *const *all, size_t n)
{
	struct listing l = {.all = all, .n = n};
	struct err err;
	int r;

	l.sink = sink_new(STDOUT_FILENO, true, &err);
	buf_init(&l.line, LINE_MAX_BYTES);
	r = l.sink ? print(&l) : -err.code;
	buf_done(&l.line);
	sink_free(l.sink);
	if (r == 0 || r == -EPIPE) {
		if (n > 0)
			log_note("%zu saved quer%s; `tocsin queries --show NAME` tells of one, "
				 "`tocsin run NAME` asks it",
				n, n == 1 ? "y" : "ies");
		else
			log_note("no saved query is like that; `tocsin queries` lists all");
		return EXIT_ALL_GOOD;
	}
	log_error("cannot write to standard output: %s", strerror(-r));
	return EXIT_INCOMPLETE;
}
