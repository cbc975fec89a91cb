/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/ask_kept.h"

#include <stdlib.h>
#include <string.h>

static bool in_trouble(const struct answer *h)
{
	return h->state != HOST_PENDING && (h->state != HOST_ANSWERED || h->truncated);
}

void ask_kept_header(struct ask_kept *k, const char *const *columns, size_t n)
{
	struct wire_column *cols = k ? calloc(n + 1, sizeof(*cols)) : NULL;

	for (size_t i = 0; cols && i < n; i++)
		cols[i] = (struct wire_column){.name = columns[i], .type = ""};
	if (k)
		k->own = true;
	if (cols)
		(void)results_columns(k->rows, 0, cols, n);
	free(cols);
}

void ask_kept_row(struct ask_kept *k, const struct cell *cells)
{
	if (k)
		(void)results_add(k->rows, 0, cells, 1);
}

void ask_kept_outcome(struct ask_kept *k, const struct answers *a, const struct host_config *hosts)
{
	size_t n = 0;

	k->hosts = answers_asked(a);
	k->answered = answers_in(a, HOST_ANSWERED);
	for (size_t i = 0; i < a->n; i++)
		n += in_trouble(&a->of[i]);
	if (k->troubles || n == 0 || !(k->troubles = calloc(n, sizeof(*k->troubles))))
		return;
	for (size_t i = 0; i < a->n; i++) {
		const struct answer *h = &a->of[i];
		struct ask_trouble *t = &k->troubles[k->n_troubles];

		if (!in_trouble(h))
			continue;
		t->host = strdup(hosts[i].name);
		t->error = h->error ? strdup(h->error) : NULL;
		t->state = h->state;
		t->truncated = h->truncated;
		if (!t->host)
			return;
		k->n_troubles++;
	}
}

void ask_kept_done(struct ask_kept *k)
{
	results_free(k->rows);
	for (size_t i = 0; i < k->n_troubles; i++) {
		free(k->troubles[i].host);
		free(k->troubles[i].error);
	}
	free(k->troubles);
	*k = (struct ask_kept){0};
}
