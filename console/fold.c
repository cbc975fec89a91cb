/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fold.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/log.h"
#include "common/map.h"
#include "common/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Hosts named in one line; of more than that all but two are counted. */
#define NAMED 3

struct group {
	char *text;
	bool varies; /* in its numbers or addresses */
	const char *hosts[NAMED];
	size_t n;
};

struct fold {
	void (*say)(const char *fmt, ...); /* or NULL: `line` */
	void (*line)(void *arg, const char *text);
	void *arg;
	enum fold_by by;
	struct map *groups;
	size_t uncounted; /* hosts whose sentence was not kept */
};

struct fold *fold_new(void (*say)(const char *fmt, ...), enum fold_by by)
{
	struct fold *f = fold_new_to(NULL, NULL, by);

	if (f)
		f->say = say;
	return f;
}

struct fold *fold_new_to(void (*line)(void *arg, const char *text), void *arg, enum fold_by by)
{
	struct fold *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->line = line;
	f->arg = arg;
	f->by = by;
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

#define DIGITS	 "0123456789"
#define PORT	 " port "
#define ELLIPSIS "\xe2\x80\xa6"

/* Where the next thing to be left out begins in `text`, and its length: 0 when there is none. */
static const char *next_number(const char *text, size_t *ret_n)
{
	const char *at = text + strcspn(text, DIGITS);

	*ret_n = strspn(at, DIGITS);
	return at;
}

/* A literal address with its port. */
static const char *next_address(const char *text, size_t *ret_n)
{
	const char *port = text;

	for (; (port = strstr(port, PORT)); port++) {
		size_t digits = strspn(port + strlen(PORT), DIGITS);
		const char *at = port;

		while (at > text && strchr(DIGITS "abcdefABCDEF.:%", at[-1]))
			at--;
		if (digits && at < port && (at == text || at[-1] == ' ')) {
			*ret_n = (size_t)(port - at) + strlen(PORT) + digits;
			return at;
		}
	}
	*ret_n = 0;
	return text + strlen(text);
}

/* `text` with what may differ replaced by an ellipsis; heap, NULL when out of memory. */
static char *alike(const char *text, enum fold_by by)
{
	struct buf b;
	char *got = NULL;
	int r = 0;

	buf_init(&b, 4 * ERR_TEXT_MAX);
	while (r == 0 && *text) {
		size_t n;
		const char *at =
			by == FOLD_NUMBERS ? next_number(text, &n) : next_address(text, &n);

		r = buf_add(&b, text, (size_t)(at - text));
		if (r == 0 && n)
			r = buf_puts(&b, ELLIPSIS);
		text = at + n;
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
	char *key = f->by == FOLD_EXACT ? strdup(text) : alike(text, f->by);
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

	if (!f)
		return;
	if (f->say && log_level() >= LOG_VERBOSE) {
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

__attribute__((format(printf, 2, 3))) static void say(struct fold *f, const char *fmt, ...)
{
	char text[2 * ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (f->say)
		f->say("%s", text);
	else
		f->line(f->arg, text);
}

static void say_group(struct fold *f, const char *key, const struct group *g)
{
	const char *text = g->varies ? key : g->text, *const *h = g->hosts;

	if (g->n == 1)
		say(f, "%s: %s", h[0], text);
	else if (g->n == 2)
		say(f, "%s, %s: %s", h[0], h[1], text);
	else if (g->n == 3)
		say(f, "%s, %s, %s: %s", h[0], h[1], h[2], text);
	else
		say(f, "%s, %s and %zu more: %s", h[0], h[1], g->n - 2, text);
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
		say(f, "%zu more hosts said other things%s", rest, f->say ? "; -v tells all" : "");
	map_free(f->groups, group_free);
	f->groups = map_new(FOLD_KEPT);
	f->uncounted = 0;
}
