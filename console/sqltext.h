/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of SQL's text is no code. */
#ifndef CONSOLE_SQLTEXT_H
#define CONSOLE_SQLTEXT_H

#include "common/str.h"

/* Bytes of the string, quoted name or comment that `s` begins with; 0: none. */
size_t sqltext_quoted(struct span s);
/* Is it a comment that `s` begins with? */
bool sqltext_comment(struct span s);

#endif
