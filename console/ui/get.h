/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of hosts, fetched into a folder (keep.h) while the screen goes on. */
#ifndef CONSOLE_UI_GET_H
#define CONSOLE_UI_GET_H

#include "common/err.h"
#include "console/fetch.h"

#include <stddef.h>

struct ui;

struct get_target {
	host_id host;
	char *path; /* heap */
};

struct get_spec {
	struct get_target *targets; /* heap; ui_get takes them over in any case */
	size_t n;
	const char *pattern, *reason; /* the targets as given; or NULL */
	struct fetch_options options;
};
void get_spec_done(struct get_spec *s);
/* Begins; what comes is told as activity. 0 or -errno with `err`. */
int ui_get(struct ui *ui, struct get_spec *spec, struct err *err);
/* The command `get PATH…`, with its struct fetch_options: from the hosts of the line. */
int ui_get_paths(struct ui *ui, const void *options, int n, char **paths, struct err *err);

#endif
