/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an action tells of a process, and what tells it from every other one. */
#ifndef AGENTD_PROCFACTS_H
#define AGENTD_PROCFACTS_H

#include "agentd/action.h"
#include "agentd/pidref.h"

/* Bytes of a command line that are shown. */
#define PROCFACTS_CMDLINE_MAX (16u << 10)
/* Of a process's name; those of kernel threads may be longer than comm's 15. */
#define PROCFACTS_NAME_MAX 64
#define PROCFACTS_BOOT_MAX 64

struct procfacts {
	int32_t pid;
	char name[PROCFACTS_NAME_MAX]; /* any byte but NUL */
	char state;
	int64_t parent;
	uint64_t start;	    /* ticks since boot */
	int64_t start_time; /* as in processes.start_time: seconds since 1970, -1: not known */
	uint32_t uid;	    /* the real one; UINT32_MAX: not known */
	struct buf exe, cmdline;
	uint64_t exe_dev, exe_ino; /* 0: none, as of kernel threads and the dead */
	char boot_id[PROCFACTS_BOOT_MAX];
};

/* 0 or -errno (-ESRCH: it is gone). procfacts_done may be called in any case, also when zeroed. */
int procfacts_read(struct procfs *fs, const struct pidref *p, struct procfacts *ret);
void procfacts_done(struct procfacts *f);
/*
 * Of what cannot change while the process runs what was planned against: not of its command line,
 * name or the path of its program, which it may write or rename at any time.
 */
int procfacts_identity(const struct procfacts *f, char ret[ACTION_IDENTITY_MAX + 1]);
/* An object for `before`, with the identity; NULL: no memory. */
json_t *procfacts_json(const struct procfacts *f);

#endif
