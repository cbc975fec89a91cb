/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/hostname.h"

#include "common/buf.h"

#include <stdint.h>
#include <string.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Part of a word in any script. */
static bool is_word(char c)
{
	return is_letter(c) || is_digit(c) || c == '_' || (unsigned char)c >= 0x80;
}

static size_t run(const char *p, const char *end, bool (*is)(char))
{
	size_t n = 0;

	while (p + n < end && is(p[n]))
		n++;
	return n;
}

/* ---- What is a host ---- */

/* Length of "[FIRST:LAST]" or "[FIRST:LAST:STEP]" at `p`, 0 when it is none. */
static size_t range_len(const char *p, const char *end, bool (*is)(char), size_t max)
{
	const char *from = p;

	if (p == end || *p++ != '[')
		return 0;
	for (int i = 0; i < 3; i++) {
		size_t n = run(p, end, i < 2 ? is : is_digit);

		if (n == 0 || (i < 2 && n > max))
			return 0;
		p += n;
		if (p == end)
			return 0;
		if (*p == ']' && i > 0)
			return (size_t)(p + 1 - from);
		if (*p++ != ':')
			return 0;
	}
	return 0;
}

static size_t name_range_len(const char *p, const char *end)
{
	size_t n = range_len(p, end, is_digit, SIZE_MAX);

	return n ? n : range_len(p, end, is_letter, 1);
}

/* Labels joined by dots; each begins with a letter, digit, _ or range and does not end with _ or -.
 */
static bool is_hostname(struct span s)
{
	const char *p = s.p, *end = s.p + s.n;

	for (;;) {
		const char *from = p;

		while (p < end && *p != '.') {
			size_t n = *p == '[' ? name_range_len(p, end) : is_word(*p) || *p == '-';

			if (n == 0)
				return false;
			p += n;
		}
		if (p == from || *from == '-' || p[-1] == '-' || p[-1] == '_')
			return false;
		if (p == end)
			return true;
		p++;
	}
}

/* One of IPv6's eight parts. */
static size_t part_len(const char *p, const char *end)
{
	size_t n = run(p, end, is_hex);

	if (n)
		return n <= 4 ? n : 0;
	return range_len(p, end, is_hex, SIZE_MAX);
}

/*
 * Takes for an address whatever begins as one does, zones and all, as Ansible does: "::", up to six
 * parts and "::", or eight parts.
 */
static bool is_ipv6(struct span s)
{
	const char *p = s.p, *end = s.p + s.n;

	if (s.n >= 2 && p[0] == ':' && p[1] == ':')
		return true;
	for (int i = 0; i < 8; i++) {
		size_t n = part_len(p, end);

		if (n == 0)
			return false;
		p += n;
		if (i == 7)
			return true;
		if (p == end || *p++ != ':')
			return false;
		if (i < 6 && p < end && *p == ':')
			return true;
	}
	return false;
}

static bool take_port(struct span *s, size_t colon, struct span *port)
{
	struct span digits = {s->p + colon + 1, s->n - colon - 1};

	if (digits.n == 0 || run(digits.p, digits.p + digits.n, is_digit) != digits.n)
		return false;
	*port = digits;
	s->n = colon;
	return true;
}

/* "[HOST]:PORT" */
static void strip_bracketed(struct span *s, struct span *port)
{
	const char *colon = s->n ? memrchr(s->p, ':', s->n) : NULL;
	size_t at = colon ? (size_t)(colon - s->p) : 0;

	if (at < 3 || s->p[0] != '[' || s->p[at - 1] != ']' || !take_port(s, at, port))
		return;
	s->p++;
	s->n -= 2;
}

/* "HOST:PORT", where the colons of ranges are none. */
static void strip_port(struct span *s, struct span *port)
{
	size_t i = 0;

	while (i < s->n && s->p[i] != ':') {
		const char *close;

		if (s->p[i] == ']')
			return;
		if (s->p[i] == '[') {
			close = memchr(s->p + i, ']', s->n - i);
			if (!close)
				return;
			i = (size_t)(close - s->p);
		}
		i++;
	}
	if (i < s->n)
		take_port(s, i, port);
}

bool hostname_parse(struct span text, struct span *ret_host, struct span *ret_port)
{
	struct span host = text, port = {text.p, 0};

	strip_bracketed(&host, &port);
	strip_port(&host, &port);
	if (!is_hostname(host) && !is_ipv6(host))
		return false;
	*ret_host = host;
	*ret_port = port;
	return true;
}

/* ---- Ranges ---- */

struct part {
	struct span before; /* text up to the range */
	uint64_t first, last, step, now;
	size_t width; /* digits, filled up with zeros */
	bool letters;
};

static int bad(struct err *err, struct span range, const char *why)
{
	return err_set(err, EINVAL, "range [%.*s]: %s", (int)(range.n < 100 ? range.n : 100),
		range.p, why);
}

static bool read_letter(struct span s, uint64_t *ret)
{
	const char *at = s.n == 1 && *s.p ? strchr(letters, *s.p) : NULL;

	if (at)
		*ret = (uint64_t)(at - letters);
	return at;
}

static int read_bounds(
	struct part *p, struct span range, struct span first, struct span last, struct err *err)
{
	/* As in "[:3]". */
	if (first.n == 0)
		first = span_str("0");
	if (last.n == 0)
		return bad(err, range, "has no end");
	p->letters = read_letter(first, &p->first) && read_letter(last, &p->last);
	if (!p->letters && (parse_span(first, 10, UINT32_MAX, &p->first) < 0 ||
				   parse_span(last, 10, UINT32_MAX, &p->last) < 0))
		return bad(
			err, range, "goes neither from number to number nor from letter to letter");
	if (first.n > 1 && first.p[0] == '0') {
		p->width = first.n;
		if (first.n != last.n)
			return bad(err, range, "begin and end are not of the same length");
	}
	return p->first <= p->last ? 0 : bad(err, range, "ends before it begins");
}

static int read_range(struct part *p, struct span range, struct err *err)
{
	struct span rest = range, first, last, step;
	bool more;

	span_split(&rest, ':', &first);
	if (!span_split(&rest, ':', &last))
		return bad(err, range, "is not BEGIN:END or BEGIN:END:STEP");
	more = span_split(&rest, ':', &step);
	p->step = 1;
	if (rest.p)
		return bad(err, range, "is not BEGIN:END or BEGIN:END:STEP");
	if (more && (parse_span(step, 10, UINT32_MAX, &p->step) < 0 || p->step == 0))
		return bad(err, range, "the step is not a positive number");
	return read_bounds(p, range, first, last, err);
}

struct expansion {
	struct part parts[HOSTNAME_RANGES_MAX];
	size_t n;
	struct span after;
};

static int read_parts(struct expansion *x, struct span name, size_t max, struct err *err)
{
	uint64_t names = 1;

	for (x->after = name;;) {
		const char *open = x->after.n ? memchr(x->after.p, '[', x->after.n) : NULL, *close;
		struct part *p = &x->parts[x->n];
		struct span range;
		int r;

		if (!open)
			return 0;
		close = memchr(open, ']', (size_t)(x->after.p + x->after.n - open));
		if (!close)
			return err_set(err, EINVAL, "a range has no `]`");
		if (x->n++ == HOSTNAME_RANGES_MAX)
			return err_set(err, EINVAL, "more than %d ranges in one name",
				HOSTNAME_RANGES_MAX);
		p->before = (struct span){x->after.p, (size_t)(open - x->after.p)};
		range = (struct span){open + 1, (size_t)(close - open - 1)};
		r = read_range(p, range, err);
		if (r < 0)
			return r;
		p->now = p->first;
		/* Below 2^32 each: no overflow. */
		names *= (p->last - p->first) / p->step + 1;
		if (names > max)
			return err_set(
				err, EINVAL, "ranges that stand for more than %zu hosts", max);
		x->after.n -= (size_t)(close + 1 - x->after.p);
		x->after.p = close + 1;
	}
}

static int write_name(const struct expansion *x, struct buf *b)
{
	int r = 0;

	buf_reset(b);
	for (size_t i = 0; i < x->n && r == 0; i++) {
		const struct part *p = &x->parts[i];

		r = buf_add(b, p->before.p, p->before.n);
		if (r == 0 && p->letters)
			r = buf_putc(b, letters[p->now]);
		else if (r == 0)
			r = buf_printf(b, "%0*llu", (int)p->width, (unsigned long long)p->now);
	}
	return r < 0 ? r : buf_add(b, x->after.p, x->after.n);
}

/* The last range turns fastest; false after the last name. */
static bool next_name(struct expansion *x)
{
	for (size_t i = x->n; i-- > 0;) {
		struct part *p = &x->parts[i];

		p->now += p->step;
		if (p->now <= p->last)
			return true;
		p->now = p->first;
	}
	return false;
}

int hostname_expand(struct span name, size_t max, int (*each)(void *arg, struct span name),
	void *arg, struct err *err)
{
	struct expansion x = {.n = 0};
	struct buf b;
	int r;

	if (name.n > HOSTNAME_LEN_MAX)
		return err_set(err, EINVAL, "a name longer than %d bytes", HOSTNAME_LEN_MAX);
	r = read_parts(&x, name, max, err);
	if (r < 0)
		return r;
	buf_init(&b, HOSTNAME_LEN_MAX);
	do {
		r = write_name(&x, &b);
		if (r == -EMSGSIZE)
			r = err_set(err, EINVAL, "a name longer than %d bytes", HOSTNAME_LEN_MAX);
		else if (r < 0)
			r = err_set(err, -r, "out of memory");
		else
			r = each(arg, (struct span){buf_str(&b), b.len});
	} while (r >= 0 && next_name(&x));
	buf_done(&b);
	return r < 0 ? r : 0;
}
