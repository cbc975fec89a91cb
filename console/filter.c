/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/filter.h"

#include "common/str.h"
#include "console/collate.h"
#include "console/fleet/match.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

/* Numbers whose result is remembered per term; a power of two. */
#define NUMBERS 4096
/* Of a term that is looked for in numbers without formatting them. */
#define DIGITS_MAX 18

enum op { HAS, MATCHES, EQUALS, LESS, LESS_EQUAL, MORE, MORE_EQUAL };

enum memo { UNKNOWN, NO, YES };

struct term {
	enum op op;
	bool negated;
	bool regex_ready;
	char *column; /* NULL: any */
	char *value;  /* lower case but for a regex */
	bool numeric; /* the value is a number, that one: */
	double number;
	bool no_number;		/* HAS: something no number has in it */
	uint64_t digits, power; /* HAS of digits alone: them, and ten to their count; else 0 */
	regex_t regex;

	size_t at;	/* the column, once it is known */
	bool found;	/* it is */
	uint8_t *texts; /* enum memo, per text */
	size_t n_texts;
	uint8_t *hosts; /* likewise, per host */
	struct {
		int64_t i;
		uint8_t memo;
	} numbers[NUMBERS];
	/* Likewise, of the names that numbers have: enum humane_kind. */
	struct {
		int64_t i;
		host_id host;
		uint8_t kind, memo;
	} names[NUMBERS];
};

struct filter {
	const struct results *r;
	const struct host_config *hosts;
	size_t n_hosts;
	struct humane_who who;
	struct term *terms[FILTER_TERMS_MAX];
	size_t n;
	uint8_t kinds[RESULTS_COLUMNS_MAX]; /* enum humane_kind, per column */
	size_t n_kinds;
	uint16_t named[RESULTS_COLUMNS_MAX]; /* the columns whose numbers may have names */
	size_t n_named;
};

/* ---- Reading the text ---- */

static void free_term(struct term *t)
{
	if (!t)
		return;
	if (t->regex_ready)
		regfree(&t->regex);
	free(t->column);
	free(t->value);
	free(t->texts);
	free(t->hosts);
	free(t);
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n; i++)
		free_term(f->terms[i]);
	free(f);
}

/* The next term without its quotes into `ret` (as long as the rest); false at the end. */
static bool next_word(const char **rest, char *ret)
{
	const char *p = *rest;
	bool quoted = false;

	while (*p == ' ' || *p == '\t')
		p++;
	if (!*p)
		return false;
	for (; *p && (quoted || (*p != ' ' && *p != '\t')); p++) {
		if (*p == '"')
			quoted = !quoted;
		else
			*ret++ = *p;
	}
	*ret = '\0';
	*rest = p;
	return true;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == ':' || c == '.';
}

/* The operator behind a column's name: its length, 0 for none. */
static size_t read_op(const char *p, enum op *ret, bool *ret_not)
{
	static const struct {
		const char *text;
		enum op op;
		bool negated;
	} ops[] = {{"!=", EQUALS, true}, {">=", MORE_EQUAL, false}, {"<=", LESS_EQUAL, false},
		{"!~", MATCHES, true}, {"=", EQUALS, false}, {"~", MATCHES, false},
		{">", MORE, false}, {"<", LESS, false}};

	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (str_starts(p, ops[i].text)) {
			*ret = ops[i].op;
			*ret_not = ops[i].negated;
			return strlen(ops[i].text);
		}
	return 0;
}

/* Most cells are numbers, and formatting one costs more than all the rest. */
static void look_at_digits(struct term *t)
{
	size_t n = strlen(t->value), digits = strspn(t->value, "0123456789");

	if (t->op != HAS)
		return;
	t->no_number = strspn(t->value, "0123456789.+-einfa") < n;
	if (digits < n || n == 0 || n > DIGITS_MAX)
		return;
	t->power = 1;
	for (size_t i = 0; i < n; i++) {
		t->power *= 10;
		t->digits = t->digits * 10 + (uint64_t)(t->value[i] - '0');
	}
}

static int set_value(struct term *t, const char *value, struct err *err)
{
	char why[256];
	int r;

	t->value = strdup(value);
	if (!t->value)
		return err_sys(err, ENOMEM, "filter");
	t->numeric = parse_real(value, -HUGE_VAL, HUGE_VAL, &t->number) == 0;
	if (t->op == MATCHES) {
		r = regcomp(&t->regex, value, REG_EXTENDED | REG_ICASE | REG_NOSUB);
		t->regex_ready = r == 0;
		if (r == 0)
			return 0;
		regerror(r, &t->regex, why, sizeof(why));
		return err_set(err, EINVAL, "`%s`: %s", value, why);
	}
	for (char *p = t->value; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	look_at_digits(t);
	return 0;
}

static int read_term(struct term *t, const char *word, struct err *err)
{
	size_t n = 0, len = 0;
	bool negated = false;

	while (*word == '!' && word[1]) {
		t->negated = !t->negated;
		word++;
	}
	if (*word == '~') {
		t->op = MATCHES;
		return set_value(t, word + 1, err);
	}
	while (is_name(word[n]))
		n++;
	if (n > 0)
		len = read_op(word + n, &t->op, &negated);
	if (len == 0)
		return set_value(t, word, err);
	t->negated ^= negated;
	t->column = strndup(word, n);
	if (!t->column)
		return err_sys(err, ENOMEM, "filter");
	return set_value(t, word + n + len, err);
}

static int read_terms(struct filter *f, const char *text, size_t *ret_at, struct err *err)
{
	char word[FILTER_TEXT_MAX];
	const char *rest = text;
	int r = 0;

	if (strlen(text) >= sizeof(word))
		return err_set(
			err, EMSGSIZE, "the filter is longer than %d bytes", FILTER_TEXT_MAX - 1);
	while (r == 0) {
		*ret_at = (size_t)(rest - text);
		if (!next_word(&rest, word))
			return 0;
		if (f->n == FILTER_TERMS_MAX)
			return err_set(err, E2BIG, "more than %d terms", FILTER_TERMS_MAX);
		f->terms[f->n] = calloc(1, sizeof(struct term));
		if (!f->terms[f->n])
			return err_sys(err, ENOMEM, "filter");
		r = read_term(f->terms[f->n++], word, err);
	}
	return r;
}

struct filter *filter_new(const char *text, const struct results *r,
	const struct host_config *hosts, size_t n_hosts, const struct humane_who *who,
	size_t *ret_at, struct err *err)
{
	struct filter *f = calloc(1, sizeof(*f));
	size_t at = 0;

	if (!f) {
		err_sys(err, ENOMEM, "filter");
		return NULL;
	}
	f->r = r;
	f->hosts = hosts;
	f->n_hosts = n_hosts;
	if (who)
		f->who = *who;
	if (read_terms(f, text, ret_at ? ret_at : &at, err) == 0)
		return f;
	filter_free(f);
	return NULL;
}

/* ---- One text ---- */

static bool has(struct span s, const char *lower)
{
	size_t n = strlen(lower);

	if (n == 0)
		return true;
	for (size_t i = 0; i + n <= s.n; i++) {
		size_t j = 0;

		while (j < n && tolower((unsigned char)s.p[i + j]) == lower[j])
			j++;
		if (j == n)
			return true;
	}
	return false;
}

static bool matches(const struct term *t, struct span s)
{
	regmatch_t part = {
		.rm_so = 0, .rm_eo = (regoff_t)(s.n < FILTER_REGEX_MAX ? s.n : FILTER_REGEX_MAX)};

	/* Without a text of its own regexec would read from NULL. */
	return regexec(&t->regex, s.p ? s.p : "", 1, &part, REG_STARTEND) == 0;
}

static bool equals(const struct term *t, struct span s)
{
	char small[256], *lower = s.n <= sizeof(small) ? small : malloc(s.n);
	bool same;

	if (!lower)
		return false;
	for (size_t i = 0; i < s.n; i++)
		lower[i] = (char)tolower((unsigned char)s.p[i]);
	same = glob_match(span_str(t->value), (struct span){lower, s.n});
	if (lower != small)
		free(lower);
	return same;
}

static bool by_order(enum op op, int order)
{
	switch (op) {
	case LESS:
		return order < 0;
	case LESS_EQUAL:
		return order <= 0;
	case MORE:
		return order > 0;
	default:
		return order >= 0;
	}
}

static bool test_text(const struct term *t, struct span s)
{
	char number[64];
	double v;

	if (t->op == HAS)
		return has(s, t->value);
	if (t->op == MATCHES)
		return matches(t, s);
	if (t->op == EQUALS)
		return equals(t, s);
	if (t->numeric && s.n < sizeof(number)) {
		snprintf(number, sizeof(number), "%.*s", (int)s.n, s.p);
		if (parse_real(number, -HUGE_VAL, HUGE_VAL, &v) == 0)
			return by_order(t->op, (v > t->number) - (v < t->number));
	}
	return by_order(t->op, collate(s, span_str(t->value)));
}

static bool test_number(const struct term *t, const struct cell *c)
{
	double v = c->type == CELL_INT ? (double)c->i : c->r;
	char text[CELL_NUMBER_MAX];
	size_t n;

	if (t->op > EQUALS && t->numeric)
		return by_order(t->op, (v > t->number) - (v < t->number));
	n = c->type == CELL_INT ? cell_int_text(c->i, text) : cell_real_text(c->r, text);
	return test_text(t, (struct span){text, n});
}

/* ---- One cell, remembered ---- */

/* Are these digits somewhere in the number's? */
static bool has_digits(const struct term *t, int64_t i)
{
	uint64_t v = i < 0 ? -(uint64_t)i : (uint64_t)i;

	for (; v >= t->power / 10; v /= 10) {
		if (v % t->power == t->digits)
			return true;
		if (v == 0)
			break;
	}
	return false;
}

static bool test_int(struct term *t, int64_t i)
{
	const struct cell c = {.type = CELL_INT, .i = i};
	size_t at = (size_t)((uint64_t)i * UINT64_C(0x9e3779b97f4a7c15) >> 52) & (NUMBERS - 1);

	if (t->no_number)
		return false;
	if (t->power)
		return has_digits(t, i);
	if (t->numbers[at].memo == UNKNOWN || t->numbers[at].i != i) {
		t->numbers[at].i = i;
		t->numbers[at].memo = test_number(t, &c) ? YES : NO;
	}
	return t->numbers[at].memo == YES;
}

/* Room for what is known of texts; without memory they are looked at each time. */
static void grow_texts(struct term *t, size_t n)
{
	uint8_t *more = realloc(t->texts, n);

	if (!more)
		return;
	memset(more + t->n_texts, UNKNOWN, n - t->n_texts);
	t->texts = more;
	t->n_texts = n;
}

static bool test_packed(const struct filter *f, struct term *t, packed v)
{
	text_id id = packed_text(v);
	struct cell c;
	bool yes;

	switch (packed_kind(v)) {
	case PACKED_NULL:
		return t->op == EQUALS && !*t->value;
	case PACKED_INT:
		return test_int(t, packed_int(v));
	case PACKED_LONG:
	case PACKED_REAL:
		c = results_unpack(f->r, v);
		return test_number(t, &c);
	default:
		break;
	}
	if (id >= t->n_texts)
		grow_texts(t, results_texts(f->r));
	if (id < t->n_texts && t->texts[id] != UNKNOWN)
		return t->texts[id] == YES;
	yes = test_text(t, results_text(f->r, id));
	if (id < t->n_texts)
		t->texts[id] = yes ? YES : NO;
	return yes;
}

/* Columns come with the hosts' answers. */
static void look_at_columns(struct filter *f, size_t n)
{
	for (size_t i = f->n_kinds; i < n; i++) {
		f->kinds[i] = (uint8_t)humane_kind(results_column_name(f->r, i));
		if (f->kinds[i] >= HUMANE_PORT)
			f->named[f->n_named++] = (uint16_t)i;
	}
	f->n_kinds = n;
}

static bool find_name(struct filter *f, const struct term *t, enum humane_kind kind, host_id host,
	const struct cell *c)
{
	const char *name;

	f->who.host = host;
	name = humane_name(kind, c, f->who.name ? &f->who : NULL);
	return name && test_text(t, span_str(name));
}

/* The same number at the same host is looked at once. */
static bool find_int(
	struct filter *f, struct term *t, enum humane_kind kind, host_id host, const struct cell *c)
{
	uint64_t key = (uint64_t)c->i ^ (uint64_t)host << 32 ^ (uint64_t)kind << 16;
	size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 52) & (NUMBERS - 1);

	if (t->names[at].memo == UNKNOWN || t->names[at].i != c->i || t->names[at].host != host ||
		t->names[at].kind != kind) {
		t->names[at].i = c->i;
		t->names[at].host = host;
		t->names[at].kind = (uint8_t)kind;
		t->names[at].memo = find_name(f, t, kind, host, c) ? YES : NO;
	}
	return t->names[at].memo == YES;
}

/* Of what is shown as a number and a name, the name. */
static bool test_name(struct filter *f, struct term *t, row_id row, size_t column)
{
	packed v = results_cell(f->r, row, column);
	enum humane_kind kind = f->kinds[column];
	host_id host = results_host(f->r, row);
	struct cell c;

	if (kind < HUMANE_PORT || t->op > EQUALS || v == PACKED_NULL)
		return false;
	c = results_unpack(f->r, v);
	return c.type == CELL_INT ? find_int(f, t, kind, host, &c)
				  : find_name(f, t, kind, host, &c);
}

static bool test_host(const struct filter *f, struct term *t, host_id host)
{
	const char *name = host < f->n_hosts ? f->hosts[host].name : "";

	if (!t->hosts)
		t->hosts = calloc(f->n_hosts + 1, 1);
	if (!t->hosts || host >= f->n_hosts)
		return test_text(t, span_str(name));
	if (t->hosts[host] == UNKNOWN)
		t->hosts[host] = test_text(t, span_str(name)) ? YES : NO;
	return t->hosts[host] == YES;
}

/* ---- One row ---- */

static bool test_any(struct filter *f, struct term *t, row_id row)
{
	size_t n = results_columns_n(f->r);

	if (test_host(f, t, results_host(f->r, row)))
		return true;
	for (size_t i = 0; i < n; i++) {
		packed v = results_cell(f->r, row, i);

		if (v != PACKED_NULL && test_packed(f, t, v))
			return true;
	}
	if (f->n_kinds < n)
		look_at_columns(f, n);
	for (size_t i = 0; i < f->n_named; i++)
		if (test_name(f, t, row, f->named[i]))
			return true;
	return false;
}

static bool find_column(const struct filter *f, struct term *t)
{
	size_t n = results_columns_n(f->r);

	for (; !t->found && t->at < n; t->at += !t->found)
		t->found = strcasecmp(results_column_name(f->r, t->at), t->column) == 0;
	return t->found;
}

static bool test_column(struct filter *f, struct term *t, row_id row)
{
	if (find_column(f, t)) {
		if (f->n_kinds <= t->at)
			look_at_columns(f, t->at + 1);
		return test_packed(f, t, results_cell(f->r, row, t->at)) ||
		       test_name(f, t, row, t->at);
	}
	return strcasecmp(t->column, "host") == 0 && test_host(f, t, results_host(f->r, row));
}

bool filter_wants(struct filter *f, row_id row)
{
	for (size_t i = 0; i < f->n; i++) {
		struct term *t = f->terms[i];

		if ((t->column ? test_column(f, t, row) : test_any(f, t, row)) == t->negated)
			return false;
	}
	return true;
}
