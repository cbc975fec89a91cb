/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a worker gives up before it reads a single byte from its client. For good: nothing of it can
 * be taken back by the process itself.
 */
#ifndef AGENTD_SANDBOX_H
#define AGENTD_SANDBOX_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Descriptors open at once. */
#define SANDBOX_FILES_MAX 1024

struct sandbox {
	bool change_uid; /* to these; the process is root */
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t n_groups;
	const int *capabilities; /* those that are kept, -1 at the end; NULL: none */
	unsigned memory_mb, cpu_s;
	bool no_growth; /* no file may become larger by it */
};

/* Ids, capabilities, no new privileges, limits. 0 or -errno with `err`: then do not go on. */
int sandbox_enter(const struct sandbox *s, struct err *err);
/* The capabilities that a privileged worker keeps: those that reading needs. */
extern const int sandbox_reading[];
enum sandbox_more {
	SANDBOX_READING, /* the system calls that a worker may make */
	SANDBOX_NETWORK, /* and connections over IP */
	SANDBOX_BPF,	 /* and listing the kernel's BPF programs */
};
/* Nothing else from now on. 0 or -errno with `err`. */
int sandbox_filter(enum sandbox_more more, struct err *err);

#endif
