/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The units of systemd: those it has loaded, as it tells over D-Bus, with their states. Where none
 * answers, and for another root, those that there are files for; their states are not known then.
 */
#ifndef AGENTD_UNITS_H
#define AGENTD_UNITS_H

#include "agentd/dbus.h"
#include "agentd/table.h"
#include "common/map.h"
#include "common/str.h"

#define UNITS_SYSTEM_BUS "/run/dbus/system_bus_socket"

#include <dirent.h>
#include <limits.h>

/* Unit files; more are left out with a warning. */
#define UNITS_FILES_MAX 65536

/* Strings are valid until the next one; NULL is what is not known. */
struct unit {
	const char *id, *description, *load_state, *active_state, *sub_state, *following;
	const char *object_path, *job_type, *job_path;
	int64_t job_id;
	const char *unit_file_state, *fragment_path, *source_path, *user;
};

enum units_want {
	UNITS_FILE_STATE = 1 << 0,
	UNITS_FRAGMENT = 1 << 1,
	UNITS_SOURCE = 1 << 2,
	UNITS_USER = 1 << 3,
	UNITS_DESCRIPTION = 1 << 4,
	UNITS_STATES = 1 << 5, /* when they are not known it is worth a warning */
};
#define UNITS_PROPERTIES 4

struct units {
	struct scan *s;
	unsigned want;
	bool live; /* systemd answers */
	/* From it. */
	struct dbus bus;
	struct buf list;
	struct dbus_body at;
	size_t end;
	char *properties[UNITS_PROPERTIES];
	/* From files. */
	struct map *enabled; /* names of units that something wants: "" or "-runtime" */
	struct map *seen;
	size_t place;
	DIR *dir;
	char path[PATH_MAX];
	struct buf content, target, description, source, user, state;
};

/* 0 or -ENOMEM. units_close may be called in any case. */
int units_open(struct units *u, struct scan *s, unsigned want);
/* Accepts a zeroed struct. */
void units_close(struct units *u);
/* 1 with the next one, 2 when a piece of work was done without, 0 at the end, -ENOMEM. */
int units_next(struct units *u, struct unit *ret);

/* Asks for a property of a live unit, a time in microseconds. 0 or -errno. */
int units_get_time(struct units *u, const char *object, const char *interface, const char *name,
	uint64_t *ret);

#endif
