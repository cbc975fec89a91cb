/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who the hosts are: Ansible's inventories (tocsin-inventory(5)) read into hosts, groups and
 * variables. Files are the user's but may be large and wrong: every mistake names file and line.
 */
#ifndef CONSOLE_FLEET_INVENTORY_H
#define CONSOLE_FLEET_INVENTORY_H

#include "common/err.h"

#include <jansson.h>
#include <stddef.h>

struct inventory;

#define INVENTORY_FILE_MAX   (64u << 20) /* bytes of one file */
#define INVENTORY_HOSTS_MAX  200000
#define INVENTORY_RANGE_MAX  100000 /* hosts of one range expression */
#define INVENTORY_GROUPS_MAX 20000
#define INVENTORY_NAMES_MAX  100000 /* different names of variables */
#define INVENTORY_PROGRAM_MS 120000 /* time for a program to print its hosts */

struct inventory *inventory_new(void);
void inventory_free(struct inventory *inv);
/*
 * Adds one source: a file (INI, YAML or JSON) or FIFO, an executable one that is run with --list
 * and prints JSON, a directory of such files, or, when there is no such file and it holds a comma,
 * a list of hosts. May be called again; later sources add and override. After a failure there is
 * only inventory_free.
 */
int inventory_load(struct inventory *inv, const char *source, struct err *err);
/* Once after the last source: reads the group_vars/ and host_vars/ beside them. */
int inventory_load_vars(struct inventory *inv, struct err *err);

size_t inventory_hosts(const struct inventory *inv);
/* In the order in which the sources name them. */
const char *inventory_host_name(const struct inventory *inv, size_t host);
size_t inventory_groups(const struct inventory *inv);
/* `all` and `ungrouped` among them. */
const char *inventory_group_name(const struct inventory *inv, size_t group);
/*
 * A host's variable after group and host precedence, as text; *ret is NULL when it is not set or
 * null, and valid until the next source. References to other variables ({{ name }}) are resolved.
 * -EINVAL with `err`, which names file and line, for what only Ansible can tell: what ansible-vault
 * keeps, and templates that need more than that (tocsin-inventory(5)).
 * Looking up is not thread-safe: it leaves marks.
 */
int inventory_var(const struct inventory *inv, size_t host, const char *name, const char **ret,
	struct err *err);
/* Says in `err`, which is set, in which file and line the host's variable is; returns its code. */
int inventory_var_mistake(
	const struct inventory *inv, size_t host, const char *name, struct err *err);

/*
 * Selects hosts by an Ansible pattern: "web:&prod:!web07", "web*", "~regex", "web[0:4]", "@FILE"
 * (patterns, one a line), "all". *ret is a heap array of host indexes in inventory order, without
 * repetition; may be empty. -EINVAL with `err` for a bad pattern, -ENOENT for a name that neither a
 * host nor a group has (where Ansible goes on without it: what was to be kept out would be in), the
 * error of a FILE that cannot be read.
 */
int inventory_select(const struct inventory *inv, const char *pattern, size_t **ret, size_t *ret_n,
	struct err *err);
/* The shape of `ansible-inventory --list`; NULL when out of memory. */
json_t *inventory_json(const struct inventory *inv);

#endif
