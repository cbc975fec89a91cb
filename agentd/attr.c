/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/attr.h"

#include "agentd/root.h"

#include <errno.h>
#include <limits.h>

static __attribute__((format(printf, 2, 0))) bool make_path(
	char path[PATH_MAX], const char *fmt, va_list ap)
{
	int n = vsnprintf(path, PATH_MAX, fmt, ap);

	return n >= 0 && n < PATH_MAX;
}

static void skipped(struct scan *s, const char *what, const char *noun, int r)
{
	if (r == -EACCES || r == -EPERM || r == -ENOMEM)
		scan_skipped(s, what, noun, -r);
}

static bool read_path(struct scan *s, struct buf *b, struct span *ret, const char *path)
{
	int r;

	buf_reset(b);
	r = root_read(scan_root(s), path, b);
	if (r == -EMSGSIZE)
		r = 0;
	if (r < 0)
		buf_reset(b);
	skipped(s, "value", "file", r);
	*ret = span_trim((struct span){buf_str(b), b->len});
	return r == 0;
}

bool attr_read(struct scan *s, struct buf *b, struct span *ret, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;
	bool fits;

	*ret = (struct span){"", 0};
	va_start(ap, fmt);
	fits = make_path(path, fmt, ap);
	va_end(ap);
	return fits && read_path(s, b, ret, path);
}

bool attr_number(struct span text, uint64_t *ret)
{
	int base = span_skip(&text, "0x") ? 16 : 10;

	return text.n && parse_span(text, base, UINT64_MAX, ret) == 0;
}

bool attr_uint(struct scan *s, struct buf *b, uint64_t *ret, const char *fmt, ...)
{
	char path[PATH_MAX];
	struct span text;
	va_list ap;
	bool fits;

	va_start(ap, fmt);
	fits = make_path(path, fmt, ap);
	va_end(ap);
	return fits && read_path(s, b, &text, path) && attr_number(text, ret);
}

void attr_row(struct scan *s, unsigned col, struct buf *b, const char *fmt, ...)
{
	char path[PATH_MAX];
	struct span text;
	va_list ap;
	bool fits;

	if (!scan_wants(s, col))
		return;
	va_start(ap, fmt);
	fits = make_path(path, fmt, ap);
	va_end(ap);
	if (fits && read_path(s, b, &text, path))
		row_bytes(s, col, text.p, text.n);
}

bool attr_link(struct scan *s, struct buf *b, struct span *ret, const char *fmt, ...)
{
	char path[PATH_MAX];
	const char *slash;
	va_list ap;
	bool fits;

	buf_reset(b);
	va_start(ap, fmt);
	fits = make_path(path, fmt, ap);
	va_end(ap);
	if (!fits || root_readlink(scan_root(s), path, b) < 0 || !b->len)
		return false;
	slash = memrchr(b->p, '/', b->len);
	*ret = slash ? (struct span){slash + 1, (size_t)(b->p + b->len - slash - 1)}
		     : (struct span){b->p, b->len};
	return true;
}

DIR *attr_opendir(struct scan *s, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;
	bool fits;
	DIR *dir;

	va_start(ap, fmt);
	fits = make_path(path, fmt, ap);
	va_end(ap);
	if (!fits)
		return NULL;
	dir = root_opendir(scan_root(s), path);
	if (!dir)
		skipped(s, "entries", "directory", -errno);
	return dir;
}

const char *attr_next(DIR *dir)
{
	const struct dirent *d;

	do
		d = dir ? readdir(dir) : NULL;
	while (d && d->d_name[0] == '.');
	return d ? d->d_name : NULL;
}

void attr_closedir(DIR *dir)
{
	if (dir)
		closedir(dir);
}
