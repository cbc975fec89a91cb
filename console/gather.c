/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/gather.h"

#include "common/hash.h"
#include "common/str.h"
#include "console/collate.h"
#include "console/rowkey.h"
#include "console/rows.h"

#include <stdlib.h>
#include <string.h>

/* Names of hosts that are told with a folded row. */
#define NAMES_SHOWN    3
#define NAMES_TEXT_MAX 4096
/* Cells before a row's own: host, hosts, query. */
#define LEAD_MAX 3

struct line {
	uint64_t hash; /* of the cells */
	row_id row;
	host_id host;
	uint32_t n_hosts; /* that have this row */
	uint32_t first;	  /* row of the group: the first one that came */
};

struct fold_work {
	const struct gathered *of;
	struct line *lines;
	size_t n, n_cols;
	size_t *kept, n_kept; /* columns that make rows equal */
	size_t *put, n_put;   /* columns that are shown */
	packed *cells;
	struct cell *row;
	const char **names;
};

bool gather_wanted(const struct gather *g)
{
	return g->fold || g->rare_first || g->fresh || g->sql;
}

int gather_check(const struct gather *g, struct err *err)
{
	if (g->sql && (g->fold || g->rare_first || g->fresh))
		return err_set(err, EINVAL,
			"--sql makes rows of its own: neither --fold nor --new "
			"goes with it");
	return 0;
}

static int by_content(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	if (x->host != y->host)
		return x->host < y->host ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

static int by_common(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->n_hosts != y->n_hosts)
		return x->n_hosts > y->n_hosts ? -1 : 1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (x->host > y->host) - (x->host < y->host);
}

static int by_rare(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->n_hosts != y->n_hosts)
		return x->n_hosts < y->n_hosts ? -1 : 1;
	return by_common(a, b);
}

static void fill_lines(struct fold_work *w)
{
	size_t total = results_rows(w->of->rows);
	uint64_t seed = hash_seed();

	for (size_t i = 0; i < total; i++) {
		if (w->of->wanted && !w->of->wanted[i])
			continue;
		/* A text is there once, so that equal cells are equal numbers. */
		for (size_t c = 0; c < w->n_kept; c++)
			w->cells[c] = results_cell(w->of->rows, (row_id)i, w->kept[c]);
		w->lines[w->n++] = (struct line){
			.hash = hash_bytes(
				seed, (const char *)w->cells, w->n_kept * sizeof(*w->cells)),
			.row = (row_id)i,
			.host = results_host(w->of->rows, (row_id)i),
		};
	}
}

static void count_hosts(struct fold_work *w)
{
	for (size_t i = 0, end; i < w->n; i = end) {
		uint32_t hosts = 0, first = UINT32_MAX;

		for (end = i; end < w->n && w->lines[end].hash == w->lines[i].hash; end++) {
			hosts += end == i || w->lines[end].host != w->lines[end - 1].host;
			if (w->lines[end].row < first)
				first = w->lines[end].row;
		}
		for (size_t j = i; j < end; j++) {
			w->lines[j].n_hosts = hosts;
			w->lines[j].first = first;
		}
	}
}

static int put_header(const struct fold_work *w, struct output *o)
{
	size_t n = 0;

	w->names[n++] = "host";
	w->names[n++] = "hosts";
	if (w->of->query)
		w->names[n++] = "query";
	for (size_t i = 0; i < w->n_put; i++)
		w->names[n++] = results_column_name(w->of->rows, w->put[i]);
	return output_header(o, w->names, n);
}

static int put_row(
	const struct fold_work *w, struct output *o, const char *hosts, const struct line *line)
{
	size_t n = 0;

	w->row[n++] = rows_text(hosts);
	w->row[n++] = (struct cell){.type = CELL_INT, .i = line->n_hosts};
	if (w->of->query)
		w->row[n++] = rows_text(w->of->query);
	for (size_t i = 0; i < w->n_put; i++)
		w->row[n++] = results_unpack(
			w->of->rows, results_cell(w->of->rows, line->row, w->put[i]));
	return output_row(o, w->row);
}

/* "web1, web2, web3 and 5 more" of the lines of one group. */
static int put_names(const struct fold_work *w, const struct line *lines, size_t n, struct buf *b)
{
	uint32_t shown = 0;
	int r = 0;

	buf_reset(b);
	for (size_t i = 0; r == 0 && i < n && shown < NAMES_SHOWN; i++) {
		if (i > 0 && lines[i].host == lines[i - 1].host)
			continue;
		r = buf_printf(b, "%s%s", shown++ ? ", " : "", w->of->hosts[lines[i].host]);
	}
	if (r == 0 && lines[0].n_hosts > shown)
		r = buf_printf(b, " and %u more", lines[0].n_hosts - shown);
	return r;
}

static int put_folded(const struct fold_work *w, struct output *o, size_t *ret_rows)
{
	struct buf names;
	int r = 0;

	buf_init(&names, NAMES_TEXT_MAX);
	for (size_t i = 0, end; r == 0 && i < w->n; i = end) {
		for (end = i + 1; end < w->n && w->lines[end].first == w->lines[i].first;)
			end++;
		r = put_names(w, w->lines + i, end - i, &names);
		if (r == 0)
			r = put_row(w, o, buf_str(&names), &w->lines[i]);
		*ret_rows += 1;
	}
	buf_done(&names);
	return r;
}

static int put_each(const struct fold_work *w, struct output *o, size_t *ret_rows)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < w->n; i++)
		r = put_row(w, o, w->of->hosts[w->lines[i].host], &w->lines[i]);
	*ret_rows += w->n;
	return r;
}

/* What differs by its nature from host to host makes no row another, nor is it any host's then. */
static void choose_columns(struct fold_work *w, bool folded)
{
	for (size_t i = 0; i < w->n_cols; i++) {
		bool ignored = rowkey_listed(w->of->ignore, results_column_name(w->of->rows, i));

		if (!ignored)
			w->kept[w->n_kept++] = i;
		if (!ignored || !folded)
			w->put[w->n_put++] = i;
	}
}

static int fold_init(struct fold_work *w, const struct gathered *of, bool folded)
{
	*w = (struct fold_work){.of = of, .n_cols = results_columns_n(of->rows)};
	w->lines = calloc(results_rows(of->rows) + 1, sizeof(*w->lines));
	w->kept = calloc(w->n_cols + 1, sizeof(*w->kept));
	w->put = calloc(w->n_cols + 1, sizeof(*w->put));
	w->cells = calloc(w->n_cols + 1, sizeof(*w->cells));
	w->row = calloc(w->n_cols + LEAD_MAX, sizeof(*w->row));
	w->names = calloc(w->n_cols + LEAD_MAX, sizeof(*w->names));
	if (!w->lines || !w->kept || !w->put || !w->cells || !w->row || !w->names)
		return -ENOMEM;
	choose_columns(w, folded);
	return 0;
}

static void fold_done(struct fold_work *w)
{
	free(w->lines);
	free(w->kept);
	free(w->put);
	free(w->cells);
	free(w->row);
	free(w->names);
}

int gather_put(const struct gather *g, const struct gathered *of, struct output *o, bool *header,
	size_t *ret_rows, struct err *err)
{
	bool folded = g->fold || g->rare_first, rare = g->rare_first || (of->wanted && !g->fold);
	struct fold_work w;
	int r;

	if (g->sql)
		return gather_sql(g->sql, of, o, header, ret_rows, err);
	if (fold_init(&w, of, folded) < 0) {
		r = err_sys(err, ENOMEM, "%zu rows", results_rows(of->rows));
		goto out;
	}
	fill_lines(&w);
	qsort(w.lines, w.n, sizeof(*w.lines), by_content);
	count_hosts(&w);
	qsort(w.lines, w.n, sizeof(*w.lines), rare ? by_rare : by_common);
	r = 0;
	if (!*header && w.n_cols > 0) {
		r = put_header(&w, o);
		*header = true;
	}
	if (r == 0)
		r = folded ? put_folded(&w, o, ret_rows) : put_each(&w, o, ret_rows);
out:
	fold_done(&w);
	return r;
}
