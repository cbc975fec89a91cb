/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The agent's own process, from its own /proc, whatever root is asked about. */
#ifndef AGENTD_SELF_H
#define AGENTD_SELF_H

#include <stdint.h>

struct self {
	int64_t uptime;	    /* seconds since it was started */
	int64_t start_time; /* Unix time of that */
	int64_t resident;   /* bytes of memory that it uses */
};

/* 0 or -errno. */
int self_read(struct self *ret);

#endif
