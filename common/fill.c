/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/fill.h"

#include "common/text.h"

int fill_words(struct buf *out, struct span text, size_t indent)
{
	return fill_words_to(out, text, indent, FILL_WIDTH);
}

int fill_words_to(struct buf *out, struct span text, size_t indent, size_t width)
{
	size_t at = indent;
	struct span word;
	int r = 0;

	while (r == 0 && span_word(&text, &word)) {
		size_t n = text_width(word.p, word.n);

		if (at > indent && at + 1 + n > width) {
			r = buf_printf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			r = buf_putc(out, ' ');
			at++;
		}
		if (r == 0)
			r = buf_add(out, word.p, word.n);
		at += n;
	}
	return r < 0 ? r : buf_putc(out, '\n');
}

int fill_paragraphs(struct buf *out, const char *text)
{
	struct span rest = span_str(text), line, run = {NULL, 0};
	int r = 0;

	while (r == 0 && span_split(&rest, '\n', &line)) {
		if (line.n > 0 && line.p[0] != ' ') {
			run = (struct span){run.n ? run.p : line.p, 0};
			run.n = (size_t)(line.p + line.n - run.p);
			continue;
		}
		if (run.n > 0)
			r = fill_words(out, run, 0);
		run.n = 0;
		if (r == 0)
			r = buf_printf(out, "%.*s\n", (int)line.n, line.p);
	}
	return r == 0 && run.n > 0 ? fill_words(out, run, 0) : r;
}
