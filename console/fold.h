/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The same sentence said by many hosts, told once: "web1, web2 and 68 more: connection refused".
 * With -v nothing is folded: each is told when it is added.
 */
#ifndef CONSOLE_FOLD_H
#define CONSOLE_FOLD_H

#include <stddef.h>

struct fold;

/* Different sentences kept; hosts with further ones are only counted. */
#define FOLD_KEPT 1000
/* Sentences told by fold_say. */
#define FOLD_LINES 20

/* Sentences that differ only in these are one, and they are left out when it is told. */
enum fold_by {
	FOLD_EXACT,
	FOLD_NUMBERS,
	FOLD_ADDRESSES, /* "192.0.2.7 port 22", "2001:db8::7 port 22" */
};

/* `say` is log_error or log_note. NULL when out of memory. */
struct fold *fold_new(void (*say)(const char *fmt, ...), enum fold_by by);
/* For the screen: `line` gets each line whole, without its newline; -v does not count. */
struct fold *fold_new_to(void (*line)(void *arg, const char *text), void *arg, enum fold_by by);
void fold_free(struct fold *f);
/* `host` must stay valid until fold_say, `text` need not. Without memory it is only counted.
 * Accepts NULL. */
void fold_add(struct fold *f, const char *host, const char *text);
/* Tells them in the order in which they first came, and forgets them. Accepts NULL. */
void fold_say(struct fold *f);

#endif
