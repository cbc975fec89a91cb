/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/answer.h"

#include "common/clock.h"

#include <errno.h>

/* Lines wait here for the first rows: a columns line and a rows line of the largest size each. */
#define ANSWER_BUF_MAX (2 * (size_t)WIRE_REPLY_MAX)
/* What closes a rows line, newline included, is not longer than this. */
#define ANSWER_TAIL 8
/* A row that does not fit has its values cut to half of this, a quarter and so on. */
#define ANSWER_CUT_FROM (256u << 10)

int answer_init(struct answer *a, struct outq *out, int64_t id, int64_t patience_ms,
	const atomic_bool *cancelled)
{
	*a = (struct answer){
		.out = out, .id = id, .patience_ms = patience_ms, .cancelled = cancelled};
	buf_init(&a->buf, ANSWER_BUF_MAX);
	return -pthread_mutex_init(&a->lock, NULL);
}

void answer_done(struct answer *a)
{
	buf_done(&a->buf);
	pthread_mutex_destroy(&a->lock);
}

/* ---- Lines; all with the lock held ---- */

static int line_close(struct answer *a)
{
	int r;

	if (!a->line_rows)
		return 0;
	r = wire_rows_end(&a->buf);
	a->bytes += a->buf.len - a->line;
	a->line_rows = 0;
	return r;
}

static int put_out(struct answer *a)
{
	int64_t since = clock_mono_ms();
	int r;

	atomic_store(&a->blocked_since_ms, since);
	r = outq_put(
		a->out, a->buf.p, a->buf.len, since + a->patience_ms - a->blocked_ms, a->cancelled);
	/* In this order, whoever looks meanwhile counts it twice rather than not at all. */
	atomic_fetch_add(&a->blocked_ms, clock_mono_ms() - since);
	atomic_store(&a->blocked_since_ms, 0);
	return r;
}

int64_t answer_blocked_ms(const struct answer *a)
{
	int64_t since = atomic_load(&a->blocked_since_ms);

	return (since ? clock_mono_ms() - since : 0) + atomic_load(&a->blocked_ms);
}

static int hand_over(struct answer *a)
{
	int r = line_close(a);

	if (!r && a->buf.len)
		r = put_out(a);
	buf_reset(&a->buf);
	a->begun = a->rows > 0;
	return r;
}

static bool is_old(const struct answer *a)
{
	return a->buf.len &&
	       clock_mono_ms() - a->since_ms >= (a->begun ? ANSWER_LATER_MS : ANSWER_FIRST_MS);
}

static void started_waiting(struct answer *a)
{
	if (!a->buf.len)
		a->since_ms = clock_mono_ms();
}

/* ---- Columns ---- */

int answer_columns(void *answer, const struct wire_column *cols, size_t n)
{
	struct answer *a = answer;
	int r = -ECANCELED;

	pthread_mutex_lock(&a->lock);
	if (!a->over) {
		started_waiting(a);
		r = wire_put_columns(&a->buf, a->id, cols, n);
	}
	a->failed = r;
	pthread_mutex_unlock(&a->lock);
	return r;
}

/* ---- Rows ---- */

static struct cell cut_cell(const struct cell *c, size_t most)
{
	struct cell cut = *c;

	if (!cell_has_bytes(c) || c->n <= most)
		return cut;
	cut.n = (uint32_t)most;
	/* Not inside a character. */
	while (c->type == CELL_TEXT && cut.n && ((unsigned char)c->p[cut.n] & 0xc0) == 0x80)
		cut.n--;
	return cut;
}

static int encode(struct answer *a, const struct cell *cells, size_t n, size_t most)
{
	int r = wire_row_begin(&a->buf, a->line_rows);

	for (size_t i = 0; !r && i < n; i++) {
		struct cell c = cut_cell(&cells[i], most);

		r = wire_put_cell(&a->buf, i, &c);
	}
	return r ? r : wire_row_end(&a->buf);
}

/* Does what was put into the open line leave it within `most` bytes once it is closed? */
static bool line_fits(const struct answer *a, size_t most)
{
	return a->buf.len - a->line + ANSWER_TAIL <= most;
}

/* After a row was put behind `start`: counts it, or takes it back when it must not stay. */
static int settle(struct answer *a, size_t start, int r)
{
	if (!r && a->bytes + (a->buf.len - a->line) + ANSWER_TAIL > WIRE_ANSWER_BYTES) {
		a->truncated = true;
		r = -E2BIG;
	}
	if (r) {
		buf_cut(&a->buf, start);
		return r;
	}
	a->line_rows++;
	a->rows++;
	return 0;
}

/* The first row of a line: it goes in, even if its values must be cut. */
static int put_first(struct answer *a, const struct cell *cells, size_t n)
{
	size_t start, most = SIZE_MAX;
	int r;

	started_waiting(a);
	a->line = a->buf.len;
	r = wire_rows_begin(&a->buf, a->id);
	start = a->buf.len;
	while (!r) {
		r = encode(a, cells, n, most);
		if (!r && line_fits(a, WIRE_REPLY_MAX))
			break;
		if ((r && r != -EMSGSIZE) || most == 0)
			return settle(a, a->line, r ? r : -EMSGSIZE);
		buf_cut(&a->buf, start);
		most = (most == SIZE_MAX ? ANSWER_CUT_FROM : most) / 2;
		r = 0;
	}
	a->cut_rows += !r && most != SIZE_MAX;
	return settle(a, a->line, r);
}

/* -EAGAIN: the open line is full without it. */
static int put_next(struct answer *a, const struct cell *cells, size_t n)
{
	size_t start = a->buf.len;
	int r = encode(a, cells, n, SIZE_MAX);

	if (r == -EMSGSIZE || (!r && !line_fits(a, WIRE_ROWS_MAX)))
		r = -EAGAIN;
	return settle(a, start, r);
}

static int put_row(struct answer *a, const struct cell *cells, size_t n)
{
	int r = a->line_rows ? put_next(a, cells, n) : -EAGAIN;

	if (r == -EAGAIN) {
		r = a->line_rows ? hand_over(a) : 0;
		if (!r)
			r = put_first(a, cells, n);
	}
	if (!r && (!line_fits(a, WIRE_ROWS_MAX) || is_old(a)))
		r = hand_over(a);
	return r;
}

int answer_row(void *answer, const struct cell *cells, size_t n)
{
	struct answer *a = answer;
	int r;

	pthread_mutex_lock(&a->lock);
	if (a->over && !a->failed)
		a->failed = -ECANCELED;
	if (!a->failed)
		a->failed = put_row(a, cells, n);
	r = a->failed;
	pthread_mutex_unlock(&a->lock);
	return r;
}

int answer_failed(struct answer *a)
{
	int r;

	pthread_mutex_lock(&a->lock);
	r = a->failed;
	pthread_mutex_unlock(&a->lock);
	return r;
}

/* ---- Files ---- */

int answer_chunk(struct answer *a, int64_t offset, const void *p, size_t n)
{
	int r;

	pthread_mutex_lock(&a->lock);
	if (a->over && !a->failed)
		a->failed = -ECANCELED;
	if (!a->failed)
		a->failed = wire_put_chunk(&a->buf, a->id, offset, p, n);
	if (!a->failed)
		a->failed = hand_over(a);
	r = a->failed;
	pthread_mutex_unlock(&a->lock);
	return r;
}

/* ---- The end; all but the last three with the lock held ---- */

/* What is there goes out whole, full queue or not: it is one line and a bit. */
static int hand_over_now(struct answer *a)
{
	int r = line_close(a);

	if (!r && a->buf.len)
		r = outq_put_now(a->out, a->buf.p, a->buf.len);
	buf_reset(&a->buf);
	a->begun = a->rows > 0;
	return r;
}

static void finish(struct answer *a)
{
	atomic_store(&a->over, true);
	if (hand_over_now(a))
		buf_reset(&a->buf); /* out of memory: nothing more can be said */
	atomic_store(&a->told, true);
}

static void fail_now(struct answer *a, enum wire_code code, const char *message)
{
	if (a->over)
		return;
	if (line_close(a) || wire_put_error(&a->buf, a->id, code, message))
		buf_reset(&a->buf);
	finish(a);
}

static int put_done(struct answer *a, const struct wire_done *d)
{
	const char *warnings[WIRE_WARNINGS_MAX];
	struct wire_done all = *d;
	char cut[128];
	size_t n = 0;

	if (a->cut_rows) {
		snprintf(cut, sizeof(cut),
			"%zu rows did not fit into a line: their longest values were cut",
			a->cut_rows);
		warnings[n++] = cut;
	}
	for (size_t i = 0; i < d->n_warnings && n < WIRE_WARNINGS_MAX; i++)
		warnings[n++] = d->warnings[i];
	all.rows = a->rows;
	all.truncated = d->truncated || a->truncated;
	all.warnings = warnings;
	all.n_warnings = n;
	return wire_put_done(&a->buf, a->id, &all);
}

void answer_end(struct answer *a, const struct wire_done *d)
{
	pthread_mutex_lock(&a->lock);
	if (a->over)
		; /* given up */
	else if (line_close(a) || put_done(a, d))
		fail_now(a, WIRE_CODE_INTERNAL, "out of memory");
	else
		finish(a);
	pthread_mutex_unlock(&a->lock);
}

void answer_fail(struct answer *a, enum wire_code code, const char *message)
{
	pthread_mutex_lock(&a->lock);
	fail_now(a, code, message);
	pthread_mutex_unlock(&a->lock);
}

void answer_outcome(struct answer *a, const struct wire_outcome *o)
{
	pthread_mutex_lock(&a->lock);
	if (!a->over) {
		if (wire_put_outcome(&a->buf, a->id, o))
			fail_now(a, WIRE_CODE_INTERNAL, "out of memory");
		else
			finish(a);
	}
	pthread_mutex_unlock(&a->lock);
}

bool answer_give_up(struct answer *a, enum wire_code code, const char *message)
{
	if (pthread_mutex_trylock(&a->lock))
		return false;
	fail_now(a, code, message);
	pthread_mutex_unlock(&a->lock);
	return true;
}

void answer_flush_old(struct answer *a)
{
	if (pthread_mutex_trylock(&a->lock))
		return;
	if (!a->over && !a->failed && is_old(a) && !outq_is_full(a->out))
		a->failed = hand_over_now(a);
	pthread_mutex_unlock(&a->lock);
}
