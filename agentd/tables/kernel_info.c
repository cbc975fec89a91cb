/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/root.h"
#include "agentd/table.h"
#include "common/str.h"

/* The kernel's own limit is 4 KiB on most machines. */
#define KERNEL_FILE_MAX (64u << 10)

enum { VERSION, ARGUMENTS, PATH, DEVICE };

static const struct column columns[] = {
	[VERSION] = {"version", COL_TEXT, 0, "Release of the running kernel"},
	[ARGUMENTS] = {"arguments", COL_TEXT, 0,
		"What it was started with, but for BOOT_IMAGE= and root="},
	[PATH] = {"path", COL_TEXT, 0, "Its file, as the boot loader named it (BOOT_IMAGE=)"},
	[DEVICE] = {"device", COL_TEXT, 0, "Device of the root file system (root=)"},
	COL_END,
};

static bool value_of(struct span word, const char *name, struct span *ret)
{
	size_t n = strlen(name);

	if (word.n < n || memcmp(word.p, name, n) != 0)
		return false;
	*ret = (struct span){word.p + n, word.n - n};
	return true;
}

static int put_arguments(struct scan *s, struct span text)
{
	struct span word, value;
	struct buf rest;
	int r = 0;

	buf_init(&rest, KERNEL_FILE_MAX);
	text = span_trim(text);
	while (!r && span_split(&text, ' ', &word)) {
		if (value_of(word, "BOOT_IMAGE=", &value)) {
			row_bytes(s, PATH, value.p, value.n);
		} else if (value_of(word, "root=", &value)) {
			row_bytes(s, DEVICE, value.p, value.n);
		} else if (word.n) {
			r = rest.len ? buf_putc(&rest, ' ') : 0;
			if (!r)
				r = buf_add(&rest, word.p, word.n);
		}
	}
	row_bytes(s, ARGUMENTS, buf_str(&rest), rest.len);
	buf_done(&rest);
	return r;
}

/* "Linux version 6.1.0 (builder) …" */
static void put_version(struct scan *s, struct span text)
{
	struct span word;
	unsigned i = 0;

	while (i++ < 3)
		if (!span_split(&text, ' ', &word))
			return;
	row_bytes(s, VERSION, word.p, word.n);
}

static bool read_file(struct scan *s, const char *path, struct buf *b)
{
	int r;

	buf_reset(b);
	r = root_read(scan_root(s), path, b);
	if (r < 0 && r != -EMSGSIZE)
		scan_warn(s, "%s: %s", path, strerror(-r));
	return b->len > 0;
}

static int kernel_info_step(struct scan *s)
{
	struct buf version, args;
	int r = 0;

	buf_init(&version, KERNEL_FILE_MAX);
	buf_init(&args, KERNEL_FILE_MAX);
	if (read_file(s, "/proc/version", &version)) {
		row_begin(s);
		row_text(s, PATH, "");
		row_text(s, DEVICE, "");
		put_version(s, (struct span){version.p, version.len});
		if (read_file(s, "/proc/cmdline", &args))
			r = put_arguments(s, (struct span){args.p, args.len});
		row_end(s);
	}
	buf_done(&version);
	buf_done(&args);
	return r;
}

const struct table table_kernel_info = {
	.name = "kernel_info",
	.doc = "The running kernel and what it was started with.",
	.columns = columns,
	.step = kernel_info_step,
};
