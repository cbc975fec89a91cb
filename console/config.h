/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ~/.config/tocsin/config, tocsin.conf(5): how long runs are remembered, defaults of options. */
#ifndef CONSOLE_CONFIG_H
#define CONSOLE_CONFIG_H

#include "common/err.h"
#include "console/app.h"

#include <stdbool.h>
#include <stddef.h>

#define CONFIG_FILE_MAX (64u << 10) /* bytes */

struct config_setting {
	const char *name, *arg, *doc; /* doc: one line, no full stop */
};
/* Those that are no options, NULL-ended. */
extern const struct config_setting config_settings[];
/* Can an option of this name be set there? */
bool config_takes(const struct opt *opt);

/*
 * Reads it, if it is there, into app->o (before the command line is parsed) and what else it is
 * for. *ret_text: what app->o points to from then on; heap. 0 or -errno with `err` ("FILE:LINE:
 * …").
 */
int config_load(struct app *app, char **ret_text, struct err *err);
/* The same from a text, which is cut up. `file` is for errors. */
int config_parse(struct app *app, const char *file, char *text, size_t n, struct err *err);

#endif
