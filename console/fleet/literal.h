/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Values of INI inventories, which Ansible takes for Python where they are that: 22 is a number,
 * True a truth, ['a', 'b'] a list, "x" the text x; everything else is text.
 */
#ifndef CONSOLE_FLEET_LITERAL_H
#define CONSOLE_FLEET_LITERAL_H

#include "common/str.h"

#include <jansson.h>

/* Lists and dictionaries within each other. */
#define LITERAL_DEPTH_MAX 16

/*
 * The value of a Python literal; of all else, and of what JSON has no word for, the text as it is.
 * NULL when out of memory. `text` must be UTF-8 without NULs.
 */
json_t *literal_read(struct span text);

#endif
