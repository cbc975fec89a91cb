/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store_block.h"

#include "common/hash.h"
#include "common/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

/*
 * A block, uncompressed: version, shape, rows, columns, then who the rows are of as pairs (host,
 * rows), then per column the bytes of its tokens, the bytes of its texts, and both. All numbers
 * are varints.
 *
 * A token is value << KIND_BITS | kind. The value of TOKEN_INT is the difference to the number
 * before it in the column, zigzag; of a text the place of the same text before it in the block,
 * from 1 on, or 0: it follows in the column's texts, behind its length. TOKEN_LONG and TOKEN_REAL
 * have their eight bytes there.
 */
#define BLOCK_VERSION 1
#define LEVEL	      1
#define KIND_BITS     3
#define VARINT_MAX    10
enum token { TOKEN_NULL, TOKEN_INT, TOKEN_TEXT, TOKEN_BLOB, TOKEN_LONG, TOKEN_REAL };

/* ---- Numbers ---- */

static size_t put_varint(char *to, uint64_t v)
{
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		to[n++] = (char)(v | 0x80);
	to[n++] = (char)v;
	return n;
}

static int add_varint(struct buf *b, uint64_t v)
{
	int r = buf_room(b, VARINT_MAX);

	if (r == 0)
		buf_added(b, put_varint(b->p + b->len, v));
	return r;
}

static uint64_t zigzag(int64_t v)
{
	return ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0);
}

static int64_t unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/* What is left of some bytes. */
struct input {
	const unsigned char *p, *end;
	bool bad;
};

static uint64_t get_varint(struct input *in)
{
	uint64_t v = 0;

	for (unsigned shift = 0; in->p < in->end && shift < 64; shift += 7) {
		unsigned char byte = *in->p++;

		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return v;
	}
	in->bad = true;
	return 0;
}

static const char *get_bytes(struct input *in, uint64_t n)
{
	const char *p = (const char *)in->p;

	if (in->bad || n > (uint64_t)(in->end - in->p)) {
		in->bad = true;
		return NULL;
	}
	in->p += n;
	return p;
}

/* ---- Compression ---- */

static int compress(ZSTD_CCtx *c, const void *p, size_t n, struct buf *out)
{
	size_t bound = ZSTD_compressBound(n), got;
	int r = buf_room(out, bound);

	if (r < 0)
		return r;
	got = ZSTD_compressCCtx(c, out->p + out->len, bound, p, n, LEVEL);
	if (ZSTD_isError(got))
		return -ENOMEM;
	buf_added(out, got);
	return 0;
}

static int decompress(ZSTD_DCtx *d, const void *p, size_t n, struct buf *out)
{
	unsigned long long size = ZSTD_getFrameContentSize(p, n);
	size_t got;
	int r;

	/* Both of its errors are large numbers. */
	if (size > BLOCK_RAW_MAX)
		return -EBADMSG;
	r = buf_room(out, (size_t)size + 1);
	if (r < 0)
		return r;
	got = ZSTD_decompressDCtx(d, out->p + out->len, (size_t)size, p, n);
	if (ZSTD_isError(got) || got != size)
		return -EBADMSG;
	buf_added(out, got);
	return 0;
}

int block_pack(const void *p, size_t n, struct buf *out)
{
	ZSTD_CCtx *c = n <= BLOCK_RAW_MAX ? ZSTD_createCCtx() : NULL;
	int r = c ? compress(c, n ? p : "", n, out) : n <= BLOCK_RAW_MAX ? -ENOMEM : -EMSGSIZE;

	ZSTD_freeCCtx(c);
	return r;
}

int block_unpack(const void *p, size_t n, struct buf *out)
{
	ZSTD_DCtx *d = ZSTD_createDCtx();
	int r = d ? decompress(d, p, n, out) : -ENOMEM;

	ZSTD_freeDCtx(d);
	return r;
}

/* ---- Writing ---- */

/* A text of a column, in the order in which they came. */
struct entry {
	uint64_t hash;
	uint32_t at, n; /* in the column's texts */
	enum cell_type type;
};

struct column {
	struct buf tokens, texts;
	int64_t last; /* number */
	struct entry *entries;
	size_t n_entries, cap;
	uint32_t place;	 /* from 1 on, of the text before: what follows it often follows again */
	uint32_t *slots; /* place of an entry from 1 on, 0: free; a power of two, half full at most
			  */
	size_t n_slots;
};

struct block_writer {
	ZSTD_CCtx *zstd;
	uint64_t seed;
	struct column *columns;
	size_t n_cols, cap_cols; /* cap_cols: initialised ones */
	size_t n_rows, bytes;
	struct buf hosts, raw;
	host_id host; /* of the rows that `hosts` does not tell yet */
	size_t host_rows;
};

struct block_writer *block_writer_new(void)
{
	struct block_writer *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->zstd = ZSTD_createCCtx();
	w->seed = hash_seed();
	buf_init(&w->hosts, BLOCK_RAW_MAX);
	buf_init(&w->raw, BLOCK_RAW_MAX);
	if (w->zstd)
		return w;
	free(w);
	return NULL;
}

void block_writer_free(struct block_writer *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->cap_cols; i++) {
		buf_done(&w->columns[i].tokens);
		buf_done(&w->columns[i].texts);
		free(w->columns[i].entries);
		free(w->columns[i].slots);
	}
	free(w->columns);
	buf_done(&w->hosts);
	buf_done(&w->raw);
	ZSTD_freeCCtx(w->zstd);
	free(w);
}

void block_drop(struct block_writer *w)
{
	for (size_t i = 0; i < w->n_cols; i++) {
		struct column *c = &w->columns[i];

		buf_reset(&c->tokens);
		buf_reset(&c->texts);
		c->last = 0;
		c->n_entries = c->place = 0;
		if (c->slots)
			memset(c->slots, 0, c->n_slots * sizeof(*c->slots));
	}
	buf_reset(&w->hosts);
	w->n_cols = w->n_rows = w->bytes = w->host_rows = 0;
}

size_t block_rows(const struct block_writer *w)
{
	return w->n_rows;
}

bool block_full(const struct block_writer *w)
{
	return w->n_rows * w->n_cols >= BLOCK_CELLS || w->bytes >= BLOCK_BYTES;
}

static int begin_columns(struct block_writer *w, size_t n)
{
	size_t cap = w->cap_cols;
	int r = array_grow(&w->columns, &cap, n, sizeof(*w->columns), WIRE_COLUMNS_MAX * 2);

	if (r < 0)
		return r;
	for (; w->cap_cols < n; w->cap_cols++) {
		struct column *c = &w->columns[w->cap_cols];

		*c = (struct column){0};
		buf_init(&c->tokens, BLOCK_RAW_MAX);
		buf_init(&c->texts, BLOCK_RAW_MAX);
	}
	w->n_cols = n;
	return 0;
}

static int grow_slots(struct column *c)
{
	size_t n = c->n_slots ? 2 * c->n_slots : 64;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_entries; i++) {
		size_t at = c->entries[i].hash & (n - 1);

		while (slots[at])
			at = (at + 1) & (n - 1);
		slots[at] = (uint32_t)i + 1;
	}
	free(c->slots);
	c->slots = slots;
	c->n_slots = n;
	return 0;
}

static bool is_text(const struct column *c, uint32_t place, const struct cell *cell)
{
	const struct entry *e = &c->entries[place - 1];

	return e->n == cell->n && e->type == cell->type &&
	       memcmp(c->texts.p + e->at, cell->p, cell->n) == 0;
}

static bool is_entry(const struct column *c, uint32_t place, uint64_t hash, const struct cell *cell)
{
	return c->entries[place - 1].hash == hash && is_text(c, place, cell);
}

/* The text before again, or the one that came after that one when it was new; 0: neither. */
static uint32_t guess_place(const struct column *c, const struct cell *cell)
{
	uint32_t next = c->place < c->n_entries ? c->place + 1 : 1;

	if (c->n_entries == 0)
		return 0;
	if (is_text(c, next, cell))
		return next;
	return c->place && is_text(c, c->place, cell) ? c->place : 0;
}

static int add_entry(struct column *c, size_t slot, uint64_t hash, const struct cell *cell)
{
	int r = array_grow(
		&c->entries, &c->cap, c->n_entries + 1, sizeof(*c->entries), BLOCK_CELLS_MAX);

	if (r == 0)
		r = add_varint(&c->texts, cell->n);
	if (r < 0)
		return r;
	c->entries[c->n_entries] =
		(struct entry){hash, (uint32_t)c->texts.len, cell->n, cell->type};
	r = buf_add(&c->texts, cell->n ? cell->p : "", cell->n);
	if (r < 0)
		return r;
	c->slots[slot] = c->place = (uint32_t)++c->n_entries;
	return 0;
}

/* *ret: the place of the same text before it, or 0. */
static int place_text(
	struct block_writer *w, struct column *c, const struct cell *cell, uint64_t *ret)
{
	uint32_t guess = guess_place(c, cell);
	uint64_t hash;
	size_t at;

	if (guess) {
		*ret = c->place = guess;
		return 0;
	}
	hash = hash_bytes(w->seed, cell->n ? cell->p : "", cell->n);
	if (2 * (c->n_entries + 1) > c->n_slots && grow_slots(c) < 0)
		return -ENOMEM;
	for (at = hash & (c->n_slots - 1); c->slots[at]; at = (at + 1) & (c->n_slots - 1)) {
		if (!is_entry(c, c->slots[at], hash, cell))
			continue;
		*ret = c->place = c->slots[at];
		return 0;
	}
	*ret = 0;
	w->bytes += cell->n;
	return add_entry(c, at, hash, cell);
}

static void put_int(struct column *c, int64_t i, uint64_t *token, bool *is_long)
{
	uint64_t v = zigzag((int64_t)((uint64_t)i - (uint64_t)c->last));

	c->last = i;
	*is_long = v >> (64 - KIND_BITS) != 0;
	*token = *is_long ? TOKEN_LONG : v << KIND_BITS | TOKEN_INT;
}

/* Room for the token is there. */
static int put_cell(struct block_writer *w, struct column *c, const struct cell *cell)
{
	uint64_t token = TOKEN_NULL;
	bool eight = false;
	int r = 0;

	if (cell->type == CELL_INT) {
		put_int(c, cell->i, &token, &eight);
	} else if (cell->type == CELL_REAL) {
		token = TOKEN_REAL;
		eight = true;
	} else if (cell_has_bytes(cell)) {
		r = place_text(w, c, cell, &token);
		token = token << KIND_BITS | (cell->type == CELL_BLOB ? TOKEN_BLOB : TOKEN_TEXT);
	}
	if (eight && r == 0)
		r = buf_add(&c->texts, (const char *)&cell->i, sizeof(cell->i));
	c->tokens.len += put_varint(c->tokens.p + c->tokens.len, token);
	return r;
}

static int end_host(struct block_writer *w)
{
	int r = 0;

	if (w->host_rows > 0)
		r = add_varint(&w->hosts, w->host);
	if (r == 0 && w->host_rows > 0)
		r = add_varint(&w->hosts, w->host_rows);
	w->host_rows = 0;
	return r;
}

int block_add(struct block_writer *w, host_id host, const struct cell *cells, size_t n_rows,
	size_t n_cols)
{
	int r = w->n_rows == 0 ? begin_columns(w, n_cols) : 0;

	if (r == 0 && n_cols != w->n_cols)
		r = -EMSGSIZE;
	if (r == 0 && host != w->host)
		r = end_host(w);
	for (size_t i = 0; r == 0 && i < n_cols; i++) {
		struct column *c = &w->columns[i];

		r = buf_room(&c->tokens, n_rows * VARINT_MAX + 1);
		for (size_t row = 0; r == 0 && row < n_rows; row++)
			r = put_cell(w, c, &cells[row * n_cols + i]);
	}
	if (r < 0)
		return r;
	w->host = host;
	w->host_rows += n_rows;
	w->n_rows += n_rows;
	return 0;
}

static int put_column(struct buf *raw, const struct column *c)
{
	int r = add_varint(raw, c->tokens.len);

	if (r == 0)
		r = add_varint(raw, c->texts.len);
	if (r == 0)
		r = buf_add(raw, buf_str(&c->tokens), c->tokens.len);
	if (r == 0)
		r = buf_add(raw, buf_str(&c->texts), c->texts.len);
	return r;
}

static int put_block(struct block_writer *w, uint32_t shape)
{
	const uint64_t head[] = {BLOCK_VERSION, shape, w->n_rows, w->n_cols};
	int r = end_host(w);

	buf_reset(&w->raw);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(head); i++)
		r = add_varint(&w->raw, head[i]);
	if (r == 0)
		r = buf_add(&w->raw, buf_str(&w->hosts), w->hosts.len);
	for (size_t i = 0; r == 0 && i < w->n_cols; i++)
		r = put_column(&w->raw, &w->columns[i]);
	return r;
}

int block_finish(struct block_writer *w, uint32_t shape, struct buf *out)
{
	int r = put_block(w, shape);

	if (r == 0)
		r = compress(w->zstd, w->raw.p, w->raw.len, out);
	block_drop(w);
	return r;
}

/* ---- Reading ---- */

struct block_reader {
	ZSTD_DCtx *zstd;
	struct buf raw;
	struct cell *cells;
	host_id *hosts;
	struct cell *texts; /* those of one column so far */
	size_t cap_cells, cap_hosts, cap_texts;
};

struct block_reader *block_reader_new(void)
{
	struct block_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	buf_init(&r->raw, BLOCK_RAW_MAX + 1);
	r->zstd = ZSTD_createDCtx();
	if (r->zstd)
		return r;
	free(r);
	return NULL;
}

void block_reader_free(struct block_reader *r)
{
	if (!r)
		return;
	ZSTD_freeDCtx(r->zstd);
	buf_done(&r->raw);
	free(r->cells);
	free(r->hosts);
	free(r->texts);
	free(r);
}

static void read_hosts(struct input *in, host_id *hosts, size_t n_rows)
{
	for (size_t row = 0; row < n_rows && !in->bad;) {
		uint64_t host = get_varint(in), n = get_varint(in);

		if (host > UINT32_MAX || n == 0 || n > n_rows - row)
			in->bad = true;
		for (; !in->bad && n > 0; n--)
			hosts[row++] = (host_id)host;
	}
}

static void read_text(struct block_reader *r, struct input *texts, size_t *n_texts, uint64_t place,
	struct cell *ret)
{
	if (place > *n_texts) {
		texts->bad = true;
		return;
	}
	if (place == 0) {
		uint64_t n = get_varint(texts);
		const char *p = get_bytes(texts, n);

		if (!p)
			return;
		r->texts[*n_texts] = (struct cell){.n = (uint32_t)n, .p = p};
		place = ++*n_texts;
	}
	ret->n = r->texts[place - 1].n;
	ret->p = r->texts[place - 1].p;
}

static void read_eight(struct input *texts, struct cell *ret)
{
	const char *p = get_bytes(texts, sizeof(ret->i));

	if (p)
		memcpy(&ret->i, p, sizeof(ret->i));
}

/* `cell`, then every `stride`-th one. */
static void read_column(struct block_reader *r, struct input *tokens, struct input *texts,
	struct cell *cell, size_t n_rows, size_t stride)
{
	uint64_t last = 0;
	size_t n_texts = 0;

	for (size_t row = 0; row < n_rows && !tokens->bad && !texts->bad; row++, cell += stride) {
		uint64_t token = get_varint(tokens), value = token >> KIND_BITS;

		*cell = (struct cell){.type = CELL_NULL};
		switch ((enum token)(token & ((1u << KIND_BITS) - 1))) {
		case TOKEN_NULL:
			break;
		case TOKEN_INT:
			last += (uint64_t)unzigzag(value);
			*cell = (struct cell){.type = CELL_INT, .i = (int64_t)last};
			break;
		case TOKEN_LONG:
			cell->type = CELL_INT;
			read_eight(texts, cell);
			last = (uint64_t)cell->i;
			break;
		case TOKEN_REAL:
			cell->type = CELL_REAL;
			read_eight(texts, cell);
			break;
		case TOKEN_TEXT:
		case TOKEN_BLOB:
			cell->type = (token & 7) == TOKEN_TEXT ? CELL_TEXT : CELL_BLOB;
			read_text(r, texts, &n_texts, value, cell);
			break;
		default:
			tokens->bad = true;
		}
	}
}

static int make_room(struct block_reader *r, size_t n_rows, size_t n_cols)
{
	int result = array_grow(&r->cells, &r->cap_cells, n_rows * n_cols + 1, sizeof(*r->cells),
		BLOCK_CELLS_MAX + 1);

	if (result == 0)
		result = array_grow(&r->hosts, &r->cap_hosts, n_rows + 1, sizeof(*r->hosts),
			BLOCK_CELLS_MAX + 1);
	if (result == 0)
		result = array_grow(&r->texts, &r->cap_texts, n_rows + 1, sizeof(*r->texts),
			BLOCK_CELLS_MAX + 1);
	return result;
}

static void read_columns(struct block_reader *r, struct input *in, size_t n_rows, size_t n_cols)
{
	for (size_t i = 0; i < n_cols && !in->bad; i++) {
		uint64_t n_tokens = get_varint(in), n_texts = get_varint(in);
		const char *tokens = get_bytes(in, n_tokens), *texts = get_bytes(in, n_texts);
		struct input a, b;

		if (!tokens || !texts)
			return;
		a = (struct input){.p = (const unsigned char *)tokens};
		b = (struct input){.p = (const unsigned char *)texts};
		a.end = a.p + n_tokens;
		b.end = b.p + n_texts;
		read_column(r, &a, &b, &r->cells[i], n_rows, n_cols);
		in->bad |= a.bad || b.bad || a.p != a.end || b.p != b.end;
	}
}

int block_read(struct block_reader *r, const void *p, size_t n, struct block *ret)
{
	uint64_t version, shape, n_rows, n_cols;
	struct input in;
	int result;

	buf_reset(&r->raw);
	result = decompress(r->zstd, p, n, &r->raw);
	if (result < 0)
		return result;
	in = (struct input){.p = (const unsigned char *)buf_str(&r->raw)};
	in.end = in.p + r->raw.len;
	version = get_varint(&in);
	shape = get_varint(&in);
	n_rows = get_varint(&in);
	n_cols = get_varint(&in);
	if (in.bad || version != BLOCK_VERSION || shape > UINT32_MAX || n_rows == 0 ||
		n_cols == 0 || n_cols > WIRE_COLUMNS_MAX || n_rows > BLOCK_CELLS_MAX / n_cols)
		return -EBADMSG;
	result = make_room(r, (size_t)n_rows, (size_t)n_cols);
	if (result < 0)
		return result;
	read_hosts(&in, r->hosts, (size_t)n_rows);
	read_columns(r, &in, (size_t)n_rows, (size_t)n_cols);
	if (in.bad || in.p != in.end)
		return -EBADMSG;
	*ret = (struct block){(uint32_t)shape, (size_t)n_rows, (size_t)n_cols, r->hosts, r->cells};
	return 0;
}
