/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/match.h"

#include "common/buf.h"
#include "common/text.h"

#include <string.h>

/* Bytes of a regular expression. */
#define REGEX_MAX 4096

/* ---- Wildcards ---- */

/* Takes a character off the front; a byte that is not UTF-8 counts as one. */
static uint32_t take_char(struct span *s)
{
	uint32_t c;
	size_t n = utf8_decode(s->p, s->n, &c);

	if (!n) {
		c = 0x110000 + (unsigned char)*s->p;
		n = 1;
	}
	s->p += n;
	s->n -= n;
	return c;
}

/* The inside of "[…]" at the front of `glob`, which may begin with "]" or "!]". */
static bool take_set(struct span *glob, struct span *ret)
{
	size_t i = 1;
	const char *close;

	i += i < glob->n && glob->p[i] == '!';
	i += i < glob->n && glob->p[i] == ']';
	close = i < glob->n ? memchr(glob->p + i, ']', glob->n - i) : NULL;
	if (!close)
		return false;
	*ret = (struct span){glob->p + 1, (size_t)(close - glob->p - 1)};
	glob->n -= ret->n + 2;
	glob->p = close + 1;
	return true;
}

static bool in_set(struct span set, uint32_t c)
{
	bool not = set.n && set.p[0] == '!', in = false;

	set.p += not ;
	set.n -= not ;
	while (set.n && !in) {
		uint32_t first = take_char(&set), last = first;

		if (set.n > 1 && set.p[0] == '-') {
			set.p++;
			set.n--;
			last = take_char(&set);
		}
		in = c >= first && c <= last;
	}
	return in != not ;
}

/* Takes what one character of a name needs off the glob, and the character; false: they differ. */
static bool match_one(struct span *glob, struct span *name)
{
	struct span set;
	uint32_t c;

	if (!name->n || !glob->n)
		return false;
	c = take_char(name);
	if (glob->p[0] == '[' && take_set(glob, &set))
		return in_set(set, c);
	return take_char(glob) == c || glob->p[-1] == '?';
}

bool glob_match(struct span glob, struct span name)
{
	struct span after_star = {NULL, 0}, from = name;

	while (name.n || glob.n) {
		if (glob.n && glob.p[0] == '*') {
			glob.p++;
			glob.n--;
			after_star = glob;
			from = name;
			continue;
		}
		if (match_one(&glob, &name))
			continue;
		/* The last star takes one character more; earlier ones need not be tried again. */
		if (!after_star.p || !from.n)
			return false;
		take_char(&from);
		glob = after_star;
		name = from;
	}
	return true;
}

/* ---- Regular expressions ---- */

struct translation {
	struct span rest;
	struct buf out;
	const char *why; /* what cannot be said */
};

static int unsupported(struct translation *t, const char *why)
{
	t->why = why;
	return -EINVAL;
}

/* A backslash in brackets: *dash asks for a hyphen, which must stand at the end there. */
static int set_escape(struct translation *t, char c, bool *dash)
{
	switch (c) {
	case 'd':
		return buf_puts(&t->out, "0-9");
	case 'w':
		return buf_puts(&t->out, "[:alnum:]_");
	case 's':
		return buf_puts(&t->out, "[:space:]");
	case '-':
		*dash = true;
		return 0;
	case ']':
		return unsupported(t, "`\\]` in brackets");
	default:
		return buf_putc(&t->out, c);
	}
}

static char take_byte(struct translation *t)
{
	t->rest.n--;
	return *t->rest.p++;
}

/* The rest of a set in brackets. */
static int translate_set(struct translation *t)
{
	bool dash = false;
	size_t start;
	int r = buf_putc(&t->out, '[');

	if (r == 0 && t->rest.n && *t->rest.p == '^')
		r = buf_putc(&t->out, take_byte(t));
	start = t->out.len;
	while (r == 0 && t->rest.n) {
		char c = take_byte(t);

		if (c == ']' && t->out.len > start) {
			if (dash)
				r = buf_putc(&t->out, '-');
			return r < 0 ? r : buf_putc(&t->out, ']');
		}
		if (c == '\\' && t->rest.n)
			r = set_escape(t, take_byte(t), &dash);
		else
			r = buf_putc(&t->out, c);
	}
	return r < 0 ? r : unsupported(t, "brackets that are not closed");
}

static int translate_escape(struct translation *t)
{
	char c;

	if (!t->rest.n)
		return unsupported(t, "a backslash at its end");
	c = take_byte(t);
	if (c == 'd')
		return buf_puts(&t->out, "[0-9]");
	if (c == 'D')
		return buf_puts(&t->out, "[^0-9]");
	if (c >= '0' && c <= '9')
		return unsupported(t, "back-references");
	return buf_add(&t->out, (char[]){'\\', c}, 2);
}

static int translate_group(struct translation *t)
{
	if (t->rest.n && *t->rest.p == '?') {
		if (t->rest.n < 2 || t->rest.p[1] != ':')
			return unsupported(t, "(?…) other than (?:…)");
		t->rest.p += 2;
		t->rest.n -= 2;
	}
	return buf_putc(&t->out, '(');
}

static int translate_one(struct translation *t)
{
	char c = take_byte(t);

	if (c == '\\')
		return translate_escape(t);
	if (c == '[')
		return translate_set(t);
	if (c == '(')
		return translate_group(t);
	/* How little a repetition takes does not change whether something matches. */
	if (strchr("*+?}", c) && t->rest.n && *t->rest.p == '?')
		take_byte(t);
	return buf_putc(&t->out, c);
}

int regex_compile(regex_t *ret, struct span text, struct err *err)
{
	int flags = REG_EXTENDED | REG_NOSUB | (span_skip(&text, "(?i)") ? REG_ICASE : 0);
	struct translation t = {.rest = text};
	char why[128];
	int r, code;

	buf_init(&t.out, REGEX_MAX);
	r = buf_puts(&t.out, "^(");
	while (r == 0 && t.rest.n)
		r = translate_one(&t);
	if (r == 0)
		r = buf_putc(&t.out, ')');
	if (r == -EINVAL)
		r = err_set(err, EINVAL, "the regular expression has %s", t.why);
	else if (r == -EMSGSIZE)
		r = err_set(err, EINVAL, "a regular expression of more than %d bytes", REGEX_MAX);
	else if (r < 0)
		r = err_set(err, ENOMEM, "out of memory");
	if (r == 0) {
		code = regcomp(ret, t.out.p, flags);
		if (code) {
			regerror(code, ret, why, sizeof(why));
			r = err_set(err, EINVAL, "the regular expression is wrong: %s", why);
		}
	}
	buf_done(&t.out);
	return r;
}
