/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/progress.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/str.h"
#include "common/text.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024
/* What is quicker needs no line. */
#define FIRST_AFTER_MS 200
#define WIPE	       "\r\033[K"

struct progress {
	pthread_mutex_t lock; /* the fleet's threads may log */
	bool shown;
	int64_t drawn_ms;
};

struct progress *progress_new(void)
{
	const char *term = getenv("TERM");
	struct progress *p;

	if (!isatty(STDERR_FILENO) || !term || str_eq(term, "dumb"))
		return NULL;
	p = calloc(1, sizeof(*p));
	if (p && pthread_mutex_init(&p->lock, NULL) != 0) {
		free(p);
		p = NULL;
	}
	return p;
}

static void wipe(struct progress *p)
{
	if (p->shown)
		(void)io_write_all(STDERR_FILENO, WIPE, strlen(WIPE));
	p->shown = false;
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	wipe(p);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void progress_hook(int after, void *progress)
{
	struct progress *p = progress;

	if (!p)
		return;
	if (after) {
		pthread_mutex_unlock(&p->lock);
		return;
	}
	pthread_mutex_lock(&p->lock);
	wipe(p);
}

static size_t terminal_width(void)
{
	struct winsize ws;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 1)
		return ws.ws_col;
	return 80;
}

/* Of the hosts that have not ended, those whose connection stands; answered ones keep theirs. */
static size_t count_asked(const struct fleet_progress *now)
{
	size_t answered = now->ended[HOST_ANSWERED];
	size_t busy = now->connected > answered ? now->connected - answered : 0;

	return busy < now->asking ? busy : now->asking;
}

static int put_counts(struct buf *b, const struct fleet_progress *now)
{
	size_t asked = count_asked(now);
	const struct {
		size_t n;
		const char *word;
	} counts[] = {
		{now->asking - asked, "connecting"},
		{asked, "asked"},
		{now->ended[HOST_FAILED], "failed"},
		{now->ended[HOST_TIMED_OUT], "timed out"},
		{now->ended[HOST_UNREACHABLE], "unreachable"},
	};
	int r = buf_printf(
		b, "asking %zu hosts: %zu answered", now->hosts, now->ended[HOST_ANSWERED]);

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(counts); i++)
		if (counts[i].n > 0)
			r = buf_printf(b, ", %zu %s", counts[i].n, counts[i].word);
	return r;
}

static int put_line(struct buf *out, struct buf *text, const struct fleet_progress *now,
	int64_t rows, int64_t took_ms)
{
	int r = put_counts(text, now);

	if (r == 0)
		r = buf_printf(text, ", %" PRId64 " rows  %" PRId64 ".%" PRId64 " s", rows,
			took_ms / 1000, took_ms % 1000 / 100);
	if (r == 0)
		r = buf_puts(out, WIPE);
	/* The last column stays free: writing there moves some terminals to the next line. */
	return r < 0 ? r : text_escape_cut(out, text->p, text->len, terminal_width() - 1, NULL);
}

void progress_draw(
	struct progress *p, const struct fleet_progress *now, int64_t rows, int64_t since_ms)
{
	int64_t at = clock_mono_ms();
	struct buf out, text;

	if (!p || at - since_ms < FIRST_AFTER_MS || at - p->drawn_ms < 1000 / PROGRESS_PER_SECOND)
		return;
	p->drawn_ms = at;
	buf_init(&out, LINE_MAX_BYTES);
	buf_init(&text, LINE_MAX_BYTES);
	if (put_line(&out, &text, now, rows, at - since_ms) == 0) {
		pthread_mutex_lock(&p->lock);
		(void)io_write_all(STDERR_FILENO, out.p, out.len);
		p->shown = true;
		pthread_mutex_unlock(&p->lock);
	}
	buf_done(&out);
	buf_done(&text);
}
