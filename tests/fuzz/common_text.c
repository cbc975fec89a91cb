/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever the bytes, escaped text is UTF-8 that a terminal only shows, and as wide as is said. */
#include "common/text.h"

#include <locale.h>
#include <stdint.h>
#include <stdlib.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	setlocale(LC_CTYPE, "C.UTF-8");
	return 0;
}

/* Columns of `b`, all of whose characters must be fit to be seen. */
static size_t check(const struct buf *b)
{
	size_t width = 0, len;
	uint32_t cp;

	MUST(utf8_valid(b->p, b->len));
	for (size_t i = 0; i < b->len; i += len) {
		len = utf8_decode(b->p + i, b->len - i, &cp);
		MUST(len && text_printable(cp));
		width += (size_t)utf8_width(cp);
	}
	return width;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t max = n ? data[0] : 0, width, used;
	const char *p = (const char *)data;
	struct buf b;

	buf_init(&b, 64 + 16 * n);
	MUST(text_escape(&b, p, n) == 0);
	width = check(&b);
	MUST(width == text_width(p, n));
	buf_reset(&b);
	MUST(text_escape_cut(&b, p, n, max, &used) == 0);
	MUST(check(&b) == used && used <= max);
	MUST(width > max || used == width);
	buf_done(&b);
	return 0;
}
