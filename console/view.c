/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/view.h"

#include "common/clock.h"
#include "common/hash.h"
#include "common/str.h"
#include "console/collate.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Rows between two looks whether something else is wanted by now. */
#define CHECK_ROWS 4096

/* A spec of one's own. */
struct own_spec {
	char *filter;
	struct view_key keys[VIEW_KEYS];
	bool fold, gone, changes;
	bool *skip;
	size_t n_skip;
};

struct lines {
	struct view_line *of;
	size_t n, rows, all;
	uint64_t version, serial; /* of the results; of the spec */
};

struct view {
	struct view_of of;
	void (*ready)(void *arg);
	void *arg;

	pthread_t thread;
	bool running;
	pthread_mutex_t lock; /* of what follows, to the next comment */
	pthread_cond_t wake;
	struct own_spec spec; /* the newest */
	uint64_t serial;      /* of it */
	uint64_t poked;	      /* version of the results that is wanted */
	bool stop;
	struct lines done; /* to be taken; serial 0: nothing */

	struct lines taken;    /* the caller's */
	uint32_t *host_rank;   /* the thread's: place of each host's name among them */
	struct filter *filter; /* likewise: what it knows of texts holds for the next pass */
	uint64_t filter_serial;
	uint64_t seed;
};

/* ---- Specs ---- */

static void spec_done(struct own_spec *s)
{
	free(s->filter);
	free(s->skip);
	*s = (struct own_spec){0};
}

static int spec_copy(struct own_spec *to, const struct view_spec *from)
{
	*to = (struct own_spec){.fold = from->fold,
		.gone = from->gone,
		.changes = from->changes,
		.n_skip = from->n_skip};
	memcpy(to->keys, from->keys, sizeof(to->keys));
	to->filter = strdup(from->filter ? from->filter : "");
	to->skip = malloc(from->n_skip + 1);
	if (!to->filter || !to->skip) {
		spec_done(to);
		return -ENOMEM;
	}
	if (from->n_skip)
		memcpy(to->skip, from->skip, from->n_skip);
	return 0;
}

/* ---- One pass ---- */

/* What the thread works on. `n` lines; keys beside them. */
struct pass {
	struct view *v;
	struct own_spec spec;
	uint64_t serial;
	struct view_line *lines;
	size_t n, rows, all;
	bool stale; /* another spec is wanted by now */
};

/* Without the lock: it only decides whether the work is given up. */
static bool is_stale(struct pass *p)
{
	if (!p->stale) {
		pthread_mutex_lock(&p->v->lock);
		p->stale = p->v->stop || p->v->serial != p->serial;
		pthread_mutex_unlock(&p->v->lock);
	}
	return p->stale;
}

static bool is_there(enum row_mark mark, const struct own_spec *spec)
{
	return mark != ROW_DEAD && (mark != ROW_GONE || spec->gone) &&
	       (mark != ROW_WAS || spec->changes);
}

static void look_at_row(struct pass *p, row_id row)
{
	enum row_mark mark = results_mark(p->v->of.results, row);
	bool answer = mark == ROW_PLAIN || mark == ROW_NEW;

	if (!is_there(mark, &p->spec))
		return;
	p->all += answer;
	if (!filter_wants(p->v->filter, row))
		return;
	p->rows += answer;
	p->lines[p->n++] = (struct view_line){row, 1};
}

static int gather(struct pass *p)
{
	size_t n = results_rows(p->v->of.results);

	p->lines = malloc((n ? n : 1) * sizeof(*p->lines));
	if (!p->lines)
		return -ENOMEM;
	for (size_t row = 0; row < n; row++) {
		if (row % CHECK_ROWS == 0 && is_stale(p))
			return -ECANCELED;
		look_at_row(p, (row_id)row);
	}
	return 0;
}

/* ---- Sorting numbers ---- */

struct keyed {
	uint64_t key;
	uint32_t at;
};

/* Stable, by key, a byte at a time where the keys differ in it. `other` is as long. */
static void radix_sort(struct keyed *a, struct keyed *other, size_t n)
{
	uint64_t all = ~UINT64_C(0), any = 0;
	struct keyed *from = a, *to = other;

	for (size_t i = 0; i < n; i++) {
		all &= a[i].key;
		any |= a[i].key;
	}
	for (unsigned shift = 0; shift < 64; shift += 8) {
		size_t count[257] = {0};
		struct keyed *swap = from;

		if ((((all ^ any) >> shift) & 0xff) == 0)
			continue;
		for (size_t i = 0; i < n; i++)
			count[(from[i].key >> shift & 0xff) + 1]++;
		for (size_t i = 1; i < 257; i++)
			count[i] += count[i - 1];
		for (size_t i = 0; i < n; i++)
			to[count[from[i].key >> shift & 0xff]++] = from[i];
		from = to;
		to = swap;
	}
	if (from != a)
		memcpy(a, from, n * sizeof(*a));
}

/* ---- Folding ---- */

static bool counts(const struct pass *p, size_t column)
{
	return column >= p->spec.n_skip || !p->spec.skip[column];
}

static uint64_t fold_hash(const struct pass *p, row_id row, size_t columns)
{
	uint64_t h = p->v->seed;

	for (size_t i = 0; i < columns; i++) {
		if (!counts(p, i))
			continue;
		h = (h ^ results_cell(p->v->of.results, row, i)) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	return h;
}

static bool differs(const struct results *r, row_id row)
{
	return results_mark(r, row) == ROW_WAS || results_change(r, row) != ROW_SAME;
}

static bool change_same(const struct results *r, row_id a, row_id b)
{
	return results_change(r, a) == results_change(r, b) &&
	       (results_mark(r, a) == ROW_WAS) == (results_mark(r, b) == ROW_WAS);
}

static bool fold_same(const struct pass *p, row_id a, row_id b, size_t columns)
{
	if (p->spec.changes && !change_same(p->v->of.results, a, b))
		return false;
	for (size_t i = 0; i < columns; i++)
		if (counts(p, i) && results_cell(p->v->of.results, a, i) !=
					    results_cell(p->v->of.results, b, i))
			return false;
	return true;
}

/* Open addressing: places of lines + 1, 0 for a free slot. */
struct fold_table {
	uint32_t *of;
	size_t slots; /* a power of two */
	size_t columns;
};

static int fold_table_init(struct fold_table *t, const struct results *r, size_t lines)
{
	t->columns = results_columns_n(r);
	for (t->slots = 1024; t->slots < lines * 2;)
		t->slots *= 2;
	t->of = calloc(t->slots, sizeof(*t->of));
	return t->of ? 0 : -ENOMEM;
}

/* That of the line into which the row is folded, or a free one. */
static uint32_t *find_slot(
	const struct pass *p, const struct fold_table *t, const struct view_line *lines, row_id row)
{
	size_t at = fold_hash(p, row, t->columns) & (t->slots - 1);

	while (t->of[at] && !fold_same(p, lines[t->of[at] - 1].row, row, t->columns))
		at = (at + 1) & (t->slots - 1);
	return &t->of[at];
}

/* Where each line went: the number of the folded line, in the order of the first ones. */
static int find_equals(struct pass *p, struct keyed *pairs)
{
	struct fold_table table;
	size_t n = 0;

	if (fold_table_init(&table, p->v->of.results, p->n) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < p->n && !(i % CHECK_ROWS == 0 && is_stale(p)); i++) {
		row_id row = p->lines[i].row;
		uint32_t *slot = find_slot(p, &table, p->lines, row);

		if (!*slot) {
			p->lines[n] = (struct view_line){row, 0};
			*slot = (uint32_t)++n;
		}
		pairs[i] = (struct keyed){
			(uint64_t)*slot << 32 | results_host(p->v->of.results, row), 0};
	}
	p->n = n;
	free(table.of);
	return p->stale ? -ECANCELED : 0;
}

static int fold(struct pass *p)
{
	size_t n = p->n;
	struct keyed *pairs = malloc((2 * n + 1) * sizeof(*pairs));
	int r = pairs ? find_equals(p, pairs) : -ENOMEM;

	if (r == 0)
		radix_sort(pairs, pairs + n, n);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (i == 0 || pairs[i].key != pairs[i - 1].key)
			p->lines[(pairs[i].key >> 32) - 1].hosts++;
	free(pairs);
	return r;
}

/* ---- The order of texts ---- */

struct text_order {
	const struct results *r;
};

static int by_collation(const void *a, const void *b, void *arg)
{
	const struct text_order *o = arg;
	const struct keyed *x = a, *y = b;

	return collate(results_text(o->r, x->at), results_text(o->r, y->at));
}

/* Places of the texts that are used, by text_id: equal prefixes are put right by comparing. */
static int rank_texts(const struct results *r, uint32_t *rank, size_t n)
{
	struct text_order order = {r};
	struct keyed *keys, *other;
	size_t used = 0;

	for (size_t i = 0; i < n; i++)
		used += rank[i] != 0;
	keys = malloc((2 * used + 1) * sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	other = keys + used;
	used = 0;
	for (size_t i = 0; i < n; i++)
		if (rank[i])
			keys[used++] = (struct keyed){
				collate_prefix(results_text(r, (text_id)i)), (uint32_t)i};
	radix_sort(keys, other, used);
	for (size_t i = 0, j; i < used; i = j) {
		for (j = i + 1; j < used && keys[j].key == keys[i].key;)
			j++;
		if (j - i > 1)
			qsort_r(keys + i, j - i, sizeof(*keys), by_collation, &order);
	}
	for (size_t i = 0; i < used; i++)
		rank[keys[i].at] = (uint32_t)i + 1;
	free(keys);
	return 0;
}

/* ---- The order of cells ---- */

/* Numbers before texts, nothing before both: two bits, and 62 of the value. */
#define CLASS_NUMBER (UINT64_C(1) << 62)
#define CLASS_TEXT   (UINT64_C(2) << 62)

static uint64_t real_key(double d)
{
	uint64_t bits;

	memcpy(&bits, &d, sizeof(bits));
	bits = bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
	return CLASS_NUMBER | bits >> 2;
}

/* A column of integers alone keeps all their bits. */
static uint64_t int_key(int64_t i)
{
	return (uint64_t)i ^ UINT64_C(1) << 63;
}

static bool is_number(packed v)
{
	return packed_kind(v) == PACKED_INT || packed_kind(v) == PACKED_LONG ||
	       packed_kind(v) == PACKED_REAL;
}

struct column_kind {
	bool texts, reals, nulls;
};

/* Marks in `rank` the texts that the lines use. */
static struct column_kind look_at_column(const struct pass *p, size_t column, uint32_t *rank)
{
	struct column_kind k = {0};

	for (size_t i = 0; i < p->n; i++) {
		packed v = results_cell(p->v->of.results, p->lines[i].row, column);

		k.nulls |= v == PACKED_NULL;
		k.reals |= packed_kind(v) == PACKED_REAL;
		if (v == PACKED_NULL || is_number(v))
			continue;
		k.texts = true;
		rank[packed_text(v)] = 1;
	}
	return k;
}

static uint64_t cell_key(const struct pass *p, packed v, struct column_kind k, const uint32_t *rank)
{
	struct cell c;

	if (v == PACKED_NULL)
		return 0;
	if (!is_number(v))
		return CLASS_TEXT | rank[packed_text(v)];
	c = results_unpack(p->v->of.results, v);
	if (c.type == CELL_INT && !k.texts && !k.reals && !k.nulls)
		return int_key(c.i);
	return real_key(c.type == CELL_INT ? (double)c.i : c.r);
}

static int column_keys(struct pass *p, size_t column, struct keyed *keys)
{
	size_t n = results_texts(p->v->of.results);
	uint32_t *rank = calloc(n + 1, sizeof(*rank));
	struct column_kind kind;
	int r = 0;

	if (!rank)
		return -ENOMEM;
	kind = look_at_column(p, column, rank);
	if (kind.texts)
		r = rank_texts(p->v->of.results, rank, n);
	for (size_t i = 0; r == 0 && i < p->n; i++)
		keys[i] = (struct keyed){
			cell_key(p, results_cell(p->v->of.results, p->lines[i].row, column), kind,
				rank),
			(uint32_t)i};
	free(rank);
	return r;
}

static int by_name(const void *a, const void *b, void *arg)
{
	const struct view *v = arg;
	const uint32_t *x = a, *y = b;

	return collate(span_str(v->of.hosts[*x].name), span_str(v->of.hosts[*y].name));
}

static int rank_hosts(struct view *v)
{
	uint32_t *order = malloc((v->of.n_hosts + 1) * sizeof(*order));

	v->host_rank = calloc(v->of.n_hosts + 1, sizeof(*v->host_rank));
	if (!order || !v->host_rank) {
		free(order);
		free(v->host_rank);
		v->host_rank = NULL;
		return -ENOMEM;
	}
	for (size_t i = 0; i < v->of.n_hosts; i++)
		order[i] = (uint32_t)i;
	qsort_r(order, v->of.n_hosts, sizeof(*order), by_name, v);
	for (size_t i = 0; i < v->of.n_hosts; i++)
		v->host_rank[order[i]] = (uint32_t)i;
	free(order);
	return 0;
}

static int other_keys(struct pass *p, int column, struct keyed *keys)
{
	if (column == VIEW_HOST && !p->v->host_rank && rank_hosts(p->v) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < p->n; i++) {
		uint64_t key =
			column == VIEW_COUNT
				? p->lines[i].hosts
				: p->v->host_rank[results_host(p->v->of.results, p->lines[i].row)];

		keys[i] = (struct keyed){key, (uint32_t)i};
	}
	return 0;
}

/* What differs first, each part in the order that it has. */
static int put_changes_first(struct pass *p)
{
	struct view_line *sorted = malloc((p->n + 1) * sizeof(*sorted));
	size_t n = 0, rest = 0;

	if (!sorted)
		return -ENOMEM;
	/* Each is looked at once: meanwhile it may become another. */
	for (size_t i = 0; i < p->n; i++)
		if (differs(p->v->of.results, p->lines[i].row))
			sorted[n++] = p->lines[i];
		else
			p->lines[rest++] = p->lines[i];
	memcpy(sorted + n, p->lines, rest * sizeof(*sorted));
	free(p->lines);
	p->lines = sorted;
	return 0;
}

static int sort_by(struct pass *p, const struct view_key *k)
{
	struct keyed *keys = malloc((2 * p->n + 1) * sizeof(*keys));
	struct view_line *sorted = malloc((p->n + 1) * sizeof(*sorted));
	int r = keys && sorted ? 0 : -ENOMEM;

	if (r == 0)
		r = k->column >= 0 ? column_keys(p, (size_t)k->column, keys)
				   : other_keys(p, k->column, keys);
	for (size_t i = 0; r == 0 && k->descending && i < p->n; i++)
		keys[i].key = ~keys[i].key;
	if (r == 0 && is_stale(p))
		r = -ECANCELED;
	if (r == 0) {
		radix_sort(keys, keys + p->n, p->n);
		for (size_t i = 0; i < p->n; i++)
			sorted[i] = p->lines[keys[i].at];
		free(p->lines);
		p->lines = sorted;
		sorted = NULL;
	}
	free(sorted);
	free(keys);
	return r;
}

/* The last key first, each sort keeping the order of the one before. */
static int sort(struct pass *p)
{
	int r = 0;

	for (size_t i = VIEW_KEYS; r == 0 && i-- > 0;) {
		const struct view_key *k = &p->spec.keys[i];

		if (k->column == VIEW_NONE || (k->column == VIEW_COUNT && !p->spec.fold) ||
			k->column >= (int)results_columns_n(p->v->of.results))
			continue;
		r = sort_by(p, k);
	}
	return r;
}

static int make_filter(struct pass *p)
{
	struct view *v = p->v;
	struct err err;

	if (v->filter && v->filter_serial == p->serial)
		return 0;
	filter_free(v->filter);
	v->filter = view_filter(v, p->spec.filter, NULL, &err);
	v->filter_serial = p->serial;
	return v->filter ? 0 : -err.code;
}

static int run_pass(struct pass *p)
{
	int r = make_filter(p);

	if (r == 0)
		r = gather(p);
	if (r == 0 && p->spec.fold)
		r = fold(p);
	if (r == 0)
		r = sort(p);
	return r == 0 && p->spec.changes ? put_changes_first(p) : r;
}

/* ---- The thread ---- */

/* Under the lock. False: nothing is to be done. */
static bool take_order(struct view *v, struct pass *p, uint64_t *ret_version)
{
	struct view_spec spec = {.filter = v->spec.filter,
		.fold = v->spec.fold,
		.skip = v->spec.skip,
		.n_skip = v->spec.n_skip,
		.gone = v->spec.gone,
		.changes = v->spec.changes};

	memcpy(spec.keys, v->spec.keys, sizeof(spec.keys));
	*p = (struct pass){.v = v, .serial = v->serial};
	*ret_version = v->poked;
	return spec_copy(&p->spec, &spec) == 0;
}

static void put_done(struct view *v, struct pass *p, uint64_t version)
{
	pthread_mutex_lock(&v->lock);
	free(v->done.of);
	v->done = (struct lines){p->lines, p->n, p->rows, p->all, version, p->serial};
	pthread_mutex_unlock(&v->lock);
	p->lines = NULL;
	v->ready(v->arg);
}

static void pass_done(struct pass *p)
{
	free(p->lines);
	spec_done(&p->spec);
}

/* Waits under the lock until there is something to do; not for a new spec's sake. */
static void rest(struct view *v, uint64_t serial, int64_t ms)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	while (r == 0 && !v->stop && v->serial == serial)
		r = pthread_cond_timedwait(&v->wake, &v->lock, &until);
}

static void *thread_main(void *arg)
{
	struct view *v = arg;
	uint64_t serial = 0, version = 0;

	pthread_mutex_lock(&v->lock);
	while (!v->stop) {
		int64_t began = clock_mono_ms();
		struct pass p;
		int r;

		if (v->serial == 0 || (v->serial == serial && v->poked == version)) {
			pthread_cond_wait(&v->wake, &v->lock);
			continue;
		}
		r = take_order(v, &p, &version) ? 0 : -ENOMEM;
		pthread_mutex_unlock(&v->lock);
		if (r == 0)
			r = run_pass(&p);
		if (r == 0)
			put_done(v, &p, version);
		serial = r == -ECANCELED ? 0 : p.serial;
		pass_done(&p);
		pthread_mutex_lock(&v->lock);
		if (r != -ECANCELED)
			rest(v, serial, VIEW_PAUSE_TIMES * (clock_mono_ms() - began));
	}
	pthread_mutex_unlock(&v->lock);
	return NULL;
}

/* ---- The caller's side ---- */

static int start(struct view *v)
{
	pthread_condattr_t attr;
	int r = pthread_condattr_init(&attr);

	if (r)
		return -r;
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	r = pthread_cond_init(&v->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (r)
		return -r;
	r = pthread_create(&v->thread, NULL, thread_main, v);
	v->running = r == 0;
	return -r;
}

struct filter *view_filter(const struct view *v, const char *text, size_t *ret_at, struct err *err)
{
	return filter_new(text ? text : "", v->of.results, v->of.hosts, v->of.n_hosts, &v->of.who,
		ret_at, err);
}

struct view *view_new(
	const struct view_of *of, void (*ready)(void *arg), void *arg, struct err *err)
{
	struct view *v = calloc(1, sizeof(*v));
	int res;

	if (!v) {
		err_sys(err, ENOMEM, "view");
		return NULL;
	}
	*v = (struct view){.of = *of, .ready = ready, .arg = arg, .seed = hash_seed()};
	pthread_mutex_init(&v->lock, NULL);
	res = start(v);
	if (res == 0)
		return v;
	err_sys(err, -res, "view");
	view_free(v);
	return NULL;
}

void view_free(struct view *v)
{
	if (!v)
		return;
	if (v->running) {
		pthread_mutex_lock(&v->lock);
		v->stop = true;
		pthread_cond_signal(&v->wake);
		pthread_mutex_unlock(&v->lock);
		pthread_join(v->thread, NULL);
		pthread_cond_destroy(&v->wake);
	}
	pthread_mutex_destroy(&v->lock);
	spec_done(&v->spec);
	free(v->done.of);
	free(v->taken.of);
	free(v->host_rank);
	filter_free(v->filter);
	free(v);
}

int view_set(struct view *v, const struct view_spec *spec, size_t *ret_at, struct err *err)
{
	struct own_spec own, old;
	struct filter *f = view_filter(v, spec->filter, ret_at, err);

	if (!f)
		return -err->code;
	filter_free(f);
	if (spec_copy(&own, spec) < 0)
		return err_sys(err, ENOMEM, "view");
	pthread_mutex_lock(&v->lock);
	old = v->spec;
	v->spec = own;
	v->serial++;
	v->poked = results_version(v->of.results);
	pthread_cond_signal(&v->wake);
	pthread_mutex_unlock(&v->lock);
	spec_done(&old);
	return 0;
}

void view_poke(struct view *v)
{
	uint64_t version = results_version(v->of.results);

	pthread_mutex_lock(&v->lock);
	if (v->poked != version) {
		v->poked = version;
		pthread_cond_signal(&v->wake);
	}
	pthread_mutex_unlock(&v->lock);
}

bool view_take(struct view *v, struct view_lines *ret)
{
	bool newer;

	pthread_mutex_lock(&v->lock);
	newer = v->done.serial != 0;
	if (newer) {
		free(v->taken.of);
		v->taken = v->done;
		v->done = (struct lines){0};
	}
	pthread_mutex_unlock(&v->lock);
	if (newer)
		*ret = (struct view_lines){
			v->taken.of, v->taken.n, v->taken.rows, v->taken.all, v->taken.version};
	return newer;
}

bool view_settled(struct view *v)
{
	bool settled;

	pthread_mutex_lock(&v->lock);
	settled = v->serial == 0 || (v->taken.serial == v->serial && v->taken.version == v->poked);
	pthread_mutex_unlock(&v->lock);
	return settled;
}

int view_unfold(struct view *v, const struct view_line *lines, size_t n,
	void (*take)(void *arg, row_id row), void *arg)
{
	/* The spec is only changed by this thread. */
	struct pass p = {.v = v, .spec = v->spec};
	/* The thread's own remembers what it found; this is another thread. */
	struct filter *f = view_filter(v, p.spec.filter, NULL, &(struct err){0});
	struct fold_table table = {NULL, 0, 0};
	int r = f ? fold_table_init(&table, v->of.results, n) : -ENOMEM;

	for (size_t i = 0; r == 0 && i < n; i++)
		*find_slot(&p, &table, lines, lines[i].row) = (uint32_t)i + 1;
	for (size_t i = 0; r == 0 && i < results_rows(v->of.results); i++)
		if (is_there(results_mark(v->of.results, (row_id)i), &p.spec) &&
			*find_slot(&p, &table, lines, (row_id)i) && filter_wants(f, (row_id)i))
			take(arg, (row_id)i);
	free(table.of);
	filter_free(f);
	return r;
}
