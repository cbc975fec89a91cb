/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A question to this machine, its answer on standard output, what went wrong on standard error. */
#ifndef AGENTD_SELFASK_H
#define AGENTD_SELFASK_H

#include "common/err.h"
#include "console/output.h"

#include <jansson.h>
#include <stdatomic.h>
#include <stdint.h>

struct root;

struct selfask {
	const struct root *root;
	const char *state_dir; /* as in engine_query */
	const struct format *format;
	const json_t *params;
	int64_t timeout_ms, max_rows;
	atomic_bool *cancelled;
};

/* After engine_init. Return a role_status. */
int selfask_run(const struct selfask *a, const char *sql, size_t n);
/* Asks nothing, only tells whether it could be asked. */
int selfask_check(const char *sql, size_t n);

#endif
