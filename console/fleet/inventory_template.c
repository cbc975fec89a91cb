/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * References within the values of variables: {{ name }}, as far as they need no Python. What is
 * more than that is refused, and only when somebody wants the value.
 *
 *     template   text with "{{ expression }}" in it
 *     expression filtered, or several of them joined by ~ or +
 *     filtered   operand, then any of | default(…) first last
 *     operand    a name, a string, a number, True, False, None, (expression), lookup('env', …);
 *                then any of .name and [expression]
 *
 * Values are references of their own to JSON; NULL is what is not set, which default() takes.
 */
#include "console/fleet/inventory_nodes.h"

#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

/* Templates within templates, and brackets within brackets. */
#define TEMPLATE_DEPTH_MAX 32
/* Expressions for one value, with all that it refers to. */
#define TEMPLATE_STEPS_MAX 1000
/* Bytes of what comes of one. */
#define TEMPLATE_TEXT_MAX (64u << 10)

/* What is being worked out: again for the same host it would never end. */
struct open {
	const json_t *text;
	size_t host;
};

struct rendering {
	const struct inventory *inv;
	size_t host;
	struct open open[TEMPLATE_DEPTH_MAX];
	unsigned n_open, depth, steps;
	struct err *err;   /* why not, without the place */
	char missing[128]; /* the last name that is not set */
};

#define SHOWN_MAX 60
#define SHOWN(s)  (int)((s).n < SHOWN_MAX ? (s).n : SHOWN_MAX), (s).p

static int no_memory(struct rendering *r)
{
	return err_set(r->err, ENOMEM, "out of memory");
}

static int give(struct rendering *r, json_t *value, json_t **ret)
{
	*ret = value;
	return value ? 0 : no_memory(r);
}

static int too_much(struct rendering *r, struct span expression)
{
	return err_set(
		r->err, EINVAL, "has `{{%.*s}}`, which only Ansible works out", SHOWN(expression));
}

bool template_is(const char *text)
{
	return strstr(text, "{{") || strstr(text, "{%") || strstr(text, "{#");
}

/* As Python would print it. */
static int to_text(struct rendering *r, const json_t *value, struct buf *out)
{
	struct value v = {.json = (json_t *)value};
	int e;

	if (!value)
		return err_set(r->err, EINVAL, "refers to `%s`, which is not set", r->missing);
	if (json_is_array(value) || json_is_object(value))
		return err_set(r->err, EINVAL, "has a list or mapping within text");
	e = value_text(&v);
	if (e == 0 && v.text)
		e = buf_puts(out, v.text);
	free(v.own);
	if (e == -EMSGSIZE)
		return err_set(
			r->err, EINVAL, "becomes longer than %u KiB", TEMPLATE_TEXT_MAX >> 10);
	return e < 0 ? no_memory(r) : 0;
}

/* ---- Reading ---- */

/* The expression at hand: what of it is left, and all of it, for messages. */
struct reader {
	struct rendering *r;
	struct span rest, whole;
};

static int read_expression(struct reader *rd, json_t **ret);
static int settle(struct rendering *r, json_t *value, json_t **ret);

static void skip_blanks(struct reader *rd)
{
	while (rd->rest.n && strchr(" \t\r\n", rd->rest.p[0])) {
		rd->rest.p++;
		rd->rest.n--;
	}
}

static bool take(struct reader *rd, const char *token)
{
	skip_blanks(rd);
	return span_skip(&rd->rest, token);
}

static bool in_name(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* A name at the front, which is taken; empty: there is none. */
static struct span take_name(struct reader *rd)
{
	struct span name;

	skip_blanks(rd);
	name = (struct span){rd->rest.p, 0};
	if (rd->rest.n && rd->rest.p[0] >= '0' && rd->rest.p[0] <= '9')
		return name;
	while (name.n < rd->rest.n && in_name(rd->rest.p[name.n]))
		name.n++;
	rd->rest.p += name.n;
	rd->rest.n -= name.n;
	return name;
}

static int read_string(struct reader *rd, json_t **ret)
{
	char quote = rd->rest.p[0];
	const char *from = rd->rest.p + 1, *end = memchr(from, quote, rd->rest.n - 1);
	size_t n = end ? (size_t)(end - from) : 0;

	if (!end || memchr(from, '\\', n))
		return too_much(rd->r, rd->whole);
	rd->rest.p += n + 2;
	rd->rest.n -= n + 2;
	return give(rd->r, json_stringn(from, n), ret);
}

static int read_number(struct reader *rd, json_t **ret)
{
	struct span digits = {rd->rest.p + (rd->rest.p[0] == '-'), 0};
	uint64_t n;

	while (digits.p + digits.n < rd->rest.p + rd->rest.n && in_name(digits.p[digits.n]))
		digits.n++;
	if (parse_span(digits, 10, INT32_MAX, &n) < 0)
		return too_much(rd->r, rd->whole);
	if (digits.p > rd->rest.p)
		n = -n;
	rd->rest.n -= (size_t)(digits.p + digits.n - rd->rest.p);
	rd->rest.p = digits.p + digits.n;
	return give(rd->r, json_integer((json_int_t)n), ret);
}

/* An expression and what closes it. */
static int read_bracketed(struct reader *rd, const char *close, json_t **ret)
{
	int r = read_expression(rd, ret);

	if (r < 0 || take(rd, close))
		return r;
	json_decref(*ret);
	*ret = NULL;
	return too_much(rd->r, rd->whole);
}

/* ".name" or "[expression]". 1: there is neither. */
static int read_key(struct reader *rd, json_t **ret)
{
	struct span name;

	if (take(rd, "["))
		return read_bracketed(rd, "]", ret);
	if (!take(rd, "."))
		return 1;
	name = take_name(rd);
	if (!name.n)
		return too_much(rd->r, rd->whole);
	return give(rd->r, json_stringn(name.p, name.n), ret);
}

/* Likewise where there must be one, and text. */
static int read_text_key(struct reader *rd, json_t **ret)
{
	int e = read_key(rd, ret);

	if (e < 0 || (e == 0 && json_is_string(*ret)))
		return e;
	if (e == 0)
		json_decref(*ret);
	*ret = NULL;
	return too_much(rd->r, rd->whole);
}

/* ---- Names ---- */

static void note_missing(struct rendering *r, struct span name)
{
	name = span_trim(name);
	snprintf(r->missing, sizeof(r->missing), "%.*s", SHOWN(name));
}

/* What every host has without its being set. */
static json_t *own_name(const struct inventory *inv, size_t host, struct span name)
{
	const struct host *h = &inv->hosts[host];
	const char *slash = h->file ? strrchr(h->file, '/') : NULL;

	if (span_eq(name, "inventory_hostname"))
		return json_string(h->name);
	if (span_eq(name, "inventory_hostname_short"))
		return json_stringn(h->name, strcspn(h->name, "."));
	if (span_eq(name, "inventory_file") && h->file)
		return json_string(h->file);
	if (span_eq(name, "inventory_dir") && slash)
		return json_stringn(h->file, slash == h->file ? 1 : (size_t)(slash - h->file));
	return NULL;
}

static int read_var(struct reader *rd, size_t host, struct span name, json_t **ret)
{
	const struct value *v;

	*ret = own_name(rd->r->inv, host, name);
	if (*ret)
		return 0;
	v = inventory_value(rd->r->inv, host, name);
	if (v)
		*ret = json_incref(v->json);
	else
		note_missing(rd->r, name);
	return 0;
}

/* hostvars['name'].variable */
static int read_hostvars(struct reader *rd, json_t **ret)
{
	struct rendering *r = rd->r;
	json_t *of = NULL, *name = NULL, *value = NULL;
	size_t before = r->host;
	uintptr_t known = 0;
	int e = read_text_key(rd, &of);

	if (e == 0)
		known = (uintptr_t)map_get(r->inv->host_map, json_string_value(of));
	if (e == 0 && !known)
		e = err_set(r->err, EINVAL, "refers to the host `%s`, which is not there",
			json_string_value(of));
	if (e == 0)
		e = read_text_key(rd, &name);
	if (e == 0)
		e = read_var(rd, known - 1, span_str(json_string_value(name)), &value);
	/* What it refers to is the other host's. */
	if (e == 0) {
		r->host = known - 1;
		e = settle(r, value, ret);
		r->host = before;
	}
	json_decref(of);
	json_decref(name);
	return e;
}

/* Worked out once: groups may be large, and every host may ask. */
static int list_members(struct rendering *r, const char *name, uint32_t group, json_t **ret)
{
	struct map **all = &r->inv->rendered->groups;
	json_t *names = *all ? map_get(*all, name) : NULL;
	struct list hosts = {.n = 0};
	int e;

	if (names)
		return give(r, json_incref(names), ret);
	if (!*all)
		*all = map_new(INVENTORY_GROUPS_MAX);
	names = json_array();
	e = *all && names ? inventory_members(r->inv, group, &hosts) : -ENOMEM;
	for (size_t i = 0; e == 0 && i < hosts.n; i++)
		e = json_array_append_new(names, json_string(r->inv->hosts[hosts.v[i]].name));
	free(hosts.v);
	if (e < 0 || map_put(*all, name, names, NULL) < 0) {
		json_decref(names);
		return no_memory(r);
	}
	return give(r, json_incref(names), ret);
}

/* groups['name'] */
static int read_groups(struct reader *rd, json_t **ret)
{
	json_t *name = NULL;
	uint32_t group;
	int e = read_text_key(rd, &name);

	if (e < 0)
		return e;
	group = node_find_group(rd->r->inv, span_str(json_string_value(name)));
	if (group == GROUP_NONE)
		note_missing(rd->r, span_str(json_string_value(name)));
	else
		e = list_members(rd->r, json_string_value(name), group, ret);
	json_decref(name);
	return e;
}

/* lookup('env', 'NAME') */
static int read_lookup(struct reader *rd, json_t **ret)
{
	json_t *kind = NULL, *name = NULL;
	const char *set = NULL;
	int e = too_much(rd->r, rd->whole);

	if (!take(rd, "(") || read_bracketed(rd, ",", &kind) < 0 ||
		read_bracketed(rd, ")", &name) < 0)
		goto out;
	if (!json_is_string(kind) || !json_is_string(name) ||
		!str_eq(json_string_value(kind), "env"))
		goto out;
	set = getenv(json_string_value(name));
	e = give(rd->r, json_string(set ? set : ""), ret);
out:
	json_decref(kind);
	json_decref(name);
	return e;
}

static int read_named(struct reader *rd, struct span name, json_t **ret)
{
	if (span_eq(name, "True") || span_eq(name, "true"))
		return give(rd->r, json_true(), ret);
	if (span_eq(name, "False") || span_eq(name, "false"))
		return give(rd->r, json_false(), ret);
	if (span_eq(name, "None") || span_eq(name, "none"))
		return give(rd->r, json_null(), ret);
	if (span_eq(name, "hostvars"))
		return read_hostvars(rd, ret);
	if (span_eq(name, "groups"))
		return read_groups(rd, ret);
	if (span_eq(name, "lookup"))
		return read_lookup(rd, ret);
	return read_var(rd, rd->r->host, name, ret);
}

/* ---- Operands ---- */

static int read_first(struct reader *rd, json_t **ret)
{
	struct span name = take_name(rd);
	char c = rd->rest.n ? rd->rest.p[0] : '\0';

	if (name.n)
		return read_named(rd, name, ret);
	if (c == '\'' || c == '"')
		return read_string(rd, ret);
	if ((c >= '0' && c <= '9') || c == '-')
		return read_number(rd, ret);
	if (take(rd, "("))
		return read_bracketed(rd, ")", ret);
	return too_much(rd->r, rd->whole);
}

/* A member of an object or a list; NULL without one. Takes no reference. */
static json_t *member(const json_t *of, const json_t *key)
{
	json_int_t i = json_is_integer(key) ? json_integer_value(key) : 0;

	if (json_is_object(of) && json_is_string(key))
		return json_object_get(of, json_string_value(key));
	if (!json_is_array(of) || !json_is_integer(key))
		return NULL;
	if (i < 0)
		i += (json_int_t)json_array_size(of);
	return i < 0 ? NULL : json_array_get(of, (size_t)i);
}

/* *value's member `key`. */
static int take_member(struct reader *rd, const json_t *key, json_t **value)
{
	json_t *whole = NULL;
	int e = settle(rd->r, *value, &whole);

	*value = NULL;
	if (e < 0)
		return e;
	*value = json_incref(member(whole, key));
	if (whole && !*value)
		note_missing(rd->r, rd->whole);
	json_decref(whole);
	return 0;
}

static int read_operand(struct reader *rd, json_t **ret)
{
	json_t *value = NULL, *key;
	int e = read_first(rd, &value);

	while (e == 0) {
		e = read_key(rd, &key);
		if (e == 1)
			return settle(rd->r, value, ret);
		if (e < 0)
			break;
		/* There is no method that would be a variable, too. */
		skip_blanks(rd);
		if (rd->rest.n && rd->rest.p[0] == '(')
			e = too_much(rd->r, rd->whole);
		else
			e = take_member(rd, key, &value);
		json_decref(key);
	}
	json_decref(value);
	return e;
}

/* ---- Filters ---- */

static bool is_false(const json_t *v)
{
	return !json_is_true(v) && !(json_is_integer(v) && json_integer_value(v)) &&
	       !(json_is_real(v)) && json_string_length(v) == 0 && json_array_size(v) == 0 &&
	       json_object_size(v) == 0;
}

/* default(value), default(value, true): *value may be replaced. */
static int by_default(struct reader *rd, json_t **value)
{
	json_t *other = NULL, *falsy = NULL;
	bool wanted;
	int e = take(rd, "(") ? read_expression(rd, &other) : too_much(rd->r, rd->whole);

	if (e == 0 && take(rd, ",")) {
		(void)take(rd, "boolean=");
		e = read_expression(rd, &falsy);
	}
	if (e == 0 && !take(rd, ")"))
		e = too_much(rd->r, rd->whole);
	wanted = e == 0 && (!*value || (json_is_true(falsy) && is_false(*value)));
	json_decref(falsy);
	if (wanted) {
		json_decref(*value);
		*value = other;
	} else {
		json_decref(other);
	}
	return e;
}

static int replace(struct reader *rd, json_t **value, json_t *by)
{
	json_decref(*value);
	*value = by;
	return by ? 0 : no_memory(rd->r);
}

static int by_name(struct reader *rd, struct span filter, json_t **value)
{
	size_t n = json_array_size(*value);

	if (span_eq(filter, "default") || span_eq(filter, "d"))
		return by_default(rd, value);
	if (!span_eq(filter, "first") && !span_eq(filter, "last"))
		return too_much(rd->r, rd->whole);
	if (n)
		return replace(rd, value,
			json_incref(json_array_get(*value, span_eq(filter, "first") ? 0 : n - 1)));
	/* What is not set stays so: default() may follow. */
	return *value ? too_much(rd->r, rd->whole) : 0;
}

static int read_filtered(struct reader *rd, json_t **ret)
{
	json_t *value = NULL, *before;
	int e = read_operand(rd, &value);

	while (e == 0 && take(rd, "|")) {
		e = by_name(rd, take_name(rd), &value);
		/* What it took out may be a template itself. */
		before = value;
		value = NULL;
		if (e == 0)
			e = settle(rd->r, before, &value);
		else
			json_decref(before);
	}
	if (e == 0)
		*ret = value;
	return e;
}

/* ---- Expressions ---- */

/* ~ joins whatever there is, + texts only. Takes both. */
static int join(struct reader *rd, bool any, json_t *a, json_t *b, json_t **ret)
{
	struct buf text;
	int e = 0;

	buf_init(&text, TEMPLATE_TEXT_MAX);
	if (!any && !(json_is_string(a) && json_is_string(b)))
		e = a && b ? too_much(rd->r, rd->whole) : to_text(rd->r, NULL, &text);
	if (e == 0)
		e = to_text(rd->r, a, &text);
	if (e == 0)
		e = to_text(rd->r, b, &text);
	if (e == 0)
		e = give(rd->r, json_stringn(buf_str(&text), text.len), ret);
	buf_done(&text);
	json_decref(a);
	json_decref(b);
	return e;
}

static int read_joined(struct reader *rd, json_t **ret)
{
	json_t *value = NULL;
	int e = read_filtered(rd, &value);

	while (e == 0) {
		json_t *next = NULL;
		bool any = take(rd, "~");

		if (!any && !take(rd, "+")) {
			*ret = value;
			return 0;
		}
		e = read_filtered(rd, &next);
		if (e == 0)
			e = join(rd, any, value, next, &value);
		else
			json_decref(value);
	}
	return e;
}

static int read_expression(struct reader *rd, json_t **ret)
{
	struct rendering *r = rd->r;
	int e;

	if (r->depth == TEMPLATE_DEPTH_MAX || r->steps == TEMPLATE_STEPS_MAX)
		return err_set(r->err, EINVAL, "refers to more than tocsin follows");
	r->depth++;
	r->steps++;
	e = read_joined(rd, ret);
	r->depth--;
	return e;
}

/* ---- Templates ---- */

/* The end of the expression that `text` begins with; quotes may hold braces. NULL: none. */
static const char *expression_end(const char *text)
{
	char quote = '\0';

	for (const char *c = text; *c; c++) {
		if (quote)
			quote = *c == quote ? '\0' : quote;
		else if (*c == '\'' || *c == '"')
			quote = *c;
		else if (c[0] == '}' && c[1] == '}')
			return c;
	}
	return NULL;
}

static int evaluate(struct rendering *r, struct span expression, json_t **ret)
{
	struct reader rd = {.r = r, .rest = expression, .whole = expression};
	json_t *value;
	int e = read_expression(&rd, &value);

	if (e < 0)
		return e;
	skip_blanks(&rd);
	if (rd.rest.n) {
		json_decref(value);
		return too_much(r, expression);
	}
	*ret = value;
	return 0;
}

/* What is one expression and nothing else stays what it is: a number, a list. */
static int render(struct rendering *r, const char *text, json_t **ret)
{
	struct buf out;
	int e = 0;

	if (strstr(text, "{%") || strstr(text, "{#"))
		return err_set(r->err, EINVAL, "is a template that only Ansible works out");
	buf_init(&out, TEMPLATE_TEXT_MAX);
	for (const char *begin, *p = text; e == 0;) {
		const char *end;
		json_t *value = NULL;

		begin = strstr(p, "{{");
		if (!begin) {
			e = buf_puts(&out, p) < 0 ? no_memory(r) : 0;
			break;
		}
		end = expression_end(begin + 2);
		if (!end)
			e = err_set(r->err, EINVAL, "has `{{` without `}}`");
		else
			e = evaluate(
				r, (struct span){begin + 2, (size_t)(end - begin - 2)}, &value);
		if (e == 0 && begin == text && !end[2]) {
			buf_done(&out);
			*ret = value;
			return 0;
		}
		if (e == 0)
			e = buf_add(&out, p, (size_t)(begin - p)) < 0 ? no_memory(r)
								      : to_text(r, value, &out);
		json_decref(value);
		p = end ? end + 2 : "";
	}
	if (e == 0)
		e = give(r, json_stringn(buf_str(&out), out.len), ret);
	buf_done(&out);
	return e;
}

static int render_once(struct rendering *r, const json_t *text, json_t **ret)
{
	int e;

	for (unsigned i = 0; i < r->n_open; i++)
		if (r->open[i].text == text && r->open[i].host == r->host)
			return err_set(r->err, EINVAL, "refers to itself");
	if (r->n_open == TEMPLATE_DEPTH_MAX)
		return err_set(r->err, EINVAL, "refers to more than tocsin follows");
	r->open[r->n_open++] = (struct open){text, r->host};
	e = render(r, json_string_value(text), ret);
	r->n_open--;
	return e;
}

/* Works out what may be a template. Takes `value`, which may be NULL. */
static int settle(struct rendering *r, json_t *value, json_t **ret)
{
	const char *text = json_string_value(value);
	json_t *raw = json_object_get(value, "__ansible_unsafe");
	int e = 0;

	if (json_object_get(value, "__ansible_vault"))
		e = err_set(r->err, EINVAL,
			"refers to what ansible-vault has encrypted, which cannot be read");
	else if (raw)
		*ret = json_incref(raw);
	else if (text && template_is(text))
		e = render_once(r, value, ret);
	else
		*ret = json_incref(value);
	json_decref(value);
	return e;
}

int template_render(
	const struct inventory *inv, size_t host, const json_t *text, json_t **ret, struct err *err)
{
	struct rendering r = {.inv = inv, .host = host, .err = err};
	json_t *value = NULL;
	int e = render_once(&r, text, &value);

	if (e == 0 && !value)
		e = err_set(err, EINVAL, "refers to `%s`, which is not set", r.missing);
	if (e == 0)
		*ret = value;
	return e;
}
