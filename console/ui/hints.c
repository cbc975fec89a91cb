/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The line at the bottom: the keys that are used most. */
#include "common/str.h"
#include "console/ui/self.h"

#include <string.h>

/* Of one table of keys. */
#define HINTS_MAX 16
/* Of those of every pane: the first ones and the last. */
#define HINTS_KEPT 3
/* Of a pane's own: so many are worth more than the rest of those of every pane. */
#define HINTS_OWN 4
/* Blanks behind one, for which the last needs no room. */
#define HINTS_GAP 2

static int hint_width(const struct ui_binding *b)
{
	return b->hint ? (int)(strlen(b->key) + strlen(b->hint)) + 1 + HINTS_GAP : 0;
}

/* Those that have a word, all of them in one table. */
static size_t find_hints(const struct ui_binding *b, const struct ui_binding **ret, int *ret_width)
{
	size_t n = 0;

	*ret_width = 0;
	for (; b && b->key && n < HINTS_MAX; b++) {
		if (!b->hint)
			continue;
		ret[n++] = b;
		*ret_width += hint_width(b);
	}
	return n;
}

static int draw_hint(int y, int x, int w, const struct ui_binding *b)
{
	int width = hint_width(b);

	if (width == 0 || x + width - HINTS_GAP > w)
		return x;
	screen_text(y, x, w - x, STYLE_KEY, false, b->key, strlen(b->key));
	screen_print(y, x + (int)strlen(b->key), w - x, STYLE_HINT, false, " %s", b->hint);
	return x + width;
}

static void leave_out(const struct ui_binding **hints, size_t *n, size_t at, int *width)
{
	*width -= hint_width(hints[at]);
	memmove(hints + at, hints + at + 1, (--*n - at) * sizeof(*hints));
}

void hints_draw(const struct pane_kind *kind, bool back, int y, int w)
{
	const struct ui_binding *own[HINTS_MAX], *all[HINTS_MAX];
	int x = 1, end, own_width, all_width, worth = 0;
	size_t n_own = find_hints(kind->bindings, own, &own_width);
	size_t n_all = find_hints(ui_bindings, all, &all_width);

	for (size_t i = n_all; !back && i-- > 0;)
		if (str_eq(all[i]->command, "back"))
			leave_out(all, &n_all, i, &all_width);
	for (size_t i = 0; i < n_own && i < HINTS_OWN; i++)
		worth += hint_width(own[i]);
	/* In a narrow terminal help, the prompt and quit stay, and longest of the rest the way
	 * back. */
	while (n_all > HINTS_KEPT && 1 + worth + all_width - HINTS_GAP > w)
		leave_out(all, &n_all, HINTS_KEPT - 1, &all_width);
	/* Those of every pane keep their place on the right. */
	end = w - all_width + HINTS_GAP;
	for (size_t i = 0; i < n_own; i++)
		x = draw_hint(y, x, end - HINTS_GAP, own[i]);
	x = end;
	for (size_t i = 0; i < n_all; i++)
		x = draw_hint(y, x, w, all[i]);
}
