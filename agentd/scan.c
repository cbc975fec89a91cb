/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/scan.h"

#include "agentd/identity.h"
#include "common/clock.h"
#include "common/str.h"

enum slot_type { /* 0, so that a zeroed slot is NULL */
	SLOT_NULL,
	SLOT_INT,
	SLOT_REAL,
	SLOT_TEXT, /* any bytes; what is not UTF-8 becomes a blob when it leaves the engine */
	SLOT_BLOB,
};

struct slot {
	uint32_t type;
	uint32_t n; /* bytes of text and blob */
	union {
		int64_t i;
		double r;
		size_t at; /* in chunk.text, which may move while the step runs */
	};
};

struct chunk {
	struct slot *slots; /* row after row, one slot per wanted column */
	size_t n_slots, slots_cap;
	char *text;
	size_t text_len, text_cap;
};

struct scan {
	sqlite3_vtab_cursor base; /* first: SQLite's view of a scan */
	const struct table *table;
	struct scan_query *query;
	void *state;
	bool open; /* table->open has succeeded and close is due */
	bool done; /* step said that was all */

	uint64_t wanted;
	signed char slot_of[TABLE_COLUMNS_MAX]; /* -1: not wanted */
	size_t width;				/* slots of a row */

	struct scan_constraint constraints[SCAN_CONSTRAINTS_MAX];
	size_t n_constraints;
	char *values; /* text of the constraints */
	size_t values_cap;
	uint64_t echoed; /* hidden input columns with an = constraint */

	struct chunk chunk;
	size_t n_rows, row; /* in the chunk */
	bool asked;	    /* it was started, and its constraints are those of that time */
	bool keeping;	    /* the chunk has all rows from the first one on */
	bool kept;	    /* and to the last one */
	bool in_row;
	int failed; /* -errno of a row_ function in this step */

	struct identities identities;
	int64_t rowid; /* of the current row, when rowid_known */
	bool rowid_known;
};

bool scan_query_stop(struct scan_query *q)
{
	int64_t blocked_ms = q->blocked_ms ? atomic_load(q->blocked_ms) : 0;

	if (q->stopped)
		return true;
	if (q->cancelled && atomic_load_explicit(q->cancelled, memory_order_relaxed))
		q->stopped = SCAN_CANCELLED;
	else if (clock_tick_ms() >= q->deadline_ms + blocked_ms)
		q->stopped = SCAN_TIMED_OUT;
	return q->stopped;
}

/* ---- What scans share ---- */

struct scan_shared {
	struct scan_shared *next;
	const void *key;
	void (*free)(void *);
	int64_t p[]; /* what was asked for; SQLite aligns to 8 bytes, no further */
};

void *scan_shared(struct scan *s, const void *key, size_t size, void (*free)(void *))
{
	struct scan_query *q = s->query;
	struct scan_shared *e;

	for (e = q->shared; e; e = e->next)
		if (e->key == key)
			return e->p;
	e = sqlite3_malloc64(sizeof(*e) + size);
	if (!e)
		return NULL;
	memset(e, 0, sizeof(*e) + size);
	*e = (struct scan_shared){.next = q->shared, .key = key, .free = free};
	q->shared = e;
	return e->p;
}

void scan_query_done(struct scan_query *q)
{
	while (q->shared) {
		struct scan_shared *e = q->shared;

		q->shared = e->next;
		if (e->free)
			e->free(e->p);
		sqlite3_free(e);
	}
}

/* ---- Life ---- */

struct scan *scan_new(const struct table *table, struct scan_query *query)
{
	struct scan *s = sqlite3_malloc64(sizeof(*s));

	if (!s)
		return NULL;
	*s = (struct scan){.table = table, .query = query};
	if (table->state_size) {
		s->state = sqlite3_malloc64(table->state_size);
		if (!s->state) {
			sqlite3_free(s);
			return NULL;
		}
	}
	return s;
}

static void close_table(struct scan *s)
{
	if (s->open && s->table->close)
		s->table->close(s);
	s->open = false;
}

void scan_free(struct scan *s)
{
	if (!s)
		return;
	close_table(s);
	sqlite3_free(s->state);
	sqlite3_free(s->values);
	sqlite3_free(s->chunk.slots);
	sqlite3_free(s->chunk.text);
	identities_done(&s->identities);
	sqlite3_free(s);
}

/* ---- Constraints ---- */

/* Does the value equal an integer, as SQLite compares? Changes the value's type: text is gone. */
static bool value_integer(sqlite3_value *v, int64_t *ret)
{
	switch (sqlite3_value_numeric_type(v)) {
	case SQLITE_INTEGER:
		*ret = sqlite3_value_int64(v);
		return true;
	case SQLITE_FLOAT: {
		double r = sqlite3_value_double(v);

		/* 2^63 is the first that does not fit; the casts below are then exact. */
		if (r < -0x1p63 || r >= 0x1p63 || r != (double)(int64_t)r)
			return false;
		*ret = (int64_t)r;
		return true;
	}
	default:
		return false;
	}
}

static int room_for_values(struct scan *s, sqlite3_value **values, size_t n)
{
	size_t need = 0;
	char *p;

	for (size_t i = 0; i < n; i++) {
		if (sqlite3_value_type(values[i]) == SQLITE_NULL)
			continue;
		if (!sqlite3_value_text(values[i]))
			return -ENOMEM;
		need += (size_t)sqlite3_value_bytes(values[i]) + 1;
	}
	if (need <= s->values_cap)
		return 0;
	p = sqlite3_realloc64(s->values, need);
	if (!p)
		return -ENOMEM;
	s->values = p;
	s->values_cap = need;
	return 0;
}

/* Does no row match the term with NULL? `x IS NULL` is left to SQLite, but where x is needed. */
static bool never_null(const struct scan *s, const struct scan_plan_term *term)
{
	return !term->is || (s->table->columns[term->col].flags & COL_REQUIRED);
}

/* *ret_never: a value is NULL, so that no row can match. */
static int take_constraints(struct scan *s, const struct scan_plan_term *terms,
	sqlite3_value **values, size_t n, bool *ret_never)
{
	size_t at = 0, taken = 0;
	int r;

	for (size_t i = 0; i < n; i++) {
		if (sqlite3_value_type(values[i]) == SQLITE_NULL && never_null(s, &terms[i])) {
			*ret_never = true;
			return 0;
		}
	}
	r = room_for_values(s, values, n);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		struct scan_constraint *c = &s->constraints[taken];
		const struct column *col = &s->table->columns[terms[i].col];
		size_t len = (size_t)sqlite3_value_bytes(values[i]);

		if (sqlite3_value_type(values[i]) == SQLITE_NULL)
			continue;
		taken++;
		*c = (struct scan_constraint){.col = terms[i].col, .op = terms[i].op};
		memcpy(s->values + at, sqlite3_value_text(values[i]), len + 1);
		c->text = s->values + at;
		c->text_len = len;
		c->is_int = value_integer(values[i], &c->i);
		at += len + 1;
		if (c->op == SCAN_EQ && (col->flags & COL_HIDDEN))
			s->echoed |= UINT64_C(1) << c->col;
	}
	s->n_constraints = taken;
	return 0;
}

const struct scan_constraint *scan_constraint(const struct scan *s, size_t i)
{
	return i < s->n_constraints ? &s->constraints[i] : NULL;
}

const struct scan_constraint *scan_find(const struct scan *s, unsigned col, enum scan_op op)
{
	for (size_t i = 0; i < s->n_constraints; i++)
		if (s->constraints[i].col == col && s->constraints[i].op == op)
			return &s->constraints[i];
	return NULL;
}

bool scan_eq_int(const struct scan *s, unsigned col, int64_t *ret, bool *ret_never)
{
	const struct scan_constraint *c = scan_find(s, col, SCAN_EQ);

	if (!c)
		return false;
	if (!c->is_int) {
		if (ret_never)
			*ret_never = true;
		return false;
	}
	*ret = c->i;
	return true;
}

const char *scan_eq_text(const struct scan *s, unsigned col)
{
	const struct scan_constraint *c = scan_find(s, col, SCAN_EQ);

	return c ? c->text : NULL;
}

const void *scan_spec(const struct scan *s)
{
	return s->table->spec;
}

void *scan_state(struct scan *s)
{
	return s->state;
}

bool scan_wants(const struct scan *s, unsigned col)
{
	return s->wanted >> col & 1;
}

const struct root *scan_root(const struct scan *s)
{
	return s->query->root;
}

const char *scan_state_dir(const struct scan *s)
{
	return s->query->state_dir;
}

bool scan_stop(struct scan *s)
{
	return scan_query_stop(s->query);
}

/* ---- What went wrong ---- */

void scan_warn(struct scan *s, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	notes_add(&s->query->notes, s->table->name, text);
}

void scan_skipped(struct scan *s, const char *what, const char *noun, int err)
{
	notes_skip(&s->query->notes, s->table->name, what, noun, err);
}

int scan_error(struct scan *s, int err, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!s->query->err.code)
		err_set(&s->query->err, err, "%s: %s", s->table->name, text);
	return -err;
}

/* ---- Rows ---- */

/* Makes room for `need` elements in an array of the chunk. */
static int chunk_grow(struct scan *s, void **p, size_t *cap, size_t need, size_t size)
{
	const struct chunk *c = &s->chunk;
	size_t held = c->slots_cap * sizeof(*c->slots) + c->text_cap - *cap * size;
	size_t most = (SCAN_CHUNK_MAX - (held < SCAN_CHUNK_MAX ? held : SCAN_CHUNK_MAX)) / size;
	size_t want = *cap + *cap / 2 + 64;
	void *q;

	if (need > most)
		return scan_error(
			s, E2BIG, "more than %u MiB of rows at once", SCAN_CHUNK_MAX >> 20);
	if (want < need)
		want = need;
	if (want > most)
		want = most;
	q = sqlite3_realloc64(*p, want * size);
	if (!q)
		return -ENOMEM;
	*p = q;
	*cap = want;
	return 0;
}

void row_begin(struct scan *s)
{
	struct chunk *c = &s->chunk;
	size_t need = c->n_slots + s->width;
	int r;

	s->in_row = false;
	if (s->failed)
		return;
	if (need > c->slots_cap) {
		r = chunk_grow(s, (void **)&c->slots, &c->slots_cap, need, sizeof(*c->slots));
		if (r < 0) {
			s->failed = r;
			return;
		}
	}
	if (s->width)
		memset(c->slots + c->n_slots, 0, s->width * sizeof(*c->slots));
	s->in_row = true;
}

void row_end(struct scan *s)
{
	if (!s->in_row)
		return;
	s->chunk.n_slots += s->width;
	s->n_rows++;
	s->in_row = false;
}

/* The slot of the row being made, or NULL when the value is not wanted. */
static struct slot *slot_for(struct scan *s, unsigned col)
{
	if (!s->in_row || col >= TABLE_COLUMNS_MAX || s->slot_of[col] < 0)
		return NULL;
	return &s->chunk.slots[s->chunk.n_slots + (size_t)s->slot_of[col]];
}

void row_int(struct scan *s, unsigned col, int64_t value)
{
	struct slot *t = slot_for(s, col);

	if (t)
		*t = (struct slot){.type = SLOT_INT, .i = value};
}

void row_real(struct scan *s, unsigned col, double value)
{
	struct slot *t = slot_for(s, col);

	if (t)
		*t = (struct slot){.type = SLOT_REAL, .r = value};
}

/* Room for `n` bytes of text; on failure the row is given up. */
static char *text_room(struct scan *s, size_t n)
{
	struct chunk *c = &s->chunk;
	int r;

	if (n > c->text_cap - c->text_len) {
		r = chunk_grow(s, (void **)&c->text, &c->text_cap, c->text_len + n, 1);
		if (r < 0) {
			s->failed = r;
			s->in_row = false;
			return NULL;
		}
	}
	return c->text + c->text_len;
}

/* How many bytes of the value to keep; not in the middle of a UTF-8 character. */
static size_t cut_value(struct scan *s, const char *p, size_t n)
{
	if (n <= SCAN_VALUE_MAX)
		return n;
	scan_warn(s, "a value longer than %u KiB was cut", SCAN_VALUE_MAX >> 10);
	n = SCAN_VALUE_MAX;
	for (int i = 0; i < 3 && (p[n] & 0xc0) == 0x80; i++)
		n--;
	return n;
}

static void row_put(struct scan *s, unsigned col, enum slot_type type, const char *p, size_t n)
{
	struct slot *t = slot_for(s, col);
	char *room;

	if (!t)
		return;
	n = cut_value(s, p, n);
	if (n) {
		room = text_room(s, n);
		if (!room)
			return;
		memcpy(room, p, n);
	}
	*t = (struct slot){.type = type, .n = (uint32_t)n, .at = s->chunk.text_len};
	s->chunk.text_len += n;
}

void row_text(struct scan *s, unsigned col, const char *value)
{
	struct slot *t;

	if (value) {
		row_put(s, col, SLOT_TEXT, value, strlen(value));
		return;
	}
	t = slot_for(s, col);
	if (t)
		*t = (struct slot){.type = SLOT_NULL};
}

void row_bytes(struct scan *s, unsigned col, const char *p, size_t n)
{
	row_put(s, col, SLOT_TEXT, p, n);
}

void row_blob(struct scan *s, unsigned col, const void *p, size_t n)
{
	row_put(s, col, SLOT_BLOB, p, n);
}

void row_printf(struct scan *s, unsigned col, const char *fmt, ...)
{
	enum { FIRST_TRY = 128 };
	struct slot *t = slot_for(s, col);
	char *room = t ? text_room(s, FIRST_TRY) : NULL;
	va_list ap;
	int n;

	if (!room)
		return;
	va_start(ap, fmt);
	n = vsnprintf(room, FIRST_TRY, fmt, ap);
	va_end(ap);
	if (n >= FIRST_TRY) {
		room = n < (int)SCAN_CHUNK_MAX ? text_room(s, (size_t)n + 1) : NULL;
		if (!room)
			return;
		va_start(ap, fmt);
		n = vsnprintf(room, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	if (n < 0)
		return;
	n = (int)cut_value(s, room, (size_t)n);
	*t = (struct slot){.type = SLOT_TEXT, .n = (uint32_t)n, .at = s->chunk.text_len};
	s->chunk.text_len += (size_t)n;
}

/* ---- Walking ---- */

/* Calls step until it has emitted a row or is at its end. */
static int fill(struct scan *s)
{
	size_t before;
	int r;

	if (s->chunk.n_slots * sizeof(struct slot) + s->chunk.text_len > SCAN_KEEP_MAX)
		s->keeping = false;
	if (!s->keeping) {
		s->chunk.n_slots = s->chunk.text_len = 0;
		s->n_rows = s->row = 0;
	}
	before = s->n_rows;
	while (s->n_rows == before && !s->done) {
		if (scan_stop(s))
			return -ECANCELED;
		s->in_row = false;
		r = s->table->step(s);
		if (s->failed)
			return s->failed;
		if (r < 0 && !s->query->stopped)
			return scan_error(s, -r, "%s", strerror(-r));
		/* A table that noticed the stop may say anything. */
		if (s->query->stopped)
			return -ECANCELED;
		s->done = r == 0;
	}
	s->kept = s->keeping && s->done;
	return 0;
}

static void choose_slots(struct scan *s, uint64_t used)
{
	s->wanted = used;
	s->width = 0;
	for (unsigned i = 0; i < TABLE_COLUMNS_MAX; i++)
		s->slot_of[i] = (signed char)(used >> i & 1 ? s->width++ : (size_t)-1);
}

/* As text it may look like another value, and is none. */
static bool any_blob(sqlite3_value **values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sqlite3_value_type(values[i]) == SQLITE_BLOB)
			return true;
	return false;
}

/* Is this what was asked the last time? */
static bool asks_the_same(const struct scan *s, uint64_t used, const struct scan_plan_term *terms,
	sqlite3_value **values, size_t n)
{
	if (!s->asked || used != s->wanted || n != s->n_constraints)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct scan_constraint *c = &s->constraints[i];
		const void *text;

		if (terms[i].col != c->col || terms[i].op != c->op ||
			sqlite3_value_type(values[i]) == SQLITE_NULL)
			return false;
		text = sqlite3_value_text(values[i]);
		if (!text || (size_t)sqlite3_value_bytes(values[i]) != c->text_len ||
			memcmp(text, c->text, c->text_len) != 0)
			return false;
	}
	return true;
}

int scan_start(struct scan *s, uint64_t used, const struct scan_plan_term *terms,
	sqlite3_value **values, size_t n)
{
	bool never = false, blobs = any_blob(values, n);
	int r;

	close_table(s);
	identities_reset(&s->identities);
	s->rowid_known = false;
	s->row = 0;
	s->keeping = !blobs && asks_the_same(s, used, terms, values, n);
	if (s->keeping && s->kept)
		return scan_stop(s) ? -ECANCELED : 0;
	choose_slots(s, used);
	s->n_constraints = s->n_rows = 0;
	s->chunk.n_slots = s->chunk.text_len = 0;
	s->echoed = 0;
	s->done = s->kept = s->asked = false;
	s->failed = 0;
	r = take_constraints(s, terms, values, n, &never);
	if (r < 0)
		return r;
	if (never) {
		s->done = true;
		return 0;
	}
	s->asked = !blobs;
	if (s->state)
		memset(s->state, 0, s->table->state_size);
	if (s->table->open) {
		r = s->table->open(s);
		if (r < 0 && scan_stop(s))
			return -ECANCELED;
		if (r < 0)
			return scan_error(s, -r, "%s", strerror(-r));
	}
	s->open = true;
	return fill(s);
}

int scan_next(struct scan *s)
{
	s->rowid_known = false;
	if (++s->row < s->n_rows)
		return 0;
	return fill(s);
}

bool scan_eof(const struct scan *s)
{
	return s->row >= s->n_rows;
}

/* A hidden input column that the table left unset shows what was asked for. */
static void echo(const struct scan *s, sqlite3_context *ctx, unsigned col)
{
	const struct scan_constraint *c = scan_find(s, col, SCAN_EQ);
	enum column_type type = s->table->columns[col].type;

	if (c->is_int && (type == COL_INTEGER || type == COL_BIGINT))
		sqlite3_result_int64(ctx, c->i);
	else
		sqlite3_result_text64(ctx, c->text, c->text_len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/*
 * Text is copied (SQLITE_TRANSIENT) into a buffer that SQLite keeps per register. SQLITE_STATIC
 * would save that, but min(), max() and GROUP BY hold a value over the next step of the scan, and
 * SQLite does not copy static values even then.
 */
void scan_result(const struct scan *s, sqlite3_context *ctx, unsigned col)
{
	const struct slot *t;
	const char *p;

	if (col >= TABLE_COLUMNS_MAX || s->slot_of[col] < 0)
		return;
	t = &s->chunk.slots[s->row * s->width + (size_t)s->slot_of[col]];
	p = s->chunk.text ? s->chunk.text : "";
	switch ((enum slot_type)t->type) {
	case SLOT_NULL:
		if (s->echoed >> col & 1)
			echo(s, ctx, col);
		break;
	case SLOT_INT:
		sqlite3_result_int64(ctx, t->i);
		break;
	case SLOT_REAL:
		sqlite3_result_double(ctx, t->r);
		break;
	case SLOT_TEXT:
		sqlite3_result_text64(ctx, p + t->at, t->n, SQLITE_TRANSIENT, SQLITE_UTF8);
		break;
	case SLOT_BLOB:
		sqlite3_result_blob64(ctx, p + t->at, t->n, SQLITE_TRANSIENT);
		break;
	}
}

/* ---- A row's identity ---- */

static uint64_t row_hash(const struct scan *s)
{
	uint64_t h = identity_key();

	for (size_t i = 0; i < s->width; i++) {
		const struct slot *t = &s->chunk.slots[s->row * s->width + i];

		h = identity_mix(h, (uint64_t)t->type << 32 | t->n);
		if (t->type == SLOT_INT || t->type == SLOT_REAL)
			h = identity_mix(h, (uint64_t)t->i);
		else if (t->n)
			h = identity_mix_bytes(h, s->chunk.text + t->at, t->n);
	}
	return h;
}

/*
 * SQLite answers `a = 1 OR b = 2` by two scans and drops the rows of the second whose rowid was
 * in the first: a running number would make it drop the wrong ones.
 */
int scan_rowid(struct scan *s, int64_t *ret)
{
	int r;

	if (!s->rowid_known) {
		r = identities_add(&s->identities, row_hash(s), &s->rowid);
		if (r == -E2BIG)
			return scan_error(s, E2BIG,
				"more than %u rows to be told apart (OR, rowid)", IDENTITIES_MAX);
		if (r < 0)
			return r;
		s->rowid_known = true;
	}
	*ret = s->rowid;
	return 0;
}
