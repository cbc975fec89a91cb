/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/json.h"

#include "common/base64.h"
#include "common/json_scan.h"
#include "common/text.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* ---- Reading ---- */

/*
 * The place where more than `max` brackets are open, or NULL. On text that is not JSON it may see
 * too many, never too few as far as a parser gets.
 */
static const char *too_deep(const char *p, size_t n, size_t max)
{
	const char *end = p + n;
	size_t depth = 0;

	while (p < end) {
		char c = *p++;

		if (c == '"')
			p = json_string_end(p, end);
		else if ((c == '{' || c == '[') && ++depth > max)
			return p - 1;
		else if ((c == '}' || c == ']') && depth)
			depth--;
	}
	return NULL;
}

/* Our own words: jansson's quote the text. */
static const char *why_not(enum json_error_code code)
{
	switch (code) {
	case json_error_invalid_utf8:
		return "bytes that are not UTF-8";
	case json_error_premature_end_of_input:
		return "it ends too early";
	case json_error_end_of_input_expected:
		return "something follows its end";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "a NUL in a member's name";
	case json_error_duplicate_key:
		return "a member stands twice";
	case json_error_numeric_overflow:
		return "a number is out of range";
	default:
		return "wrong syntax";
	}
}

/* A text to be read; `file` NULL: mistakes are told by their byte, not by file and line. */
struct text {
	const char *file, *p;
	size_t n;
};

/* Returns NULL. */
static json_t *wrong(const struct text *t, int code, const char *why, size_t at, struct err *err)
{
	size_t line = 1;

	for (size_t i = 0; i < at && i < t->n; i++)
		line += t->p[i] == '\n';
	if (t->file)
		err_set(err, code, "%s:%zu: %s", t->file, line, why);
	else
		err_set(err, code, "%s, near byte %zu", why, at);
	return NULL;
}

static json_t *load(const struct text *t, size_t max_depth, size_t flags, struct err *err)
{
	const char *deep = too_deep(t->p, t->n, max_depth);
	const char *nul = t->n ? memchr(t->p, '\0', t->n) : NULL;
	char why[ERR_TEXT_MAX];
	enum json_error_code code;
	json_error_t e;
	json_t *tree;

	snprintf(why, sizeof(why), "nested deeper than %zu", max_depth);
	if (deep)
		return wrong(t, EMLINK, why, (size_t)(deep - t->p), err);
	/* jansson drops one that stands behind a number. */
	if (nul)
		return wrong(t, EBADMSG, "not JSON: a NUL", (size_t)(nul - t->p), err);
	memset(&e, 0, sizeof(e));
	tree = json_loadb(t->p, t->n, flags | JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);
	if (tree)
		return tree;
	code = json_error_code(&e);
	/* jansson does not always say that memory was what it lacked. */
	if (code == json_error_unknown || code == json_error_out_of_memory) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	snprintf(why, sizeof(why), "not JSON: %s", why_not(code));
	return wrong(t, code == json_error_duplicate_key ? EEXIST : EBADMSG, why,
		(size_t)e.position, err);
}

json_t *json_read_object(const char *p, size_t n, struct err *err)
{
	const struct text text = {NULL, p, n};
	json_t *tree = load(&text, JSON_DEPTH_MAX, JSON_REJECT_DUPLICATES, err);

	if (!tree && err && err->code == EEXIST)
		err->code = EBADMSG;
	if (!tree || json_is_object(tree))
		return tree;
	json_decref(tree);
	err_set(err, EPROTO, "not a JSON object");
	return NULL;
}

json_t *json_read_any(const char *p, size_t n, size_t max_depth, struct err *err)
{
	const struct text text = {NULL, p, n};

	return load(&text, max_depth, 0, err);
}

json_t *json_read_lines(
	const char *file, const char *p, size_t n, size_t max_depth, bool twice_ok, struct err *err)
{
	const struct text text = {file, p, n};

	return load(&text, max_depth, twice_ok ? 0 : JSON_REJECT_DUPLICATES, err);
}

/* ---- Bytes in a tree ---- */

static json_t *base64_new(const char *p, size_t n)
{
	json_t *v = NULL;
	struct buf b;

	buf_init(&b, 2 * n + 8);
	if (base64_encode(&b, p, n) == 0)
		v = json_pack("{s:s}", "b64", buf_str(&b));
	buf_done(&b);
	return v;
}

json_t *json_bytes_new(const char *p, size_t n)
{
	return utf8_valid(p, n) ? json_stringn_nocheck(p, n) : base64_new(p, n);
}

int json_bytes_add(struct buf *b, const json_t *v)
{
	const json_t *b64 = json_object_size(v) == 1 ? json_object_get(v, "b64") : NULL;

	if (json_is_string(v))
		return buf_add(b, json_string_value(v), json_string_length(v));
	if (json_is_string(b64))
		return base64_decode_add(b, json_string_value(b64), json_string_length(b64));
	return -EINVAL;
}

/* ---- Writing ---- */

/* Adds `p` between the two texts, or nothing at all. */
static int put_between(
	struct buf *b, const char *before, const char *p, size_t n, const char *after)
{
	size_t n_before = strlen(before), n_after = strlen(after);
	char *to;
	int r = n > b->max ? -EMSGSIZE : buf_room(b, n_before + n + n_after);

	if (r < 0)
		return r;
	to = b->p + b->len;
	memcpy(to, before, n_before);
	if (n)
		memcpy(to + n_before, p, n);
	memcpy(to + n_before + n, after, n_after);
	buf_added(b, n_before + n + n_after);
	return 0;
}

static int put_control(struct buf *b, char c)
{
	static const char hex[] = "0123456789abcdef", from[] = "\"\\\n\t\r\b\f", to[] = "\"\\ntrbf";
	char text[6] = "\\u00";
	const char *at = c ? strchr(from, c) : NULL;

	if (at) {
		text[1] = to[at - from];
		return buf_add(b, text, 2);
	}
	text[4] = hex[(unsigned char)c >> 4];
	text[5] = hex[c & 15];
	return buf_add(b, text, 6);
}

/* The end of the run of well-formed characters beyond ASCII that begins at `p`. */
static const char *wide_run(const char *p, const char *end)
{
	uint32_t cp;
	size_t len;

	while (p < end && (signed char)*p < 0 && (len = utf8_decode(p, (size_t)(end - p), &cp)))
		p += len;
	return p;
}

static int put_escaped(struct buf *b, const char *p, const char *end)
{
	int r = 0;

	while (p < end && r == 0) {
		const char *run = json_scan_plain(p, end);

		run = wide_run(run, end);
		if (run > p) {
			r = buf_add(b, p, (size_t)(run - p));
			p = run;
		} else if ((signed char)*p < 0) {
			r = buf_puts(b, REPLACEMENT);
			p++;
		} else {
			r = put_control(b, *p++);
		}
	}
	return r;
}

/* A string in which something needs a second look. */
static int put_odd_string(struct buf *b, const char *p, size_t n)
{
	size_t start = b->len;
	int r = buf_putc(b, '"');

	if (r == 0)
		r = put_escaped(b, p, p + n);
	if (r == 0)
		r = buf_putc(b, '"');
	if (r < 0)
		buf_cut(b, start);
	return r;
}

static bool all_plain(const char *p, size_t n)
{
	return n == 0 || json_scan_plain(p, p + n) == p + n;
}

int json_put_string(struct buf *b, const char *p, size_t n)
{
	if (all_plain(p, n))
		return put_between(b, "\"", p, n, "\"");
	return put_odd_string(b, p, n);
}

int json_put_str(struct buf *b, const char *s)
{
	return json_put_string(b, s, strlen(s));
}

static int put_base64(struct buf *b, const char *p, size_t n)
{
	size_t start = b->len;
	int r = buf_puts(b, "{\"b64\":\"");

	if (r == 0)
		r = base64_encode(b, p, n);
	if (r == 0)
		r = buf_puts(b, "\"}");
	if (r < 0)
		buf_cut(b, start);
	return r;
}

int json_put_bytes(struct buf *b, const char *p, size_t n)
{
	if (all_plain(p, n))
		return put_between(b, "\"", p, n, "\"");
	return utf8_valid(p, n) ? put_odd_string(b, p, n) : put_base64(b, p, n);
}

int json_put_int(struct buf *b, int64_t i)
{
	char text[CELL_NUMBER_MAX];

	int r = buf_room(b, CELL_NUMBER_MAX);

	/* Where the longest fits it need not be copied. */
	if (r == 0)
		buf_added(b, cell_int_text(i, b->p + b->len));
	return r == -EMSGSIZE ? buf_add(b, text, cell_int_text(i, text)) : r;
}

int json_put_real(struct buf *b, double r)
{
	char text[CELL_NUMBER_MAX];
	size_t n;

	if (isnan(r))
		return buf_puts(b, "null");
	n = cell_real_text(r, text);
	return isinf(r) ? put_between(b, "\"", text, n, "\"") : buf_add(b, text, n);
}

int json_put_cell(struct buf *b, const struct cell *c)
{
	switch (c->type) {
	case CELL_NULL:
		break;
	case CELL_INT:
		return json_put_int(b, c->i);
	case CELL_REAL:
		return json_put_real(b, c->r);
	case CELL_TEXT:
		return json_put_bytes(b, c->p, c->n);
	case CELL_BLOB:
		return put_base64(b, c->p, c->n);
	case CELL_JSON:
		return buf_add(b, c->p, c->n);
	}
	return buf_puts(b, "null");
}

/* Appends the number at `p`, as cell_real_text has it where that is shorter. */
static char *shorten_number(char *to, const char *p, size_t n)
{
	char text[CELL_NUMBER_MAX];
	/* Not strtod: that follows the locale. */
	json_t *v = strcspn(p, ".eE") < n ? json_loadb(p, n, JSON_DECODE_ANY, NULL) : NULL;
	size_t len = json_is_real(v) ? cell_real_text(json_real_value(v), text) : n;

	json_decref(v);
	if (len < n)
		memcpy(to, text, len);
	else
		memmove(to, p, n);
	return to + (len < n ? len : n);
}

/* The string at `p` with its quotes. Short of memory, jansson may have left the second one out. */
static size_t string_length(const char *p)
{
	size_t n = 1;

	for (; p[n] && p[n] != '"'; n++)
		if (p[n] == '\\' && p[n + 1])
			n++;
	return n + (p[n] == '"');
}

char *json_print(const json_t *v, size_t flags)
{
	char *text = json_dumps(v, flags), *to = text;

	if (!text)
		return NULL;
	for (const char *p = text; *p;) {
		size_t n;

		if (*p == '-' || (*p >= '0' && *p <= '9')) {
			n = strspn(p, "-+.0123456789eE");
			to = shorten_number(to, p, n);
		} else {
			n = *p == '"' ? string_length(p) : 1;
			memmove(to, p, n);
			to += n;
		}
		p += n;
	}
	*to = '\0';
	return text;
}
