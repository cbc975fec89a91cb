/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/ui/facts.h"

#include "common/cell.h"
#include "common/json.h"
#include "common/str.h"
#include "common/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAME_WIDTH 11
#define VALUE_MAX  (64u << 10)

/* In this order; what is not among them comes behind. */
static const char *const first[] = {
	"path", "cmdline", "uid", "gid", "start_time", "parent", "size", "sha256", "mtime", "mode"};
/* The outcome's own words have the process's name and number. */
static const char *const unsaid[] = {"identity", "boot_id", "pid", "name", "state", "start_ticks",
	"exe_device", "exe_inode", "device", "inode", "flags"};

struct facts {
	struct buf *out;
	const struct humane_who *who;
};

static bool is_among(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(name, names[i]))
			return true;
	return false;
}

/* Numbers as their column's name says. */
static int put_scalar(const struct facts *f, const char *name, const json_t *v, struct buf *text)
{
	struct cell c = {.type = CELL_NULL};
	bool right;

	if (json_is_string(v))
		return buf_add(text, json_string_value(v), json_string_length(v));
	if (json_is_boolean(v))
		return buf_puts(text, json_is_true(v) ? "yes" : "no");
	if (json_is_integer(v))
		c = (struct cell){.type = CELL_INT, .i = json_integer_value(v)};
	else if (json_is_real(v))
		c = (struct cell){.type = CELL_REAL, .r = json_real_value(v)};
	return humane_cell(text, name, &c, f->who, &right);
}

static int put_whole(const json_t *v, struct buf *text)
{
	char *json = json_print(v, JSON_COMPACT);
	int r = json ? buf_puts(text, json) : 0;

	free(json);
	return r;
}

static int put_line(const struct facts *f, const char *label, const char *name, const json_t *v)
{
	struct buf text;
	int r;

	buf_init(&text, VALUE_MAX);
	r = json_is_object(v) || json_is_array(v) ? put_whole(v, &text)
						  : put_scalar(f, name, v, &text);
	/* One that is too long is told in the details. */
	if (r == -EMSGSIZE)
		r = 0;
	if (r == 0)
		r = text_escape(f->out, label, strlen(label));
	if (r == 0)
		r = buf_printf(f->out, "%*s ",
			strlen(label) < NAME_WIDTH ? NAME_WIDTH - (int)strlen(label) : 0, "");
	if (r == 0)
		r = text_escape(f->out, buf_str(&text), text.len);
	buf_done(&text);
	return r < 0 ? r : buf_putc(f->out, '\n');
}

/* A list has a line for each of its members, of which the first has the name. */
static int put_fact(const struct facts *f, const char *name, const json_t *v)
{
	int r = 0;

	if (!json_is_array(v))
		return put_line(f, name, name, v);
	for (size_t i = 0; r == 0 && i < json_array_size(v); i++)
		r = put_line(f, i == 0 ? name : "", name, json_array_get(v, i));
	return r;
}

/* Lists by name, as the chains of a rule set, stand for themselves. */
static int put_member(const struct facts *f, const char *name, json_t *v)
{
	const char *key;
	json_t *member;
	int r = 0;

	if (!json_is_object(v))
		return put_fact(f, name, v);
	json_object_foreach (v, key, member) {
		if (r == 0)
			r = put_fact(f, key, member);
	}
	return r;
}

int facts_put(struct buf *out, const json_t *told, const struct humane_who *who)
{
	const struct facts f = {out, who};
	const char *name;
	json_t *v;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(first); i++) {
		v = json_object_get(told, first[i]);
		if (v)
			r = put_member(&f, first[i], v);
	}
	/* It is only read. */
	json_object_foreach ((json_t *)told, name, v) {
		if (r == 0 && !is_among(name, first, ARRAY_LEN(first)) &&
			!is_among(name, unsaid, ARRAY_LEN(unsaid)))
			r = put_member(&f, name, v);
	}
	return r;
}
