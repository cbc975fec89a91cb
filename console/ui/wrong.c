/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/ui/wrong.h"

#include "common/text.h"
#include "console/ui/screen.h"

#include <string.h>

/* Where the text is cut on the left, so that the place is in sight. */
static size_t left_of(const char *text, size_t from, size_t at, int w)
{
	while (from < at && text_width(text + from, at - from) > (size_t)w / 2) {
		from++;
		/* Not within a character. */
		while (from < at && ((unsigned char)text[from] & 0xc0) == 0x80)
			from++;
	}
	return from;
}

void wrong_draw(int y, int x, int w, const char *label, const char *text, const struct blame *b)
{
	size_t line = b->at, end, wrong_end = b->at + b->n, from;
	int used, width, right = x + w;

	while (line > 0 && text[line - 1] != '\n')
		line--;
	end = b->at + strcspn(text + b->at, "\n");
	if (wrong_end > end)
		wrong_end = end;
	from = left_of(text, line, b->at, w);
	screen_text(y, x, w, STYLE_PROMPT, true, "", 0);
	screen_text(y + 1, x, w, STYLE_PROMPT, true, "", 0);
	x += screen_text(y, x, right - x, STYLE_BOLD, false, label, strlen(label));
	if (from > line)
		x += screen_print(y, x, right - x, STYLE_DIM, false, "…");
	x += screen_text(y, x, right - x, STYLE_PROMPT, false, text + from, b->at - from);
	used = screen_text(y, x, right - x, STYLE_WRONG, false, text + b->at, wrong_end - b->at);
	width = used ? used : 1;
	screen_text(y, x + used, right - x - used, STYLE_PROMPT, false, text + wrong_end,
		end - wrong_end);
	for (int i = 0; i < width; i++)
		screen_text(y + 1, x + i, right - x - i, STYLE_BAD, false, "^", 1);
}
