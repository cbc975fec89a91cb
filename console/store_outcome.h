/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What came of each host of one remembered run, as the database keeps it. */
#ifndef CONSOLE_STORE_OUTCOME_H
#define CONSOLE_STORE_OUTCOME_H

#include "common/buf.h"
#include "console/fleet/fleet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTCOME_HOSTS_MAX 10000000

struct outcome {
	char *name;  /* of a run that was read; NULL else */
	char *error; /* heap or NULL; hostile bytes possible */
	enum host_state state;
	int64_t rows, ms;
	bool truncated;
};
struct outcomes {
	struct outcome *of; /* by the number that the run's rows have */
	size_t n;
};

/* 0 or -ENOMEM. */
int outcomes_init(struct outcomes *o, size_t n);
void outcomes_done(struct outcomes *o);
int outcomes_take(struct outcomes *o, host_id host, const struct fleet_end *end);
size_t outcomes_answered(const struct outcomes *o);
/* Appends. 0, -ENOMEM, -EMSGSIZE. */
int outcomes_pack(const struct outcomes *o, const struct host_config *hosts, struct buf *out);
/* 0, -EBADMSG, -ENOMEM; `ret` is to be given to outcomes_done in any case. */
int outcomes_unpack(const void *p, size_t n, struct outcomes *ret);

#endif
