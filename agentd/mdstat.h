/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/mdstat: software RAID. */
#ifndef AGENTD_MDSTAT_H
#define AGENTD_MDSTAT_H

#include "common/str.h"

#define MDSTAT	   "/proc/mdstat"
#define MDSTAT_MAX (1u << 20)

enum mdstat_action_kind {
	MDSTAT_RECOVERY,
	MDSTAT_RESYNC,
	MDSTAT_RESHAPE,
	MDSTAT_CHECK,
	MDSTAT_ACTIONS,
};

/* All spans point into the text and are empty (p NULL) for what is not told. */
struct mdstat_action {
	struct span progress, finish, speed;
};
struct mdstat_array {
	struct span name, status, level;
	struct span drives; /* "sdb1[1] sda1[0](F)", for mdstat_drive */
	struct span other;  /* of its settings */
	uint64_t blocks;    /* of 1 KiB */
	struct mdstat_action actions[MDSTAT_ACTIONS];
	struct span bitmap_on_mem, bitmap_chunk, bitmap_file;
};

/* Takes the next array off the text; false at the end. */
bool mdstat_next(struct span *rest, struct mdstat_array *ret);
/* Takes the next drive off an array's. */
bool mdstat_drive(struct span *drives, struct span *ret_name, uint64_t *ret_number);
/* What stands behind "Personalities :" or "unused devices:", empty when it does not. */
struct span mdstat_line(struct span text, const char *head);

#endif
