/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Host names as Ansible's inventories and patterns write them, with ports and ranges. */
#ifndef CONSOLE_FLEET_HOSTNAME_H
#define CONSOLE_FLEET_HOSTNAME_H

#include "common/err.h"
#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes of a host's or group's name. */
#define HOSTNAME_LEN_MAX 1024
/* Ranges in one name. */
#define HOSTNAME_RANGES_MAX 16

/*
 * Is this the name or address of a host, or of several by ranges, with an optional port: web1,
 * web[01:20].x:22, 10.0.0.1, ::1, [::1]:22? *ret_host: without brackets and port; *ret_port: its
 * digits, empty when there are none.
 */
bool hostname_parse(struct span text, struct span *ret_host, struct span *ret_port);

/*
 * Calls `each` for every name that the ranges of `name` stand for, in order ("web[1:3]", "[a:f]",
 * "db[00:30:10]"); stops when it returns below zero. `max`: names at most. 0, what `each` returned,
 * or -EINVAL with words in `err`.
 */
int hostname_expand(struct span name, size_t max, int (*each)(void *arg, struct span name),
	void *arg, struct err *err);

#endif
