/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/pathglob.h"

#include "common/str.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static bool has_wildcard(enum pathglob_kind kind, const char *p, size_t n)
{
	for (const char *c = kind == PATHGLOB_LIKE ? "%_" : "*?["; *c; c++)
		if (memchr(p, *c, n))
			return true;
	return false;
}

static const char *deep_text(const struct pathglob *g)
{
	return g->kind == PATHGLOB_LIKE ? "%%" : "**";
}

static int add_part(struct pathglob *g, const char *text, enum pathglob_part_kind kind)
{
	struct pathglob_part *part = &g->parts[g->n];

	if (g->n == PATHGLOB_PARTS_MAX)
		return -E2BIG;
	*part = (struct pathglob_part){.text = text, .kind = kind};
	part->name_too = kind == PART_WILD && g->kind == PATHGLOB_LIKE && !strchr(text, '%');
	g->n++;
	return 0;
}

static int add_component(struct pathglob *g, const char *text, bool last)
{
	const char *deep = deep_text(g);
	int r;

	if (str_eq(text, ".") || str_eq(text, ".."))
		return -EINVAL;
	if (str_eq(text, deep))
		return add_part(g, text, PART_DEEP);
	if (!has_wildcard(g->kind, text, strlen(text)))
		return add_part(g, text, PART_LITERAL);
	r = add_part(g, text, PART_WILD);
	if (r < 0 || !last || !str_ends(text, deep))
		return r;
	g->parts[g->n - 1].skips = true;
	return add_part(g, deep, PART_DEEP);
}

/* `p` is what stands behind the base's slash; cuts it at its slashes. */
static int add_components(struct pathglob *g, char *p, bool below)
{
	int r = 0;

	while (!r && *p) {
		char *end = p + strcspn(p, "/");
		char *next = end + strspn(end, "/");

		*end = '\0';
		r = add_component(g, p, !*next);
		p = next;
	}
	if (!r && below)
		r = add_part(g, g->kind == PATHGLOB_LIKE ? "%" : "*", PART_WILD);
	return r;
}

int pathglob_init(
	struct pathglob *g, enum pathglob_kind kind, const char *text, size_t len, bool below)
{
	size_t cut = 0;
	int r;

	*g = (struct pathglob){.kind = kind};
	if (len > PATHGLOB_LEN_MAX)
		return -E2BIG;
	if (!len || text[0] != '/' || memchr(text, '\0', len))
		return -EINVAL;
	if (!has_wildcard(kind, text, len))
		return 0;
	g->text = span_dup((struct span){text, len});
	if (!g->text)
		return -ENOMEM;
	while (len > 1 && g->text[len - 1] == '/') {
		g->text[--len] = '\0';
		g->slash = true;
	}
	/* The last slash before the first wildcard. */
	for (size_t i = 0; i < len && !has_wildcard(kind, g->text + i, 1); i++)
		cut = g->text[i] == '/' ? i : cut;
	g->text[cut] = '\0';
	g->base = g->text;
	r = add_components(g, g->text + cut + 1, below);
	if (r < 0)
		pathglob_done(g);
	return r;
}

void pathglob_done(struct pathglob *g)
{
	free(g->text);
	*g = (struct pathglob){.kind = g->kind};
}

static bool part_matches(
	const struct pathglob *g, const struct pathglob_part *part, const char *name)
{
	switch (part->kind) {
	case PART_DEEP:
		return true;
	case PART_LITERAL:
		return str_eq(part->text, name);
	default:
		return g->kind == PATHGLOB_LIKE ? sqlite3_strlike(part->text, name, 0) == 0
						: sqlite3_strglob(part->text, name) == 0;
	}
}

/* What comes behind part i: adds to the set, and tells whether that is the pattern's end. */
static bool advance(const struct pathglob *g, size_t i, uint64_t *set)
{
	bool end = false;

	for (size_t to = i + 1; to <= i + 1 + g->parts[i].skips; to++) {
		if (to == g->n)
			end = true;
		else
			*set |= (uint64_t)1 << to;
	}
	return end;
}

struct pathglob_next pathglob_next(const struct pathglob *g, uint64_t at, const char *name)
{
	struct pathglob_next next = {0};

	for (uint64_t left = at; left; left &= left - 1) {
		size_t i = (size_t)__builtin_ctzll(left);
		const struct pathglob_part *part = &g->parts[i];
		uint64_t set = 0;
		bool named;

		if (!part_matches(g, part, name))
			continue;
		named = part->kind != PART_DEEP && str_eq(part->text, name);
		if (advance(g, i, &set)) {
			next.hit = true;
			next.hit_named |= named;
		}
		next.below |= set;
		if (part->kind == PART_DEEP)
			next.below |= (uint64_t)1 << i;
		else
			next.links |= set;
		if (named)
			next.named |= set;
	}
	return next;
}
