/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "man/mdoc.h"

#include <ctype.h>
#include <stdio.h>

/* A new sentence has to begin a new line. */
static bool ends_sentence(struct span s, size_t i)
{
	return i > 0 && i + 1 < s.n && s.p[i - 1] == '.' && s.p[i] == ' ' &&
	       isupper((unsigned char)s.p[i + 1]);
}

void mdoc_text(struct span s, bool capital)
{
	if (s.n > 0 && (s.p[0] == '.' || s.p[0] == '\''))
		fputs("\\&", stdout);
	for (size_t i = 0; i < s.n; i++) {
		if (ends_sentence(s, i))
			putchar('\n');
		else if (s.p[i] == '\\')
			fputs("\\e", stdout);
		else if (s.p[i] == '"')
			fputs("\\(dq", stdout);
		else if (s.p[i] == '-')
			fputs("\\-", stdout);
		else
			putchar(i == 0 && capital ? toupper((unsigned char)s.p[i]) : s.p[i]);
	}
}

void mdoc_sentence(const char *s)
{
	mdoc_text(span_str(s), true);
	fputs(".\n", stdout);
}

void mdoc_quoted(const char *s)
{
	putchar('"');
	/* One sign alone might be punctuation, which macros put outside. */
	if (s[0] && !s[1])
		fputs("\\&", stdout);
	mdoc_text(span_str(s), false);
	putchar('"');
}
