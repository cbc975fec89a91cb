/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where runbooks are: files, or names of those that stand with the saved queries. */
#ifndef CONSOLE_RUNBOOK_FIND_H
#define CONSOLE_RUNBOOK_FIND_H

#include "common/err.h"
#include "console/output.h"

/*
 * The file that `word` means, on the heap. A word with a slash or with the ending of runbooks, and
 * "-", is a file; another one is the name of a runbook of the library or, where there is none, a
 * file. 0 or -errno with `err`.
 */
int runbook_find(const char *word, char **ret, struct err *err);
/* Those of the library as rows: name, about, params, path. An exit status. */
int runbook_list(const struct format *format);

#endif
