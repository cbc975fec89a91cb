/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/textfile.h"

#include "agentd/root.h"
#include "agentd/table.h"
#include "common/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads of one call that brings no line. */
#define READS_MAX 32

int textfile_init(struct textfile *t, int fd)
{
	*t = (struct textfile){.fd = fd, .left = TEXTFILE_MAX};
	t->p = malloc(TEXTFILE_LINE_MAX + 1);
	if (t->p)
		return 0;
	textfile_done(t);
	return -ENOMEM;
}

int textfile_open(struct textfile *t, const struct root *root, const char *path)
{
	int fd = root_open_file(root, path);

	*t = (struct textfile){.fd = -1};
	return fd < 0 ? fd : textfile_init(t, fd);
}

const char *textfile_why(int r)
{
	return r == -EINVAL || r == -EISDIR ? "not a regular file" : strerror(-r);
}

void textfile_done(struct textfile *t)
{
	io_close(t->fd);
	free(t->p);
	*t = (struct textfile){.fd = -1};
}

void textfile_told(const struct textfile *t, struct scan *s, const char *path)
{
	if (t->cut)
		scan_warn(s, "%s: only the first %u MiB were read", path,
			(unsigned)(TEXTFILE_MAX >> 20));
	if (t->overlong)
		scan_warn(s, "%s: lines longer than %u KiB: %zu", path, TEXTFILE_LINE_MAX >> 10,
			t->overlong);
}

/* A line that is complete in the buffer, not looking at the first `seen` bytes again. */
static bool take_line(struct textfile *t, size_t seen, char **ret_line, size_t *ret_len)
{
	char *from = t->p + t->start, *nl = memchr(from + seen, '\n', t->end - t->start - seen);

	if (!nl)
		return false;
	*nl = '\0';
	*ret_line = from;
	*ret_len = (size_t)(nl - from);
	t->start += *ret_len + 1;
	return true;
}

/* Room behind what is there: moves it down, and gives up a line that fills the buffer. */
static void make_room(struct textfile *t)
{
	size_t n = t->end - t->start;

	if (n == TEXTFILE_LINE_MAX + 1 && !t->skipping) {
		t->skipping = true;
		t->overlong++;
	}
	if (t->skipping)
		n = 0;
	memmove(t->p, t->p + t->start, n);
	t->start = 0;
	t->end = n;
}

static int fill(struct textfile *t)
{
	size_t room;
	ssize_t n;

	make_room(t);
	room = TEXTFILE_LINE_MAX + 1 - t->end;
	do {
		n = read(t->fd, t->p + t->end, room);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if ((uint64_t)n > t->left) {
		n = (ssize_t)t->left;
		t->cut = true;
	}
	t->left -= (uint64_t)n;
	t->eof = n == 0 || t->cut;
	t->end += (size_t)n;
	return 0;
}

/* What stands behind the last newline. */
static int take_rest(struct textfile *t, char **ret_line, size_t *ret_len)
{
	size_t n = t->end - t->start;

	if (t->skipping || !n || t->cut)
		return TEXTFILE_END;
	if (n > TEXTFILE_LINE_MAX) {
		t->overlong++;
		return TEXTFILE_END;
	}
	*ret_line = t->p + t->start;
	*ret_len = n;
	(*ret_line)[n] = '\0';
	t->start = t->end;
	return TEXTFILE_LINE;
}

int textfile_next(struct textfile *t, char **ret_line, size_t *ret_len)
{
	size_t seen = 0;
	int r;

	for (unsigned reads = 0; reads < READS_MAX;) {
		if (take_line(t, seen, ret_line, ret_len)) {
			if (!t->skipping)
				return TEXTFILE_LINE;
			t->skipping = false;
			seen = 0;
			continue;
		}
		if (t->eof)
			return take_rest(t, ret_line, ret_len);
		seen = t->end - t->start;
		r = fill(t);
		if (r < 0)
			return r;
		if (t->end < seen || t->skipping)
			seen = 0;
		reads++;
	}
	return TEXTFILE_AGAIN;
}
