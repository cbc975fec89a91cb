/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The passphrase of a private key, or a password, typed at the terminal. */
#ifndef CONSOLE_PASSPHRASE_H
#define CONSOLE_PASSPHRASE_H

#include <stdbool.h>
#include <stddef.h>

/* Is there a terminal to ask at, and somebody in front of it (stdin and stderr are one too)? */
bool passphrase_possible(void);
/* A fleet_passphrase_fn; `arg` is not used. -ECANCELED when nothing was typed. */
int passphrase_ask(const char *key_file, char *buf, size_t size, void *arg);
/*
 * Anything else, by the words of `prompt`, which may be hostile; it may have several lines. 0 or
 * -errno.
 */
int passphrase_answer(const char *prompt, bool echo, char *buf, size_t size);

#endif
