/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help, made from the descriptors. */
#ifndef CONSOLE_USAGE_H
#define CONSOLE_USAGE_H

#include "common/buf.h"
#include "console/command.h"

/* Bytes of a help text. */
#define USAGE_MAX (64u << 10)

/* All return as buf_add does. */
int usage_short(struct buf *out);
int usage_program(struct buf *out);
int usage_command(const struct command *c, struct buf *out);
/* Prints what `fill` gives; an exit status. */
int usage_print(int (*fill)(struct buf *out));
int usage_print_command(const struct command *c);

#endif
