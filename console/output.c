/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/output.h"
#include "common/io.h"
#include "common/json.h"
#include "common/map.h"
#include "common/str.h"
#include "common/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Columns of one answer; what comes over the wire has fewer (WIRE_COLUMNS_MAX). */
#define COLUMNS_MAX 4096

/* ---- Sink ---- */

static struct {
	int (*write)(void *arg, const char *p, size_t n);
	void *arg;
	const char *name;
} diverted;

struct sink {
	int fd;
	bool diverts; /* it is an output's, to standard output */
	int error;    /* the first one, -errno */
	bool tty, colour;
	void (*hook)(int after, void *arg);
	void *hook_arg;
	size_t len;
	char held[SINK_BUFFER];
};

static bool colour_wanted(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no && *no) && !(term && str_eq(term, "dumb"));
}

struct sink *sink_new(int fd, bool colour, struct err *err)
{
	struct sink *s = calloc(1, sizeof(*s));

	if (!s) {
		err_sys(err, ENOMEM, "output");
		return NULL;
	}
	s->fd = fd;
	s->tty = isatty(fd) == 1;
	s->colour = colour && s->tty && colour_wanted();
	return s;
}

static int write_out(struct sink *s, const char *p, size_t n)
{
	int r;

	if (s->error)
		return s->error;
	if (n == 0)
		return 0;
	if (s->hook)
		s->hook(0, s->hook_arg);
	r = s->diverts && diverted.write ? diverted.write(diverted.arg, p, n)
					 : io_write_all(s->fd, p, n);
	if (r < 0)
		s->error = r;
	if (s->hook)
		s->hook(1, s->hook_arg);
	return r;
}

int sink_flush(struct sink *s)
{
	size_t n = s->len;

	s->len = 0;
	return write_out(s, s->held, n);
}

int sink_write(struct sink *s, const char *p, size_t n)
{
	if (s->error)
		return s->error;
	if (n > SINK_BUFFER - s->len) {
		int r = sink_flush(s);

		if (r < 0)
			return r;
	}
	if (n > SINK_BUFFER)
		return write_out(s, p, n);
	memcpy(s->held + s->len, p, n);
	s->len += n;
	return 0;
}

int sink_puts(struct sink *s, const char *str)
{
	return sink_write(s, str, strlen(str));
}

int sink_end(struct sink *s)
{
	return sink_flush(s);
}

void sink_free(struct sink *s)
{
	free(s);
}

bool sink_is_tty(const struct sink *s)
{
	return s->tty;
}

bool sink_colour(const struct sink *s)
{
	return s->colour;
}

unsigned sink_width(const struct sink *s)
{
	struct winsize ws;

	if (!s->tty)
		return 0;
	if (ioctl(s->fd, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0)
		return ws.ws_col;
	return 80;
}

void sink_around(struct sink *s, void (*hook)(int after, void *arg), void *arg)
{
	if (!s->tty)
		return;
	s->hook = hook;
	s->hook_arg = arg;
}

void sink_divert(int (*write)(void *arg, const char *p, size_t n), void *arg, const char *name)
{
	diverted.write = write;
	diverted.arg = arg;
	diverted.name = name;
}

const char *sink_stdout_name(void)
{
	return diverted.write ? diverted.name : "standard output";
}

/* ---- Columns ---- */

static void columns_done(struct columns *c)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->names)
			free(c->names[i]);
		if (c->keys)
			free((char *)c->keys[i].p);
	}
	free(c->names);
	free(c->keys);
	*c = (struct columns){0};
}

/* p is NULL without memory. */
static struct span json_key(const char *name)
{
	struct span key = {NULL, 0};
	struct buf b;

	buf_init(&b, OUTPUT_LINE_MAX);
	if (buf_putc(&b, ',') == 0 && json_put_str(&b, name) == 0 && buf_putc(&b, ':') == 0) {
		key.n = b.len;
		key.p = buf_steal(&b);
	}
	buf_done(&b);
	return key;
}

/* `name` with the first number behind it, from *next on, that gives a name `used` does not have. */
static char *numbered_name(const struct map *used, const char *name, uintptr_t *next)
{
	for (;;) {
		char *got = str_printf("%s:%ju", name, (uintmax_t)(*next)++);

		if (!got || !map_get(used, got))
			return got;
		free(got);
	}
}

/*
 * A name that `used` does not have yet, put into it: `name` itself or with ":1" and so on behind
 * it. The value of an entry is the number to try next.
 */
static char *unique_name(struct map *used, const char *name)
{
	uintptr_t next = (uintptr_t)map_get(used, name);
	bool taken = next > 0;
	char *got = taken ? numbered_name(used, name, &next) : strdup(name);
	int r = got ? 0 : -ENOMEM;

	if (r == 0 && taken)
		r = map_put(used, got, (void *)1, NULL);
	if (r == 0)
		r = map_put(used, name, (void *)(taken ? next : 1), NULL);
	if (r >= 0)
		return got;
	free(got);
	return NULL;
}

static int columns_init(struct columns *c, const char *const *names, size_t n)
{
	struct map *used;

	if (n > COLUMNS_MAX)
		return -E2BIG;
	used = map_new(2 * COLUMNS_MAX);
	*c = (struct columns){.n = n};
	c->names = calloc(n + 1, sizeof(char *));
	c->keys = calloc(n + 1, sizeof(*c->keys));
	if (!used || !c->names || !c->keys)
		goto fail;
	for (size_t i = 0; i < n; i++) {
		c->names[i] = unique_name(used, names[i]);
		if (c->names[i])
			c->keys[i] = json_key(c->names[i]);
		if (!c->keys[i].p)
			goto fail;
	}
	map_free(used, NULL);
	return 0;
fail:
	map_free(used, NULL);
	columns_done(c);
	return -ENOMEM;
}

/* ---- Formats ---- */

const struct format *format_find(const char *name)
{
	for (size_t i = 0; formats_all[i]; i++)
		if (str_eq(formats_all[i]->name, name))
			return formats_all[i];
	return NULL;
}

const struct format *format_of_file(const char *path)
{
	const struct format *best = NULL;
	size_t n = strlen(path), longest = 0;

	for (size_t i = 0; formats_all[i]; i++) {
		size_t len = strlen(formats_all[i]->suffix);

		if (len > longest && n > len && path[n - len - 1] == '.' &&
			str_eq(path + n - len, formats_all[i]->suffix)) {
			best = formats_all[i];
			longest = len;
		}
	}
	return best;
}

static int cell_number(struct buf *out, const struct cell *c)
{
	char text[CELL_NUMBER_MAX];
	size_t n = c->type == CELL_INT ? cell_int_text(c->i, text) : cell_real_text(c->r, text);

	return buf_add(out, text, n);
}

int format_cell_text(struct buf *out, const struct cell *c)
{
	switch (c->type) {
	case CELL_INT:
	case CELL_REAL:
		return cell_number(out, c);
	case CELL_TEXT:
	case CELL_BLOB:
	case CELL_JSON:
		return buf_add(out, c->p, c->n);
	case CELL_NULL:
		break;
	}
	return 0;
}

int format_cell_escaped(struct buf *out, const struct cell *c)
{
	if (cell_has_bytes(c))
		return text_escape(out, c->p, c->n);
	return format_cell_text(out, c);
}

/* ---- Output ---- */

struct output_shape {
	struct columns columns; /* for formats whose rows carry their names */
	size_t *from;		/* for the others: per name of the header its cell, or NO_CELL */
	struct cell *cells;	/* likewise: the row in the header's order */
};
#define NO_CELL SIZE_MAX

struct output {
	const struct format *format;
	struct sink *sink;
	struct columns columns;
	struct format_state state;
	bool begun, ended;
};

struct output *output_new(const struct format *f, struct sink *sink, struct err *err)
{
	struct output *o = calloc(1, sizeof(*o));

	if (!o) {
		err_sys(err, ENOMEM, "output");
		return NULL;
	}
	if (diverted.write && sink->fd == STDOUT_FILENO) {
		sink->diverts = true;
		sink->tty = sink->colour = false;
	}
	o->format = f;
	o->sink = sink;
	o->state.columns = &o->columns;
	o->state.tty = sink_is_tty(sink);
	o->state.colour = sink_colour(sink);
	o->state.width = sink_width(sink);
	buf_init(&o->state.line, OUTPUT_LINE_MAX);
	buf_init(&o->state.scratch, OUTPUT_LINE_MAX);
	return o;
}

void output_free(struct output *o)
{
	if (!o)
		return;
	if (o->format->done)
		o->format->done(&o->state);
	buf_done(&o->state.line);
	buf_done(&o->state.scratch);
	columns_done(&o->columns);
	free(o);
}

/* After a call of the format's that returned `r`: what it put into the line goes out. */
static int put_line(struct output *o, int r)
{
	if (r == 0 && o->state.line.len > 0)
		r = sink_write(o->sink, o->state.line.p, o->state.line.len);
	buf_reset(&o->state.line);
	return r;
}

static int call(struct output *o, int (*fn)(struct format_state *f))
{
	return fn ? put_line(o, fn(&o->state)) : 0;
}

int output_title(struct output *o, const char *name, const char *text)
{
	return o->format->title ? put_line(o, o->format->title(&o->state, name, text)) : 0;
}

void output_prose(struct output *o)
{
	o->state.prose = true;
}

void output_time(struct output *o, int64_t us)
{
	o->state.time_us = us;
}

int output_header(struct output *o, const char *const *columns, size_t n)
{
	int r = columns_init(&o->columns, columns, n);

	if (r < 0)
		return r;
	o->begun = true;
	return call(o, o->format->header);
}

int output_row(struct output *o, const struct cell *cells)
{
	int r = put_line(o, o->format->row(&o->state, cells));

	if (r == 0)
		o->state.rows++;
	return r;
}

int output_flush(struct output *o)
{
	int r = o->begun ? call(o, o->format->flush) : 0;

	return r < 0 ? r : sink_flush(o->sink);
}

int output_end(struct output *o)
{
	int r = o->ended ? 0 : call(o, o->format->end);

	o->ended = true;
	return r < 0 ? r : sink_flush(o->sink);
}

/* ---- Rows of another shape ---- */

/* Those of `c` are all different, so they would not be changed to be so. */
static bool has_names(const struct columns *c, const char *const *names, size_t n)
{
	if (c->n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!str_eq(c->names[i], names[i]))
			return false;
	return true;
}

static int shape_map(struct output_shape *shape, const struct columns *header)
{
	struct map *at = map_new(COLUMNS_MAX);

	shape->from = calloc(header->n + 1, sizeof(*shape->from));
	shape->cells = calloc(header->n + 1, sizeof(*shape->cells));
	if (!at || !shape->from || !shape->cells)
		goto fail;
	for (size_t i = 0; i < shape->columns.n; i++)
		if (map_put(at, shape->columns.names[i], (void *)(i + 1), NULL) < 0)
			goto fail;
	for (size_t i = 0; i < header->n; i++) {
		uintptr_t place = (uintptr_t)map_get(at, header->names[i]);

		shape->from[i] = place ? place - 1 : NO_CELL;
	}
	map_free(at, NULL);
	return 0;
fail:
	map_free(at, NULL);
	return -ENOMEM;
}

int output_shape_new(
	struct output *o, const char *const *columns, size_t n, struct output_shape **ret)
{
	struct output_shape *shape;
	int r = -ENOMEM;

	/* As with most hosts. */
	if (has_names(&o->columns, columns, n)) {
		*ret = NULL;
		return 0;
	}
	shape = calloc(1, sizeof(*shape));
	if (!shape)
		return r;
	r = columns_init(&shape->columns, columns, n);
	if (r < 0)
		goto out;
	if (has_names(&o->columns, (const char *const *)shape->columns.names, n)) {
		*ret = NULL;
		goto out;
	}
	r = o->format->named ? 0 : shape_map(shape, &o->columns);
	if (r < 0)
		goto out;
	*ret = shape;
	return 0;
out:
	output_shape_free(shape);
	return r;
}

void output_shape_free(struct output_shape *shape)
{
	if (!shape)
		return;
	columns_done(&shape->columns);
	free(shape->from);
	free(shape->cells);
	free(shape);
}

int output_row_shaped(struct output *o, const struct output_shape *shape, const struct cell *cells)
{
	int r;

	if (!shape)
		return output_row(o, cells);
	if (!o->format->named) {
		for (size_t i = 0; i < o->columns.n; i++)
			shape->cells[i] = shape->from[i] == NO_CELL
						  ? (struct cell){.type = CELL_NULL}
						  : cells[shape->from[i]];
		return output_row(o, shape->cells);
	}
	o->state.columns = &shape->columns;
	r = output_row(o, cells);
	o->state.columns = &o->columns;
	return r;
}
