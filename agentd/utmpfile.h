/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records of /run/utmp, /var/log/wtmp and /var/log/btmp, one by one. */
#ifndef AGENTD_UTMPFILE_H
#define AGENTD_UTMPFILE_H

#include "agentd/table.h"

#include <utmp.h>

/* Records read at once. */
#define UTMPFILE_BATCH 64

struct utmpfile {
	struct scan *s;
	const char *path;
	int fd; /* -1: nothing to read */
	size_t n, at;
	size_t odd; /* bytes behind the last whole record */
	char p[UTMPFILE_BATCH * sizeof(struct utmp)];
};

/* What is in the way becomes a warning. */
void utmpfile_open(struct utmpfile *f, struct scan *s, const char *path);
void utmpfile_close(struct utmpfile *f);
/* 1 with a record, 0 at the end. */
int utmpfile_next(struct utmpfile *f, struct utmp *ret);

/* A fixed field that may have no NUL at its end. */
#define row_utmp(s, col, field) row_bytes(s, col, field, strnlen(field, sizeof(field)))
/* Seconds since 1970: 32 bits in the file, taken as unsigned since no login is older than 1970. */
int64_t utmp_time(const struct utmp *u);

#endif
