/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words of a line, as most configuration files have them. */
#ifndef AGENTD_WORDS_H
#define AGENTD_WORDS_H

#include "common/buf.h"
#include "common/str.h"

static inline bool word_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r';
}

static inline void words_skip_blanks(struct span *s)
{
	while (s->n && word_blank(s->p[0]))
		*s = (struct span){s->p + 1, s->n - 1};
}

/* Drops the blanks in front of *rest and takes the next word off it; empty at the end. */
static inline struct span word_next(struct span *rest)
{
	struct span w;

	words_skip_blanks(rest);
	w = (struct span){rest->p, 0};
	while (w.n < rest->n && !word_blank(w.p[w.n]))
		w.n++;
	*rest = (struct span){rest->p + w.n, rest->n - w.n};
	return w;
}

/* The part before the first `c`, which is dropped with all behind it; *ret_rest (may be NULL) is
 * that, with p NULL when there is none. */
static inline struct span word_before(struct span s, char c, struct span *ret_rest)
{
	struct span first = {s.p, 0};

	span_split(&s, c, &first);
	if (ret_rest)
		*ret_rest = s;
	return first;
}

/* Replaces *out by the words with one blank between two of them. As buf_add. */
static inline int words_join(struct span rest, struct buf *out)
{
	struct span w;
	int r = 0;

	buf_reset(out);
	while (!r && (w = word_next(&rest)).n) {
		if (out->len)
			r = buf_putc(out, ' ');
		if (!r)
			r = buf_add(out, w.p, w.n);
	}
	return r;
}

#endif
