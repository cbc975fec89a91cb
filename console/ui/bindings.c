/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of keys as people read them: in the help and in the man page. */
#include "common/str.h"
#include "console/ui/pane.h"

#include <stdio.h>

bool binding_keys(
	const struct ui_binding *table, const struct ui_binding *b, char *ret, size_t size)
{
	const char *command = b->command;
	size_t n = 0;

	for (const struct ui_binding *t = table; t < b; t++)
		if (str_eq(t->command, command))
			return false;
	for (; b->key && n < size; b++)
		if (str_eq(b->command, command))
			n += (size_t)snprintf(ret + n, size - n, "%s%s", n ? " " : "", b->key);
	return true;
}
