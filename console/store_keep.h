/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is not kept for ever: runs go when they are too old or too much. */
#ifndef CONSOLE_STORE_KEEP_H
#define CONSOLE_STORE_KEEP_H

#include "console/store.h"

/* Unless the configuration says otherwise. */
#define KEEP_DAYS   90
#define KEEP_MAX_MB 2048

/* Set once, before anything is recorded. */
void keep_set(int64_t days, int64_t max_mb);
/* Removes one run and its rows, unless it is a baseline by now. */
int keep_forget(struct store *s, int64_t run, struct err *err);
/*
 * Removes what is older than history_days, the oldest runs beyond history_max_mb, and what a
 * process that was killed left of an unfinished one. Never baselines, never the run `but`.
 */
int keep_clean(struct store *s, int64_t but, struct err *err);

#endif
