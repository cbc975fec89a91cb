/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The line on top: whom, what became of them, how far the running question is. */
#include "common/clock.h"
#include "console/ui/self.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define GAUGE 12

/* Groups of three digits. */
static const char *grouped(int64_t n, char out[32])
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRId64, n < 0 ? 0 : n), to = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[to++] = ',';
		out[to++] = digits[i];
	}
	out[to] = '\0';
	return out;
}

/* What is not there at all is not told. */
static int put_state(int y, int x, int w, size_t n, const char *sign, const char *word)
{
	if (n == 0)
		return x;
	return x + screen_print(y, x, w - x, STYLE_BAR, false, "  %s%zu %s", sign, n, word);
}

static int put_progress(int y, int w, const struct live_counts *c)
{
	double part = c->asked ? (double)c->ended / (double)c->asked : 1;
	int filled = (int)(part * GAUGE);
	char gauge[4 * GAUGE + 1] = "", text[160], rows[32];
	size_t n = 0;
	int width;

	for (int i = 0; i < GAUGE; i++)
		n += (size_t)snprintf(
			gauge + n, sizeof(gauge) - n, "%s", i < filled ? "\u2588" : "\u2591");
	snprintf(text, sizeof(text), "%s %3.0f%%  %.1f s  %s rows ", gauge, part * 100,
		(double)(clock_mono_ms() - c->since_ms) / 1e3, grouped(c->rows, rows));
	/* Every character of it takes one column. */
	width = (int)strlen(text) - 2 * GAUGE;
	screen_text(y, w - width, width, STYLE_BAR, false, text, strlen(text));
	return w - width;
}

void fleetbar_draw(struct ui *ui, int y, int w)
{
	const struct ui_self *s = (const struct ui_self *)ui;
	struct live_counts c;
	int x, end = w;

	live_counts(ui->live, &c);
	screen_text(y, 0, w, STYLE_BAR, true, "", 0);
	if (c.running)
		end = put_progress(y, w, &c) - 1;
	x = screen_print(y, 0, end, STYLE_BAR, false, " tocsin  %.30s: %zu host%s", ui->target,
		c.hosts, c.hosts == 1 ? "" : "s");
	if (s->target)
		x += screen_print(y, x, end - x, STYLE_BAR, false, "  only %.30s", s->target);
	x = put_state(y, x, end, c.up, "+", "up");
	x = put_state(y, x, end, c.asking - c.slow, "~", "asking");
	x = put_state(y, x, end, c.slow, "~", "slow");
	x = put_state(y, x, end, c.failed, "!", "failed");
	x = put_state(y, x, end, c.timed_out, "!", "timed out");
	x = put_state(y, x, end, c.unreachable, "!", "unreachable");
	put_state(y, x, end, c.quarantined, "#", "quarantined");
}
