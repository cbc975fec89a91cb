/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The line on the terminal that tells how far the asking is; steps aside for all other output. */
#ifndef CONSOLE_PROGRESS_H
#define CONSOLE_PROGRESS_H

#include "console/fleet/fleet.h"

#include <stdint.h>

struct progress;

/* Drawings of the line in a second at most. */
#define PROGRESS_PER_SECOND 10

/* NULL where there is none: stderr is no terminal, or no memory. All below accept NULL. */
struct progress *progress_new(void);
/* Wipes the line. */
void progress_free(struct progress *p);
/* Draws it when it was not drawn just before. `since_ms`: when the asking began (clock_mono_ms). */
void progress_draw(
	struct progress *p, const struct fleet_progress *now, int64_t rows, int64_t since_ms);
/* A hook for log_around and sink_around: the line is away between the two calls. */
void progress_hook(int after, void *progress);

#endif
