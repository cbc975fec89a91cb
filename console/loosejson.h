/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON as osquery's configuration files have it: with comments (// and # to the end of the line,
 * and between slash-star and star-slash), lines that go on after a backslash, commas behind the
 * last member, and line ends and tabs within strings.
 */
#ifndef CONSOLE_LOOSEJSON_H
#define CONSOLE_LOOSEJSON_H

#include "common/err.h"
#include "common/str.h"

#include <jansson.h>

/* Objects and arrays within each other. */
#define LOOSEJSON_DEPTH_MAX 32

/* Any value that fills all of the text. NULL with `err`, which names `file`. */
json_t *loosejson_read(const char *file, struct span text, struct err *err);

#endif
