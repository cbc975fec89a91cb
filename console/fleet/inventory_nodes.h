/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Private to the inventory: hosts, groups and variables, and what the readers of the sources put
 * them together with. Hosts and groups are known by their index.
 */
#ifndef CONSOLE_FLEET_INVENTORY_NODES_H
#define CONSOLE_FLEET_INVENTORY_NODES_H

#include "common/map.h"
#include "common/str.h"
#include "console/fleet/inventory.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

/* Always there. */
#define GROUP_ALL	0
#define GROUP_UNGROUPED 1
/* No group. */
#define GROUP_NONE UINT32_MAX
/* Messages about what is left out; then one that says that there are more. */
#define INVENTORY_NOTES_MAX 20

struct value {
	struct value *next;
	json_t *json;
	const char *text; /* in `json` or in `own`; NULL for null */
	char *own;
	bool template, vault; /* `text` is not what it means */
	uint32_t line;	      /* 0: not known */
	const char *file;     /* that sets it: one of inv->places */
};

struct var {
	const char *name; /* key of inv->names: equal names are equal pointers */
	const struct value *value;
	uint32_t source; /* number of the one that set it last */
};

struct vars {
	struct var *v;
	size_t n, cap;
};

struct list {
	uint32_t *v;
	size_t n, cap;
};

struct host {
	const char *name;
	const char *file;   /* that named it first, or NULL */
	struct list groups; /* those that name it, in that order */
	struct vars vars;
	struct vars file_vars; /* of host_vars/ */
	uint32_t mark;	       /* of the walk that met it last */
};

/* A group within another. */
struct edge {
	uint32_t child;
	uint32_t line;	 /* that says so, 0: none */
	uint32_t source; /* number of the source that says so */
	bool implied;	 /* of a group without any other parent in `all` */
};

struct group {
	const char *name;
	struct list hosts;
	struct list parents;
	struct edge *children;
	size_t n_children, cap_children;
	struct vars vars;
	struct vars file_vars; /* of group_vars/ */
	long priority;	       /* ansible_group_priority */
	uint32_t depth;	       /* the longest way from `all` */
	uint32_t rank;	       /* a variable of the group with the higher one wins */
	uint32_t mark;	       /* of the walk that met it last */
};

struct inventory {
	struct map *host_map, *group_map; /* name -> index + 1 */
	struct map *names;		  /* of variables */
	struct host *hosts;
	size_t n_hosts, cap_hosts;
	struct group *groups;
	size_t n_groups, cap_groups;
	struct value *values;
	uint32_t source; /* number of the one being read */
	char **beside;	 /* directories that may hold group_vars/ and host_vars/, as loaded */
	size_t n_beside, cap_beside;
	char **files; /* that were read, with their whole paths */
	size_t n_files, cap_files;
	char **places; /* files that values come from, as mistakes name them */
	size_t n_places, cap_places;
	const char *file;     /* the one being read, or NULL */
	size_t n_vault_files; /* left out */
	char *vault_file;     /* the first of them */
	unsigned notes;	      /* that were made */
	size_t n_implied;     /* the last ones in `ungrouped`, since no source put them anywhere */
	/* The only things that looking things up changes. */
	struct walk *walk;
	struct rendered *rendered;
};

/* Values that templates became, until the next source. */
struct rendered {
	struct map *by;	    /* host and template -> struct value */
	struct map *groups; /* name -> JSON list of its hosts */
	struct value *values;
};

/* A walk over groups meets each once: those it has met carry its number. */
struct walk {
	uint32_t number;
	struct list todo; /* has room for all groups */
};
/* The groups and hosts met in walks before count as not met. */
void walk_begin(const struct inventory *inv);
/* Meets a group. */
void walk_meet(const struct inventory *inv, uint32_t group);
/* The groups that a host is in, near and far, in no particular order; valid until the next walk. */
const struct list *walk_host_groups(const struct inventory *inv, size_t host);
/* A group and all in it, from near to far. */
const struct list *walk_descendants(const struct inventory *inv, uint32_t group);

/* The hosts of a group and of all in it, each once, in Ansible's order, added to an empty list. */
int inventory_members(const struct inventory *inv, uint32_t group, struct list *ret);

/*
 * What of several values of a host counts: the heaviest. Variables of groups by rank; over them
 * those of group_vars/, first of `all`, then of the rest by source, then by rank; over them those
 * of the host, and those of host_vars/.
 */
uint64_t weight_group(const struct inventory *inv, uint32_t group);
uint64_t weight_group_file(const struct inventory *inv, uint32_t group, const struct var *v);
#define WEIGHT_HOST	 (UINT64_MAX - 1)
#define WEIGHT_HOST_FILE UINT64_MAX

/* Says on stderr that something is left out. Returns 0. */
int inventory_note(struct inventory *inv, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Where in the sources a mistake is. */
struct place {
	const char *file;
	size_t line;   /* 0: not known */
	size_t column; /* likewise; counts from 1 */
};
/* Sets EINVAL with "FILE:LINE:COLUMN: " before the text; returns -EINVAL. */
int mistake(const struct place *at, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- Building: 0 or -errno with `err`, names and values are copied ---- */

/* Finds or adds. *ret_new (may be NULL): was it added? */
int node_host(struct inventory *inv, const struct place *at, struct span name, uint32_t *ret,
	bool *ret_new, struct err *err);
int node_group(struct inventory *inv, const struct place *at, struct span name, uint32_t *ret,
	struct err *err);
/* The group of this name, or GROUP_NONE. */
uint32_t node_find_group(const struct inventory *inv, struct span name);
int node_add_member(struct inventory *inv, uint32_t group, uint32_t host, struct err *err);
int node_add_child(struct inventory *inv, const struct place *at, uint32_t parent, uint32_t child,
	struct err *err);
/* A value that many hosts may share; takes the reference to `json` (NULL: no memory) in any case.
 */
int node_value(struct inventory *inv, const struct place *at, json_t *json,
	const struct value **ret, struct err *err);
/* Sets text and own, and what kind it is. */
int value_text(struct value *v);
void value_free_all(struct value *first);
int node_set_host_var(struct inventory *inv, uint32_t host, struct span name,
	const struct value *value, struct err *err);
int node_set_group_var(struct inventory *inv, const struct place *at, uint32_t group,
	struct span name, const struct value *value, struct err *err);
/* A variable of group_vars/ or host_vars/: it stands over what the sources say. */
int node_set_file_var(struct inventory *inv, bool of_group, uint32_t index, struct span name,
	const struct value *value, struct err *err);
/* A file is going to be read, NULL: none. */
int node_file(struct inventory *inv, const char *path, struct err *err);
/* Before a source: takes back what followed from those before. */
void node_unsettle(struct inventory *inv);
/*
 * After a source: what is implied (everything is in `all`, hosts of no group in `ungrouped`), no
 * circles, depths and ranks.
 */
int node_settle(struct inventory *inv, const struct place *at, struct err *err);

int list_add(struct list *l, uint32_t v, size_t max);

/* ---- Templates ---- */

/* Has Ansible more to do with this text than to take it? */
bool template_is(const char *text);
/*
 * What becomes of a template for a host; *ret is a reference of the caller's. -EINVAL with `err`,
 * which says what is wrong but not where.
 */
int template_render(const struct inventory *inv, size_t host, const json_t *text, json_t **ret,
	struct err *err);
/* Before a source: forgets what became of templates. */
void node_forget(struct inventory *inv);
/* The value that counts for a host, or NULL. */
const struct value *inventory_value(const struct inventory *inv, size_t host, struct span name);

/* ---- Readers of sources (inventory_source.c calls the others) ---- */

int inventory_read_ini(struct inventory *inv, const char *file, struct span text, struct err *err);
/*
 * `ret_bare` not NULL: the text comes from a program that was run with --list; gets the hosts that
 * it named, each once, when it said nothing of their variables (no _meta.hostvars).
 */
int inventory_read_json(struct inventory *inv, const char *file, struct span text,
	struct list *ret_bare, struct err *err);
/* What the program said for `--host NAME`: an object of variables, or nothing. */
int inventory_read_hostvars(
	struct inventory *inv, const char *file, uint32_t host, struct span text, struct err *err);
int inventory_read_yaml(struct inventory *inv, const char *file, struct span text, struct err *err);
/* As above for a file that may as well be INI: *ret_is tells, and nothing was read if not. */
int inventory_try_yaml(
	struct inventory *inv, const char *file, struct span text, bool *ret_is, struct err *err);
/* "web1,web2:2222": hosts of `ungrouped`. */
int inventory_read_list(struct inventory *inv, const char *text, struct err *err);
/*
 * Adds the hosts that an inventory's host expression means ("web[01:20].x:22"), sets their port
 * and makes them members of `group`; appends them to `ret`.
 */
int inventory_add_hosts(struct inventory *inv, const struct place *at, struct span expression,
	uint32_t group, struct list *ret, struct err *err);

#endif
