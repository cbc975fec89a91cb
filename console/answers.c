/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/answers.h"
#include "common/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int answers_init(struct answers *a, size_t n)
{
	*a = (struct answers){.n = n, .of = calloc(n + 1, sizeof(*a->of))};
	return a->of ? 0 : -ENOMEM;
}

void answers_done(struct answers *a)
{
	for (size_t i = 0; a->of && i < a->n; i++)
		free(a->of[i].error);
	free(a->of);
	*a = (struct answers){0};
}

static bool has_failed(const struct answer *h)
{
	return h->state != HOST_PENDING && h->state != HOST_ANSWERED;
}

bool answers_take(struct answers *a, size_t i, const struct fleet_end *end, const char *name)
{
	struct answer *h = &a->of[i];
	char *error;
	bool same;

	h->rows += end->rows;
	h->ms += end->ms;
	h->truncated |= end->truncated;
	if (end->state == HOST_ANSWERED) {
		if (h->state == HOST_PENDING)
			h->state = HOST_ANSWERED;
		return false;
	}
	if (name && end->has_code)
		error = str_printf("%s: %s", name, end->error);
	else
		error = strdup(end->error);
	same = h->state == end->state && h->error && error && str_eq(h->error, error);
	if (has_failed(h)) {
		free(error);
		return !same;
	}
	h->state = end->state;
	h->error = error;
	return true;
}

size_t answers_in(const struct answers *a, enum host_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		n += a->of[i].state == state;
	return n;
}

size_t answers_asked(const struct answers *a)
{
	return a->n - answers_in(a, HOST_PENDING);
}

const char *answers_state_words(enum host_state state)
{
	return state == HOST_TIMED_OUT ? "timed out" : host_state_name(state);
}

void answers_summary(const struct answers *a, int64_t took_ms, char *ret, size_t size)
{
	static const enum host_state others[] = {HOST_FAILED, HOST_TIMED_OUT, HOST_UNREACHABLE};
	size_t len = (size_t)snprintf(ret, size, "%zu of %zu hosts answered",
		answers_in(a, HOST_ANSWERED), answers_asked(a));

	for (size_t i = 0; i < ARRAY_LEN(others) && len < size; i++) {
		size_t n = answers_in(a, others[i]);

		if (n > 0)
			len += (size_t)snprintf(ret + len, size - len, ", %zu %s", n,
				answers_state_words(others[i]));
	}
	if (len < size)
		snprintf(ret + len, size - len, "; %" PRId64 " rows in %" PRId64 ".%" PRId64 " s",
			a->rows, took_ms / 1000, took_ms % 1000 / 100);
}

enum exit_status answers_status(const struct answers *a)
{
	if (a->asked == 0 || a->refused == a->asked)
		return EXIT_NOTHING;
	return answers_in(a, HOST_ANSWERED) == answers_asked(a) ? EXIT_ALL_GOOD : EXIT_INCOMPLETE;
}
