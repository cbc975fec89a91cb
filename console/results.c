/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/results.h"

#include "common/hash.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS	    (RESULTS_ROWS_MAX / RESULTS_BLOCK)
#define TEXT_BLOCK  65536 /* texts whose places are allocated together */
#define TEXT_BLOCKS (RESULTS_TEXTS_MAX / TEXT_BLOCK)
#define ARENA_CHUNK (1u << 20) /* a text never lies across two, so none is longer */
#define ARENAS	    ((size_t)(RESULTS_BYTES_MAX / ARENA_CHUNK))
/* A text's place: where it begins in the arena, and its length. */
#define PLACE_BITS     40
#define INT_MAX_INLINE ((INT64_C(1) << 60) - 1)
#define NO_ROW	       UINT32_MAX
/* Beside a row's mark, all in one byte: it came again in this refresh; its enum row_change. */
#define SEEN	     0x80
#define CHANGE_SHIFT 4
#define CHANGE	     (3 << CHANGE_SHIFT)
#define MARK	     0x0f

_Static_assert(RESULTS_CELL_MAX <= ARENA_CHUNK, "a cell fits a chunk");

struct column {
	char *name;
	packed *_Atomic blocks[BLOCKS]; /* NULL: no row of these has the column */
};

/* Where the bytes of a cell were put, for the next one with these very bytes. */
struct met {
	const char *p;
	uint32_t n;
	text_id id;
	uint64_t call; /* of results_add: they may be others by the next one */
};
#define MET 4096

struct texts {
	uint64_t *_Atomic places[TEXT_BLOCKS];
	char *_Atomic arena[ARENAS];
	uint64_t used; /* bytes of the arena */
	_Atomic size_t n;
	uint32_t *slots; /* hash table of ids + 1 */
	size_t n_slots;
	struct met *met; /* MET of them, or NULL */
	uint64_t call;
};

/* What is known of a host between its columns and its end. */
struct host {
	uint16_t *columns; /* of its answer: where each cell belongs */
	size_t n_columns;
	row_id first, last; /* its rows, chained by `next` */
	bool refreshing;
};

struct results {
	struct column *_Atomic columns[RESULTS_COLUMNS_MAX];
	_Atomic size_t n_columns;
	struct texts texts;
	struct host *hosts;
	size_t n_hosts;

	host_id *_Atomic host_of[BLOCKS];
	_Atomic uint8_t *_Atomic marks[BLOCKS];
	row_id *next[BLOCKS]; /* of the same host */
	uint32_t *hashes[BLOCKS];
	_Atomic size_t n_rows, lost;
	_Atomic uint64_t version;
	size_t memory;

	/* While the hosts are asked again: the rows there were, by their hash. */
	row_id *again; /* row + 1 */
	size_t n_again;
	uint64_t seed;
};

static void *get_memory(struct results *r, size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p)
		r->memory += n * size;
	return p;
}

struct results *results_new(size_t n_hosts)
{
	struct results *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->memory = sizeof(*r);
	r->n_hosts = n_hosts;
	r->seed = hash_seed();
	r->hosts = get_memory(r, n_hosts + 1, sizeof(*r->hosts));
	for (size_t i = 0; r->hosts && i < n_hosts; i++)
		r->hosts[i].first = r->hosts[i].last = NO_ROW;
	if (r->hosts)
		return r;
	results_free(r);
	return NULL;
}

static void free_column(struct column *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < BLOCKS; i++)
		free(c->blocks[i]);
	free(c->name);
	free(c);
}

void results_free(struct results *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < RESULTS_COLUMNS_MAX; i++)
		free_column(r->columns[i]);
	for (size_t i = 0; i < TEXT_BLOCKS; i++)
		free(r->texts.places[i]);
	for (size_t i = 0; i < ARENAS; i++)
		free(r->texts.arena[i]);
	for (size_t i = 0; i < BLOCKS; i++) {
		free(r->host_of[i]);
		free((void *)r->marks[i]);
		free(r->next[i]);
		free(r->hashes[i]);
	}
	for (size_t i = 0; r->hosts && i < r->n_hosts; i++)
		free(r->hosts[i].columns);
	free(r->texts.slots);
	free(r->texts.met);
	free(r->again);
	free(r->hosts);
	free(r);
}

/* ---- Texts ---- */

struct span results_text(const struct results *r, text_id id)
{
	uint64_t place = r->texts.places[id / TEXT_BLOCK][id % TEXT_BLOCK];
	uint64_t at = place & ((UINT64_C(1) << PLACE_BITS) - 1);

	return (struct span){
		r->texts.arena[at / ARENA_CHUNK] + at % ARENA_CHUNK, place >> PLACE_BITS};
}

static int grow_slots(struct results *r)
{
	struct texts *t = &r->texts;
	size_t n_slots = t->n_slots ? t->n_slots * 2 : 1024;
	uint32_t *slots = calloc(n_slots, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (text_id id = 0; id < t->n; id++) {
		struct span s = results_text(r, id);
		size_t at = hash_bytes(r->seed, s.p, s.n) & (n_slots - 1);

		while (slots[at])
			at = (at + 1) & (n_slots - 1);
		slots[at] = id + 1;
	}
	r->memory += (n_slots - t->n_slots) * sizeof(*slots);
	free(t->slots);
	t->slots = slots;
	t->n_slots = n_slots;
	return 0;
}

/* Room in the arena for n bytes, in one piece. */
static int make_place(struct results *r, size_t n, uint64_t *ret_at)
{
	struct texts *t = &r->texts;
	uint64_t at = t->used;

	if (at % ARENA_CHUNK + n > ARENA_CHUNK)
		at += ARENA_CHUNK - at % ARENA_CHUNK;
	if (at / ARENA_CHUNK >= ARENAS)
		return -ENOSPC;
	if (!t->arena[at / ARENA_CHUNK]) {
		char *chunk = get_memory(r, ARENA_CHUNK, 1);

		if (!chunk)
			return -ENOMEM;
		t->arena[at / ARENA_CHUNK] = chunk;
	}
	*ret_at = at;
	return 0;
}

static int add_text(struct results *r, const char *p, size_t n, text_id *ret)
{
	struct texts *t = &r->texts;
	size_t id = t->n, block = id / TEXT_BLOCK;
	uint64_t at;
	int res;

	if (block >= TEXT_BLOCKS)
		return -ENOSPC;
	if (!t->places[block])
		t->places[block] = get_memory(r, TEXT_BLOCK, sizeof(uint64_t));
	if (!t->places[block])
		return -ENOMEM;
	res = make_place(r, n, &at);
	if (res < 0)
		return res;
	memcpy(t->arena[at / ARENA_CHUNK] + at % ARENA_CHUNK, p, n);
	t->places[block][id % TEXT_BLOCK] = at | (uint64_t)n << PLACE_BITS;
	t->used = at + n;
	atomic_store_explicit(&t->n, id + 1, memory_order_release);
	*ret = (text_id)id;
	return 0;
}

static int intern(struct results *r, const char *p, size_t n, text_id *ret)
{
	struct texts *t = &r->texts;
	size_t at;
	int res;

	if (t->n * 4 >= t->n_slots * 3) {
		res = grow_slots(r);
		if (res < 0)
			return res;
	}
	at = hash_bytes(r->seed, p, n) & (t->n_slots - 1);
	for (; t->slots[at]; at = (at + 1) & (t->n_slots - 1)) {
		struct span s = results_text(r, t->slots[at] - 1);

		if (s.n == n && memcmp(s.p, p, n) == 0) {
			*ret = t->slots[at] - 1;
			return 0;
		}
	}
	res = add_text(r, p, n, ret);
	if (res == 0)
		t->slots[at] = *ret + 1;
	return res;
}

/* What comes out of one block of the store has the same text at one place only. */
static int intern_cell(struct results *r, const char *p, size_t n, text_id *ret)
{
	uintptr_t at = (uintptr_t)p;
	struct met *m = r->texts.met ? &r->texts.met[(at ^ at >> 12) % MET] : NULL;
	int res;

	if (m && m->p == p && m->n == n && m->call == r->texts.call) {
		*ret = m->id;
		return 0;
	}
	res = intern(r, p, n, ret);
	if (m && res == 0)
		*m = (struct met){p, (uint32_t)n, *ret, r->texts.call};
	return res;
}

static int pack(struct results *r, const struct cell *c, packed *ret)
{
	size_t n = c->n < RESULTS_CELL_MAX ? c->n : RESULTS_CELL_MAX;
	enum packed_kind kind = PACKED_TEXT;
	text_id id = 0;
	int res;

	switch (c->type) {
	case CELL_NULL:
		*ret = PACKED_NULL;
		return 0;
	case CELL_INT:
		if (c->i <= INT_MAX_INLINE && c->i >= -INT_MAX_INLINE - 1) {
			*ret = (uint64_t)c->i << 3 | PACKED_INT;
			return 0;
		}
		kind = PACKED_LONG;
		res = intern(r, (const char *)&c->i, sizeof(c->i), &id);
		break;
	case CELL_REAL:
		kind = PACKED_REAL;
		res = intern(r, (const char *)&c->r, sizeof(c->r), &id);
		break;
	case CELL_BLOB:
		kind = PACKED_BLOB;
		res = intern_cell(r, c->p, n, &id);
		break;
	default:
		res = intern_cell(r, c->n ? c->p : "", n, &id);
	}
	*ret = (uint64_t)id << 3 | kind;
	return res;
}

struct cell results_unpack(const struct results *r, packed v)
{
	struct cell c = {.type = CELL_NULL};
	struct span s;

	if (packed_kind(v) == PACKED_NULL)
		return c;
	if (packed_kind(v) == PACKED_INT)
		return (struct cell){.type = CELL_INT, .i = packed_int(v)};
	s = results_text(r, packed_text(v));
	switch (packed_kind(v)) {
	case PACKED_LONG:
		c.type = CELL_INT;
		memcpy(&c.i, s.p, sizeof(c.i));
		break;
	case PACKED_REAL:
		c.type = CELL_REAL;
		memcpy(&c.r, s.p, sizeof(c.r));
		break;
	default:
		c.type = packed_kind(v) == PACKED_BLOB ? CELL_BLOB : CELL_TEXT;
		c.n = (uint32_t)s.n;
		c.p = s.p;
	}
	return c;
}

/* ---- Columns ---- */

static int new_column(struct results *r, const char *name, uint16_t *ret)
{
	size_t n = r->n_columns;
	struct column *c;

	if (n == RESULTS_COLUMNS_MAX)
		return -E2BIG;
	c = get_memory(r, 1, sizeof(*c));
	if (c)
		c->name = strdup(name);
	if (!c || !c->name) {
		free(c);
		return -ENOMEM;
	}
	r->columns[n] = c;
	atomic_store_explicit(&r->n_columns, n + 1, memory_order_release);
	*ret = (uint16_t)n;
	return 0;
}

static int find_column(struct results *r, const char *name, uint16_t *ret)
{
	size_t at = results_column_named(r, name);

	if (at == RESULTS_NO_COLUMN)
		return new_column(r, name, ret);
	*ret = (uint16_t)at;
	return 0;
}

/* How often the name stands before this place. */
static size_t count_before(const struct wire_column *cols, size_t i)
{
	size_t n = 0;

	for (size_t j = 0; j < i; j++)
		n += str_eq(cols[j].name, cols[i].name);
	return n;
}

static int place_column(struct results *r, const struct wire_column *cols, size_t i, uint16_t *ret)
{
	size_t before = count_before(cols, i);
	char name[WIRE_NAME_MAX + 32];

	if (before == 0)
		return find_column(r, cols[i].name, ret);
	snprintf(name, sizeof(name), "%s:%zu", cols[i].name, before);
	return find_column(r, name, ret);
}

/* Most hosts answer with the very columns that are there, in that order. */
static bool same_columns(const struct results *r, const struct wire_column *cols, size_t n)
{
	if (n > r->n_columns)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!str_eq(r->columns[i]->name, cols[i].name))
			return false;
	return true;
}

int results_columns(struct results *r, host_id host, const struct wire_column *cols, size_t n)
{
	struct host *h = &r->hosts[host];
	bool same = same_columns(r, cols, n);
	uint16_t *places = realloc(h->columns, (n ? n : 1) * sizeof(*places));
	int res = 0;

	if (!places)
		return -ENOMEM;
	h->columns = places;
	h->n_columns = 0;
	for (size_t i = 0; res == 0 && i < n; i++) {
		places[i] = (uint16_t)i;
		if (!same)
			res = place_column(r, cols, i, &places[i]);
	}
	if (res == 0)
		h->n_columns = n;
	return res;
}

size_t results_columns_n(const struct results *r)
{
	return atomic_load_explicit(&r->n_columns, memory_order_acquire);
}

const char *results_column_name(const struct results *r, size_t column)
{
	return r->columns[column]->name;
}

size_t results_column_named(const struct results *r, const char *name)
{
	for (size_t i = 0; i < results_columns_n(r); i++)
		if (str_eq(results_column_name(r, i), name))
			return i;
	return RESULTS_NO_COLUMN;
}

/* ---- Rows ---- */

static int make_block(struct results *r, size_t b)
{
	if (r->hashes[b])
		return 0;
	if (!r->host_of[b])
		r->host_of[b] = get_memory(r, RESULTS_BLOCK, sizeof(host_id));
	if (!r->marks[b])
		r->marks[b] = get_memory(r, RESULTS_BLOCK, 1);
	if (!r->next[b])
		r->next[b] = get_memory(r, RESULTS_BLOCK, sizeof(row_id));
	if (!r->host_of[b] || !r->marks[b] || !r->next[b])
		return -ENOMEM;
	r->hashes[b] = get_memory(r, RESULTS_BLOCK, sizeof(uint32_t));
	return r->hashes[b] ? 0 : -ENOMEM;
}

static int put_cell(struct results *r, size_t row, size_t column, packed v)
{
	struct column *c = r->columns[column];
	size_t b = row / RESULTS_BLOCK;

	if (v == PACKED_NULL && !c->blocks[b])
		return 0;
	if (!c->blocks[b]) {
		packed *block = get_memory(r, RESULTS_BLOCK, sizeof(*block));

		if (!block)
			return -ENOMEM;
		c->blocks[b] = block;
	}
	c->blocks[b][row % RESULTS_BLOCK] = v;
	return 0;
}

/* The order of columns does not matter; the host is part of it. */
static uint32_t hash_row(const struct results *r, host_id host, const packed *row)
{
	const struct host *h = &r->hosts[host];
	uint64_t sum = r->seed + host;

	for (size_t i = 0; i < h->n_columns; i++) {
		uint64_t x = (row[i] + 1) * (h->columns[i] * 2u + 1) * UINT64_C(0x9e3779b97f4a7c15);

		sum += x ^ (x >> 29);
	}
	sum = (sum ^ sum >> 31) * UINT64_C(0xbf58476d1ce4e5b9);
	return (uint32_t)(sum >> 32);
}

static bool same_row(const struct results *r, row_id row, const struct host *h, const packed *cells)
{
	for (size_t i = 0; i < h->n_columns; i++)
		if (results_cell(r, row, h->columns[i]) != cells[i])
			return false;
	return true;
}

static _Atomic uint8_t *mark_of(const struct results *r, row_id row)
{
	return &r->marks[row / RESULTS_BLOCK][row % RESULTS_BLOCK];
}

/* The row came before and is still there. */
static bool came_again(struct results *r, host_id host, const packed *row, uint32_t hash)
{
	const struct host *h = &r->hosts[host];

	if (!h->refreshing)
		return false;
	for (size_t at = hash & (r->n_again - 1); r->again[at]; at = (at + 1) & (r->n_again - 1)) {
		row_id old = r->again[at] - 1;

		if (r->hashes[old / RESULTS_BLOCK][old % RESULTS_BLOCK] != hash ||
			results_host(r, old) != host || (*mark_of(r, old) & SEEN) ||
			!same_row(r, old, h, row))
			continue;
		*mark_of(r, old) |= SEEN;
		return true;
	}
	return false;
}

static int append(
	struct results *r, host_id host, const packed *row, uint32_t hash, enum row_mark mark)
{
	struct host *h = &r->hosts[host];
	size_t id = r->n_rows, b = id / RESULTS_BLOCK, at = id % RESULTS_BLOCK;
	int res = id == RESULTS_ROWS_MAX ? -ENOSPC : make_block(r, b);

	for (size_t i = 0; res == 0 && i < h->n_columns; i++)
		res = put_cell(r, id, h->columns[i], row[i]);
	if (res < 0)
		return res;
	r->host_of[b][at] = host;
	r->hashes[b][at] = hash;
	r->next[b][at] = NO_ROW;
	atomic_store_explicit(&r->marks[b][at], (uint8_t)mark, memory_order_relaxed);
	if (h->last == NO_ROW)
		h->first = (row_id)id;
	else
		r->next[h->last / RESULTS_BLOCK][h->last % RESULTS_BLOCK] = (row_id)id;
	h->last = (row_id)id;
	atomic_store_explicit(&r->n_rows, id + 1, memory_order_release);
	return 0;
}

static int add_row(struct results *r, host_id host, const struct cell *cells, enum row_mark mark)
{
	const struct host *h = &r->hosts[host];
	packed row[WIRE_COLUMNS_MAX];
	uint32_t hash;
	int res = 0;

	for (size_t i = 0; res == 0 && i < h->n_columns; i++)
		res = pack(r, &cells[i], &row[i]);
	if (res < 0)
		return res;
	hash = hash_row(r, host, row);
	return came_again(r, host, row, hash) ? 0 : append(r, host, row, hash, mark);
}

static int add_rows(struct results *r, host_id host, const struct cell *cells, size_t n_rows,
	enum row_mark mark)
{
	size_t n = r->hosts[host].n_columns;
	int res = n && n <= WIRE_COLUMNS_MAX ? 0 : -EINVAL;

	/* Without it all goes slower. */
	if (!r->texts.met)
		r->texts.met = get_memory(r, MET, sizeof(*r->texts.met));
	r->texts.call++;
	for (size_t i = 0; res == 0 && i < n_rows; i++) {
		res = add_row(r, host, cells + i * n, mark);
		if (res < 0)
			r->lost += n_rows - i;
	}
	r->version++;
	return res;
}

int results_add(struct results *r, host_id host, const struct cell *cells, size_t n_rows)
{
	return add_rows(r, host, cells, n_rows, r->hosts[host].refreshing ? ROW_NEW : ROW_PLAIN);
}

/* ---- Beside a run before ---- */

int results_was(struct results *r, host_id host, const size_t *columns, size_t n,
	const struct cell *cells, size_t n_rows)
{
	struct host *h = &r->hosts[host];
	const struct host before = *h;
	uint16_t places[WIRE_COLUMNS_MAX];
	int res;

	if (before.refreshing || n > WIRE_COLUMNS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		places[i] = (uint16_t)columns[i];
	h->columns = places;
	h->n_columns = n;
	res = add_rows(r, host, cells, n_rows, ROW_WAS);
	h->columns = before.columns;
	h->n_columns = before.n_columns;
	return res;
}

void results_set_change(struct results *r, row_id row, enum row_change change)
{
	_Atomic uint8_t *mark = mark_of(r, row);

	*mark = (uint8_t)((*mark & ~CHANGE) | change << CHANGE_SHIFT);
	r->version++;
}

void results_unchange(struct results *r)
{
	for (row_id row = 0; row < r->n_rows; row++) {
		_Atomic uint8_t *mark = mark_of(r, row);

		if (*mark & CHANGE)
			*mark &= (uint8_t)~CHANGE;
		if (results_mark(r, row) == ROW_WAS)
			*mark = ROW_DEAD;
	}
	r->version++;
}

/* ---- Refreshing ---- */

static row_id next_row(const struct results *r, row_id row)
{
	return r->next[row / RESULTS_BLOCK][row % RESULTS_BLOCK];
}

/* What was gone is dead, what was new is not any longer. The number of rows that stay. */
static size_t settle_marks(struct results *r)
{
	static const enum row_mark next[] = {[ROW_PLAIN] = ROW_PLAIN,
		[ROW_NEW] = ROW_PLAIN,
		[ROW_GONE] = ROW_DEAD,
		[ROW_DEAD] = ROW_DEAD,
		[ROW_WAS] = ROW_WAS};
	size_t n = 0;

	for (row_id row = 0; row < r->n_rows; row++) {
		enum row_mark mark = next[results_mark(r, row)];

		*mark_of(r, row) = (uint8_t)((*mark_of(r, row) & CHANGE) | mark);
		n += mark == ROW_PLAIN;
	}
	return n;
}

static void put_again(struct results *r, row_id row)
{
	size_t at = r->hashes[row / RESULTS_BLOCK][row % RESULTS_BLOCK] & (r->n_again - 1);

	while (r->again[at])
		at = (at + 1) & (r->n_again - 1);
	r->again[at] = row + 1;
}

int results_refresh(struct results *r)
{
	size_t n = settle_marks(r), slots = 16;

	while (slots < n * 2)
		slots *= 2;
	r->memory -= r->n_again * sizeof(*r->again);
	free(r->again);
	r->n_again = 0;
	r->again = get_memory(r, slots, sizeof(*r->again));
	r->version++;
	for (size_t i = 0; i < r->n_hosts; i++)
		r->hosts[i].refreshing = r->again;
	if (!r->again)
		return -ENOMEM;
	r->n_again = slots;
	for (row_id row = 0; row < r->n_rows; row++)
		if (results_mark(r, row) == ROW_PLAIN)
			put_again(r, row);
	return 0;
}

void results_refreshed(struct results *r, host_id host, bool whole)
{
	struct host *h = &r->hosts[host];

	if (!h->refreshing)
		return;
	h->refreshing = false;
	for (row_id row = h->first; row != NO_ROW; row = next_row(r, row)) {
		if (whole && (*mark_of(r, row) & ~CHANGE) == ROW_PLAIN)
			*mark_of(r, row) |= ROW_GONE;
		*mark_of(r, row) &= (uint8_t)~SEEN;
	}
	r->version++;
}

size_t results_dead(const struct results *r)
{
	size_t n = 0;

	for (row_id row = 0; row < r->n_rows; row++)
		n += results_mark(r, row) == ROW_DEAD;
	return n;
}

static int copy_host(const struct host *from, struct host *h)
{
	size_t n = from->n_columns;

	if (!from->columns)
		return 0;
	h->columns = malloc((n ? n : 1) * sizeof(*h->columns));
	if (!h->columns)
		return -ENOMEM;
	memcpy(h->columns, from->columns, n * sizeof(*h->columns));
	h->n_columns = n;
	return 0;
}

static int copy_row(struct results *to, const struct results *from, row_id row)
{
	host_id host = results_host(from, row);
	const struct host *h = &to->hosts[host];
	struct cell cells[WIRE_COLUMNS_MAX];

	for (size_t i = 0; i < h->n_columns; i++)
		cells[i] = results_unpack(from, results_cell(from, row, h->columns[i]));
	return add_row(to, host, cells, results_mark(from, row));
}

struct results *results_compact(const struct results *r)
{
	struct results *to = results_new(r->n_hosts);
	uint16_t ignored;
	int res = to ? 0 : -ENOMEM;

	for (size_t i = 0; res == 0 && i < r->n_columns; i++)
		res = new_column(to, r->columns[i]->name, &ignored);
	for (size_t i = 0; res == 0 && i < r->n_hosts; i++)
		res = copy_host(&r->hosts[i], &to->hosts[i]);
	for (row_id row = 0; res == 0 && row < r->n_rows; row++)
		if (results_mark(r, row) != ROW_DEAD && results_mark(r, row) != ROW_WAS)
			res = copy_row(to, r, row);
	if (res == 0)
		return to;
	results_free(to);
	return NULL;
}

/* ---- Reading ---- */

size_t results_rows(const struct results *r)
{
	return atomic_load_explicit(&r->n_rows, memory_order_acquire);
}

size_t results_lost(const struct results *r)
{
	return r->lost;
}

size_t results_texts(const struct results *r)
{
	return atomic_load_explicit(&r->texts.n, memory_order_acquire);
}

host_id results_host(const struct results *r, row_id row)
{
	return r->host_of[row / RESULTS_BLOCK][row % RESULTS_BLOCK];
}

enum row_mark results_mark(const struct results *r, row_id row)
{
	return (enum row_mark)(atomic_load_explicit(mark_of(r, row), memory_order_relaxed) & MARK);
}

enum row_change results_change(const struct results *r, row_id row)
{
	uint8_t mark = atomic_load_explicit(mark_of(r, row), memory_order_relaxed);

	return (enum row_change)((mark & CHANGE) >> CHANGE_SHIFT);
}

packed results_cell(const struct results *r, row_id row, size_t column)
{
	const packed *block = r->columns[column]->blocks[row / RESULTS_BLOCK];

	return block ? block[row % RESULTS_BLOCK] : PACKED_NULL;
}

uint64_t results_version(const struct results *r)
{
	return r->version;
}

size_t results_memory(const struct results *r)
{
	return r->memory;
}
