/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fold.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/log.h"
#include "common/map.h"
#include "common/str.h"

#include <stdlib.h>
#include <string.h>

/* Hosts named in one line; of more than that all but two are counted. */
#define NAMED 3

struct group {
	char *text;
	bool varies; /* in its numbers */
	const char *hosts[NAMED];
	size_t n;
};

struct fold {
	void (*say)(const char *fmt, ...);
	bool numbers;
	struct map *groups;
	size_t uncounted; /* hosts whose sentence was not kept */
};

struct fold *fold_new(void (*say)(const char *fmt, ...), bool numbers)
{
	struct fold *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->say = say;
	f->numbers = numbers;
	f->groups = map_new(FOLD_KEPT);
	if (f->groups)
		return f;
	free(f);
	return NULL;
}

static void group_free(void *value)
{
	struct group *g = value;

	if (g)
		free(g->text);
	free(g);
}

void fold_free(struct fold *f)
{
	if (!f)
		return;
	map_free(f->groups, group_free);
	free(f);
}

/* `text` with each run of digits replaced by an ellipsis; heap, NULL when out of memory. */
static char *without_numbers(const char *text)
{
	struct buf b;
	char *got = NULL;
	int r = 0;

	buf_init(&b, 4 * ERR_TEXT_MAX);
	while (r == 0 && *text) {
		size_t digits = strspn(text, "0123456789");
		size_t other = strcspn(text, "0123456789");

		r = digits ? buf_puts(&b, "…") : buf_add(&b, text, other);
		text += digits ? digits : other;
	}
	if (r == 0)
		got = buf_steal(&b);
	buf_done(&b);
	return got;
}

static struct group *group_new(struct fold *f, const char *key, const char *text)
{
	struct group *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->text = strdup(text);
	if (g->text && map_put(f->groups, key, g, NULL) == 0)
		return g;
	group_free(g);
	return NULL;
}

static struct group *group_of(struct fold *f, const char *text)
{
	char *key = f->numbers ? without_numbers(text) : strdup(text);
	struct group *g = key ? map_get(f->groups, key) : NULL;

	if (g && !str_eq(g->text, text))
		g->varies = true;
	else if (key && !g)
		g = group_new(f, key, text);
	free(key);
	return g;
}

void fold_add(struct fold *f, const char *host, const char *text)
{
	struct group *g;

	if (log_level() >= LOG_VERBOSE) {
		f->say("%s: %s", host, text);
		return;
	}
	g = group_of(f, text);
	if (!g) {
		f->uncounted++;
		return;
	}
	if (g->n < NAMED)
		g->hosts[g->n] = host;
	g->n++;
}

static void say_group(struct fold *f, const char *key, const struct group *g)
{
	const char *text = g->varies ? key : g->text, *const *h = g->hosts;

	if (g->n == 1)
		f->say("%s: %s", h[0], text);
	else if (g->n == 2)
		f->say("%s, %s: %s", h[0], h[1], text);
	else if (g->n == 3)
		f->say("%s, %s, %s: %s", h[0], h[1], h[2], text);
	else
		f->say("%s, %s and %zu more: %s", h[0], h[1], g->n - 2, text);
}

void fold_say(struct fold *f)
{
	size_t groups = f ? map_len(f->groups) : 0, rest;

	if (!f)
		return;
	rest = f->uncounted;
	for (size_t i = 0; i < groups; i++) {
		const struct group *g = map_value(f->groups, i);

		if (i < FOLD_LINES)
			say_group(f, map_key(f->groups, i), g);
		else
			rest += g->n;
	}
	if (rest > 0)
		f->say("%zu more hosts said other things; -v tells all", rest);
	map_free(f->groups, group_free);
	f->groups = map_new(FOLD_KEPT);
	f->uncounted = 0;
}
