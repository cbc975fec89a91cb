/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints what the screen's keys are bound to: kind of pane ("everywhere"), key and command. */
#include "console/ui/self.h"

#include <stdio.h>

static void put(const char *kind, const struct ui_binding *b)
{
	for (; b && b->key; b++)
		printf("%s\t%s\t%s\n", kind, b->key, b->command);
}

int main(void)
{
	put("everywhere", ui_bindings);
	for (size_t i = 0; pane_kinds_all[i]; i++)
		put(pane_kinds_all[i]->name, pane_kinds_all[i]->bindings);
	return 0;
}
