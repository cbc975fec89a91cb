/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `tocsin queries import`: files in, saved queries out, a row for each. */
#ifndef CONSOLE_IMPORTRUN_H
#define CONSOLE_IMPORTRUN_H

#include "console/app.h"

#include <stdbool.h>

struct importrun_options {
	const char *pack; /* for queries that their file puts into none; NULL: the file's name */
	bool force;	  /* overwrite what is there */
};

/* Returns an exit status; says why on stderr itself. */
int importrun(struct app *app, const struct importrun_options *o, int n_files, char **files);

#endif
