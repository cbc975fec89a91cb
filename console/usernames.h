/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names of the users and groups of many hosts, as each told them. Names are hostile bytes;
 * equal ones are kept once. All is bounded: what is beyond has no name. Any thread may ask.
 */
#ifndef CONSOLE_USERNAMES_H
#define CONSOLE_USERNAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USERNAMES_HOST_MAX 5000	   /* of one host */
#define USERNAMES_MAX	   2000000 /* of all hosts */
#define USERNAMES_TEXTS	   200000  /* different ones */
#define USERNAMES_LEN_MAX  64	   /* bytes; longer ones are left out */

struct usernames;

/* NULL: no memory. */
struct usernames *usernames_new(size_t n_hosts);
/* Accepts NULL. */
void usernames_free(struct usernames *u);
/* 0, -E2BIG or -EINVAL for what is left out, -ENOMEM. */
int usernames_add(
	struct usernames *u, uint32_t host, bool group, int64_t id, const char *name, size_t n);
/* All of the host were added: from now on they are found. */
void usernames_settle(struct usernames *u, uint32_t host);
/* The first that the host told for the id, or NULL; it stays until usernames_free. */
const char *usernames_find(struct usernames *u, uint32_t host, bool group, int64_t id);

#endif
