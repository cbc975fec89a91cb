/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/pathscan.h"
#include "agentd/xattrs.h"
#include "common/io.h"
#include "common/str.h"

#include <errno.h>

enum {
	PATH,
	DIRECTORY,
	IMMUTABLE,
	APPEND_ONLY,
	FLAGS,
	CAPABILITIES,
	ACL,
	DEFAULT_ACL,
	PID_WITH_NAMESPACE,
	MOUNT_NAMESPACE_ID,
};

static const struct column columns[] = {
	PATHSCAN_COLUMNS,
	{"immutable", COL_INTEGER, 0,
		"1 when nobody may change or delete it (chattr +i); NULL where that is not told"},
	{"append_only", COL_INTEGER, 0,
		"1 when it may only grow (chattr +a); NULL where that is not told"},
	{"flags", COL_TEXT, 0,
		"Flags as letters of lsattr: i immutable, a append, d no dump, c compressed, E "
		"encrypted, V verity"},
	{"capabilities", COL_TEXT, 0, "What the program may do without being root: cap_net_raw=ep"},
	{"acl", COL_TEXT, 0,
		"Access list, with numbers for ids, where there is more than the mode"},
	{"default_acl", COL_TEXT, 0, "The access list that new files of the directory get"},
	NSROOT_COLUMNS,
	COL_END,
};

struct state {
	struct pathscan scan;
	struct buf value, text;
	bool flags, attributes; /* wanted */
};

static int attrs_open(struct scan *s)
{
	static const struct pathscan_columns cols = {
		PATH, DIRECTORY, PID_WITH_NAMESPACE, MOUNT_NAMESPACE_ID};
	struct state *st = scan_state(s);

	for (unsigned col = IMMUTABLE; col <= FLAGS; col++)
		st->flags |= scan_wants(s, col);
	for (unsigned col = CAPABILITIES; col <= DEFAULT_ACL; col++)
		st->attributes |= scan_wants(s, col);
	buf_init(&st->value, XATTRS_MAX);
	buf_init(&st->text, XATTRS_MAX * 8);
	return pathscan_open(&st->scan, s, &cols);
}

static void attrs_close(struct scan *s)
{
	struct state *st = scan_state(s);

	pathscan_close(&st->scan);
	buf_done(&st->value);
	buf_done(&st->text);
}

/* Which flags a file system tells of at all is in the mask. */
static int put_flags(struct scan *s, struct state *st, const struct pathwalk_entry *e)
{
	static const struct {
		uint64_t bit;
		char letter;
	} letters[] = {
		{STATX_ATTR_IMMUTABLE, 'i'},
		{STATX_ATTR_APPEND, 'a'},
		{STATX_ATTR_NODUMP, 'd'},
		{STATX_ATTR_COMPRESSED, 'c'},
		{STATX_ATTR_ENCRYPTED, 'E'},
		{STATX_ATTR_VERITY, 'V'},
	};
	char text[ARRAY_LEN(letters)];
	struct statx stx;
	size_t n = 0;
	int r = pathwalk_stat(st->scan.walk, e, true, &stx);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_LEN(letters); i++)
		if (stx.stx_attributes & letters[i].bit)
			text[n++] = letters[i].letter;
	if (stx.stx_attributes_mask & STATX_ATTR_IMMUTABLE)
		row_int(s, IMMUTABLE, (stx.stx_attributes & STATX_ATTR_IMMUTABLE) != 0);
	if (stx.stx_attributes_mask & STATX_ATTR_APPEND)
		row_int(s, APPEND_ONLY, (stx.stx_attributes & STATX_ATTR_APPEND) != 0);
	row_bytes(s, FLAGS, text, n);
	return 0;
}

static int put_attribute(struct scan *s, struct state *st, int fd, unsigned col)
{
	static const char *const keys[] = {
		"security.capability", "system.posix_acl_access", "system.posix_acl_default"};
	int r;

	if (!scan_wants(s, col))
		return 0;
	r = xattrs_get(fd, keys[col - CAPABILITIES], &st->value);
	if (r < 0)
		return r == -ENODATA || r == -EOPNOTSUPP ? 0 : r;
	buf_reset(&st->text);
	r = col == CAPABILITIES ? xattrs_capabilities(&st->text, st->value.p, st->value.len)
				: xattrs_acl(&st->text, st->value.p, st->value.len);
	if (r == -EBADMSG)
		scan_skipped(s, "attributes", "file", EBADMSG);
	else if (!r)
		row_bytes(s, col, buf_str(&st->text), st->text.len);
	return r == -ENOMEM ? r : 0;
}

static int put_attributes(struct scan *s, struct state *st, const struct pathwalk_entry *e)
{
	int fd = pathwalk_open_path(st->scan.walk, e, true), r = 0;

	if (fd < 0)
		return fd;
	for (unsigned col = CAPABILITIES; !r && col <= DEFAULT_ACL; col++)
		r = put_attribute(s, st, fd, col);
	io_close(fd);
	return r;
}

static int attrs_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct pathwalk_entry e;
	int r = pathscan_next(&st->scan, &e);

	if (r != PATHWALK_ENTRY)
		return r < 0 ? r : r == PATHWALK_AGAIN;
	row_begin(s);
	pathscan_row(&st->scan, &e);
	r = st->flags || !st->attributes ? put_flags(s, st, &e) : 0;
	if (!r && st->attributes)
		r = put_attributes(s, st, &e);
	if (r == -ENOENT || r == -ENOTDIR || r == -ENOMEM)
		return r == -ENOMEM ? r : 1;
	if (r < 0)
		scan_skipped(s, "attributes", r == -EREMOTE ? "network mount" : "file", -r);
	row_end(s);
	return 1;
}

const struct table table_file_attrs = {
	.name = "file_attrs",
	.doc = "What protects files beyond owner and mode: flags, capabilities, access lists. Of "
	       "what "
	       "a symbolic link leads to.",
	.columns = columns,
	.open = attrs_open,
	.step = attrs_step,
	.close = attrs_close,
	.state_size = sizeof(struct state),
};
