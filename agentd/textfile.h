/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Line by line through a file of the host, whatever somebody put into it or in its place. Memory
 * is one line's bound, and so much of a file is read.
 */
#ifndef AGENTD_TEXTFILE_H
#define AGENTD_TEXTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct root;
struct scan;

/* Bytes of a line, its newline not counted; longer ones are left out and counted. */
#define TEXTFILE_LINE_MAX (64u << 10)
/* Bytes of a file that are read, unless its owner sets another bound. */
#define TEXTFILE_MAX (UINT64_C(64) << 20)

struct textfile {
	int fd;
	char *p;	   /* heap, TEXTFILE_LINE_MAX + 1 bytes */
	size_t start, end; /* what was read and is not handed out */
	bool eof, skipping;
	size_t overlong; /* lines left out */
	uint64_t
		left; /* bytes that may still be read; the owner may set it before the first line */
	bool cut;     /* there was more than that */
};

enum textfile_got {
	TEXTFILE_END,
	TEXTFILE_LINE,
	TEXTFILE_AGAIN, /* much was read without a line: look whether to go on, then call again */
};

/* Regular files only (see root_open_file). 0 or -errno. */
int textfile_open(struct textfile *t, const struct root *root, const char *path);
/* Why it could not be opened, in words. */
const char *textfile_why(int r);
/* Takes over a descriptor; closes it on failure as well. */
int textfile_init(struct textfile *t, int fd);
void textfile_done(struct textfile *t);
/* Warns of what was left out. */
void textfile_told(const struct textfile *t, struct scan *s, const char *path);
/*
 * enum textfile_got, or -errno of reading. The line is writable until the next call, without its
 * newline and with a NUL behind it; it may hold NULs.
 */
int textfile_next(struct textfile *t, char **ret_line, size_t *ret_len);

#endif
