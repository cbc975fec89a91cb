/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/portage.h"

#include <ctype.h>
#include <dirent.h>
#include <string.h>

static const char *const installed[] = {PORTAGE_DB "/*/*", NULL};

/* Where "-VERSION" begins in a name without its comparison: at the last "-" with a digit behind it,
 * or the one before when the last is a revision (-r1). Behind the category only. */
static size_t version_at(struct span text)
{
	const char *slash = memrchr(text.p, '/', text.n);
	size_t from = slash ? (size_t)(slash - text.p) : 0;
	unsigned dashes = 0;

	for (size_t i = text.n; i > from + 1 && dashes < 2; i--) {
		if (text.p[i - 1] != '-')
			continue;
		dashes++;
		if (i < text.n && isdigit((unsigned char)text.p[i]))
			return i - 1;
	}
	return text.n;
}

void portage_atom(struct span text, struct portage_atom *ret)
{
	struct portage_atom a = {.compare = {text.p, 0}};
	size_t at;

	while (a.compare.n < text.n && strchr("<>=~!", text.p[a.compare.n]))
		a.compare.n++;
	text = (struct span){text.p + a.compare.n, text.n - a.compare.n};
	if (span_eq(a.compare, "="))
		a.compare.n = 0;
	while (text.n && text.p[text.n - 1] == '/')
		text.n--;
	at = version_at(text);
	a.package = (struct span){text.p, at};
	a.version = at < text.n ? (struct span){text.p + at + 1, text.n - at - 1}
				: (struct span){"", 0};
	*ret = a;
}

void portage_db_open(struct portage_db *db, struct scan *s)
{
	places_init(&db->places, s, scan_root(s), NULL, installed);
}

void portage_db_close(struct portage_db *db)
{
	places_done(&db->places);
}

int portage_db_next(
	struct portage_db *db, struct pathwalk_entry *ret, struct portage_atom *ret_atom)
{
	struct span name;
	int r = places_next(&db->places, ret);

	if (r != PATHWALK_ENTRY)
		return r;
	/* Of "-MERGING-…" a package is not complete yet. */
	if (ret->type != DT_DIR || ret->name[0] == '-' || ret->name[0] == '.')
		return PATHWALK_AGAIN;
	name = (struct span){ret->path, ret->path_len};
	if (!span_skip(&name, PORTAGE_DB "/"))
		return PATHWALK_AGAIN;
	portage_atom(name, ret_atom);
	return PATHWALK_ENTRY;
}
