/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Path patterns against SQLite: what a walk by a pattern finds passes the statement's own LIKE or
 * GLOB, and what matches name by name is found. Input: a byte of choices, the pattern, a NUL, the
 * path.
 */
#include "agentd/pathglob.h"
#include "common/str.h"

#include <sqlite3.h>
#include <stdlib.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)
#define INPUT_MAX 1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool matches(enum pathglob_kind kind, const char *pattern, const char *text)
{
	return kind == PATHGLOB_LIKE ? sqlite3_strlike(pattern, text, 0) == 0
				     : sqlite3_strglob(pattern, text) == 0;
}

/* A path as a walk makes them: from the root, without empty names, "." and "..". */
static bool is_walked(const char *path)
{
	struct span rest = span_str(path), name;

	if (!span_split(&rest, '/', &name) || name.n || !rest.p)
		return false;
	while (span_split(&rest, '/', &name))
		if (!name.n || span_eq(name, ".") || span_eq(name, ".."))
			return false;
	return true;
}

/* Down the names of `path` behind the base; true when the last one is a hit. */
static bool walk_finds(const struct pathglob *g, const char *path)
{
	struct pathglob_next next = {.below = 1};
	struct span rest, part;

	if (!str_starts(path, g->base) || path[strlen(g->base)] != '/')
		return false;
	rest = span_str(path + strlen(g->base) + 1);
	while (span_split(&rest, '/', &part)) {
		char *name = span_dup(part);

		MUST(name);
		next = pathglob_next(g, next.below, name);
		free(name);
		MUST((next.links & ~next.below) == 0 && (next.named & ~next.below) == 0);
		MUST(!next.hit_named || next.hit);
		MUST(g->n == PATHGLOB_PARTS_MAX || next.below >> g->n == 0);
	}
	return next.hit;
}

/* Does each name of the path match its component, and are there as many? */
static bool matches_by_name(enum pathglob_kind kind, const char *pattern, const char *path)
{
	struct span p = span_str(pattern), q = span_str(path), a, b;
	bool all = true;

	while (all && span_split(&p, '/', &a)) {
		char *x = span_dup(a), *y = NULL;
		bool wild = false;

		MUST(x);
		for (const char *c = kind == PATHGLOB_LIKE ? "%_" : "*?["; *c; c++)
			wild |= strchr(x, *c) != NULL;
		all = span_split(&q, '/', &b);
		if (all) {
			y = span_dup(b);
			MUST(y);
			all = wild ? matches(kind, x, y) : str_eq(x, y);
		}
		free(x);
		free(y);
	}
	return all && !q.p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum pathglob_kind kind;
	char text[INPUT_MAX + 1];
	const char *pattern = text, *path;
	struct pathglob g;
	bool found;

	if (n < 2 || n > INPUT_MAX)
		return 0;
	memcpy(text, data + 1, n - 1);
	text[n - 1] = '\0';
	path = memchr(text, '\0', n - 1);
	path = path ? path + 1 : text;
	kind = data[0] & 1 ? PATHGLOB_GLOB : PATHGLOB_LIKE;
	if (pathglob_init(&g, kind, pattern, strlen(pattern), data[0] & 2) < 0)
		return 0;
	if (g.n && is_walked(path) && is_walked(pattern)) {
		found = walk_finds(&g, path);
		if (!(data[0] & 2)) {
			MUST(!found || matches(kind, pattern, path));
			MUST(found || !matches_by_name(kind, pattern, path));
		}
	}
	pathglob_done(&g);
	return 0;
}
