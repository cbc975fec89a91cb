/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ctrl-C: the first asks the program to finish with what it has, the second ends it at once. */
#ifndef CONSOLE_INTERRUPT_H
#define CONSOLE_INTERRUPT_H

#include <stdbool.h>

/* Takes SIGINT, SIGTERM and, where it is not ignored, SIGHUP; ignores SIGPIPE. */
void interrupt_init(void);
bool interrupted(void);
/* What was interrupted is over, and the program goes on. */
void interrupt_forget(void);
/* A file to remove when the program ends at once; NULL: none. The text must stay. The one before.
 */
const char *interrupt_unlinks(const char *path);

#endif
