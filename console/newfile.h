/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file that appears whole or not at all: written under another name beside it, then renamed.
 * Links are followed, an existing file keeps its mode; what is no regular file (a pipe, /dev/null),
 * and /dev/stdout, is written in place. The other name is removed when the program is ended by a
 * second Ctrl-C.
 */
#ifndef CONSOLE_NEWFILE_H
#define CONSOLE_NEWFILE_H

#include <sys/types.h>

struct newfile {
	int fd;	    /* to write to */
	char *path; /* links followed */
	char *temp; /* NULL: written in place, or in its place already */
	const char *unlinks_before;
};

/* `mode`: of a file that is not there yet. 0 or -errno, then `f` needs no end. */
int newfile_open(struct newfile *f, const char *path, mode_t mode);
/* Puts it in its place. 0 or -errno. */
int newfile_commit(struct newfile *f);
/* Removes what was not put in its place. Accepts a zeroed one. */
void newfile_done(struct newfile *f);

#endif
