/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/pathscan.h"
#include "agentd/proctable.h"
#include "agentd/xattrs.h"
#include "common/base64.h"
#include "common/io.h"
#include "common/str.h"

#include <errno.h>
#include <string.h>

enum { PATH, DIRECTORY, KEY, VALUE, BASE64 };

static const struct column columns[] = {
	{"path", COL_TEXT, COL_REQUIRED | COL_LIKE,
		"Absolute path; % matches within one directory, %% also all below"},
	{"directory", COL_TEXT, COL_REQUIRED | COL_LIKE, "The directory it is in"},
	{"key", COL_TEXT, 0, "Name of the attribute"},
	{"value", COL_TEXT, 0, "Its value; capabilities in words"},
	{"base64", COL_INTEGER, 0, "1 when the value is shown in base64: it is no text with a NUL"},
	COL_END,
};

struct state {
	struct pathscan scan;
	struct buf names, value, text;
};

static int attrs_open(struct scan *s)
{
	static const struct pathscan_columns cols = {PATH, DIRECTORY, PROC_ALL, PROC_ALL};
	struct state *st = scan_state(s);

	buf_init(&st->names, XATTRS_MAX);
	buf_init(&st->value, XATTRS_MAX);
	buf_init(&st->text, XATTRS_MAX * 2);
	return pathscan_open(&st->scan, s, &cols);
}

static void attrs_close(struct scan *s)
{
	struct state *st = scan_state(s);

	pathscan_close(&st->scan);
	buf_done(&st->names);
	buf_done(&st->value);
	buf_done(&st->text);
}

/* Printable to its end, which is a NUL. */
static bool is_text(const struct buf *b)
{
	if (!b->len || b->p[b->len - 1])
		return false;
	for (size_t i = 0; i + 1 < b->len; i++)
		if (b->p[i] < ' ' || b->p[i] > '~')
			return false;
	return true;
}

/* Replaces st->text by the value as it is shown; *ret_base64: how. */
static int show(struct state *st, const char *key, bool *ret_base64)
{
	int r;

	buf_reset(&st->text);
	*ret_base64 = false;
	if (str_eq(key, "security.capability")) {
		r = xattrs_capabilities(&st->text, st->value.p, st->value.len);
		if (r != -EBADMSG)
			return r;
		buf_reset(&st->text);
	}
	if (is_text(&st->value))
		return buf_add(&st->text, st->value.p, st->value.len - 1);
	*ret_base64 = true;
	return base64_encode(&st->text, st->value.p, st->value.len);
}

static int put(
	struct scan *s, struct state *st, const struct pathwalk_entry *e, int fd, const char *key)
{
	bool base64;
	int r = xattrs_get(fd, key, &st->value);

	if (r < 0) {
		if (r != -ENODATA && r != -ENOMEM)
			scan_skipped(s, "value", "attribute", -r);
		return r == -ENOMEM ? r : 0;
	}
	r = show(st, key, &base64);
	if (r < 0)
		return r;
	row_begin(s);
	pathscan_row(&st->scan, e);
	row_text(s, KEY, key);
	row_bytes(s, VALUE, buf_str(&st->text), st->text.len);
	row_int(s, BASE64, base64);
	row_end(s);
	return 0;
}

static int put_all(struct scan *s, struct state *st, const struct pathwalk_entry *e, int fd)
{
	int r = xattrs_list(fd, &st->names);

	for (size_t at = 0; !r && at < st->names.len; at += strlen(st->names.p + at) + 1)
		r = put(s, st, e, fd, st->names.p + at);
	return r;
}

static int attrs_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct pathwalk_entry e;
	int r = pathscan_next(&st->scan, &e), fd;

	if (r != PATHWALK_ENTRY)
		return r < 0 ? r : r == PATHWALK_AGAIN;
	fd = pathwalk_open_path(st->scan.walk, &e, true);
	r = fd < 0 ? fd : put_all(s, st, &e, fd);
	io_close(fd);
	if (r < 0 && r != -ENOMEM && r != -ENOENT && r != -ENOTDIR && r != -ELOOP &&
		r != -EOPNOTSUPP)
		scan_skipped(s, "attributes", r == -EREMOTE ? "network mount" : "file", -r);
	return r == -ENOMEM ? r : 1;
}

const struct table table_extended_attributes = {
	.name = "extended_attributes",
	.doc = "Extended attributes of files and directories, of what a symbolic link leads to.",
	.columns = columns,
	.open = attrs_open,
	.step = attrs_step,
	.close = attrs_close,
	.state_size = sizeof(struct state),
};
