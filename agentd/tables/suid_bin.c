/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/idnames.h"
#include "agentd/nsroot.h"
#include "agentd/pathwalk.h"
#include "agentd/root.h"
#include "common/str.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#define ENTRIES_PER_STEP 64

enum { PATH, USERNAME, GROUPNAME, PERMISSIONS, PID_WITH_NAMESPACE };

static const struct column columns[] = {
	{"path", COL_TEXT, 0, "The program"},
	{"username", COL_TEXT, 0, "Its owner, as whom it runs when S is set"},
	{"groupname", COL_TEXT, 0, "Its group, with which it runs when G is set"},
	{"permissions", COL_TEXT, 0, "S set-user-id, G set-group-id, or both"},
	NSROOT_PID_COLUMN,
	COL_END,
};

static const char *const places[] = {
	"/bin/%%",
	"/sbin/%%",
	"/usr/bin/%%",
	"/usr/sbin/%%",
	"/usr/local/bin/%%",
	"/usr/local/sbin/%%",
	"/tmp/%%",
};

struct state {
	struct scan *s;
	struct nsroot ns;
	struct idnames names;
	struct pathwalk *walk;
	size_t place; /* the next one */
};

static void skipped(void *arg, int err)
{
	struct state *st = arg;

	scan_skipped(st->s, "entries", "directory", err);
}

static int suid_open(struct scan *s)
{
	struct state *st = scan_state(s);
	int r = nsroot_open(&st->ns, s, PID_WITH_NAMESPACE);

	st->s = s;
	idnames_init(&st->names, st->ns.root);
	return r;
}

static void suid_close(struct scan *s)
{
	struct state *st = scan_state(s);

	pathwalk_free(st->walk);
	idnames_done(&st->names);
	nsroot_done(&st->ns);
}

static int next_place(struct state *st)
{
	struct pathwalk_hooks hooks = {.skipped = skipped, .arg = st};
	const char *place;
	int r;

	if (!st->ns.root || st->place == ARRAY_LEN(places))
		return 0;
	place = places[st->place++];
	st->walk = pathwalk_new(st->ns.root, nsroot_mounts(&st->ns), &hooks);
	if (!st->walk)
		return -ENOMEM;
	r = pathwalk_glob(st->walk, PATHGLOB_LIKE, place, strlen(place), false);
	return r < 0 ? r : 1;
}

static int put(struct state *st, const struct pathwalk_entry *e, const struct statx *stx)
{
	const char *user, *group;

	row_begin(st->s);
	row_bytes(st->s, PATH, e->path, e->path_len);
	if (scan_wants(st->s, USERNAME)) {
		user = idnames_get(&st->names, st->s, IDNAMES_USER, stx->stx_uid);
		if (!user)
			return -ENOMEM;
		row_text(st->s, USERNAME, user);
	}
	if (scan_wants(st->s, GROUPNAME)) {
		group = idnames_get(&st->names, st->s, IDNAMES_GROUP, stx->stx_gid);
		if (!group)
			return -ENOMEM;
		row_text(st->s, GROUPNAME, group);
	}
	row_printf(st->s, PERMISSIONS, "%s%s", stx->stx_mode & S_ISUID ? "S" : "",
		stx->stx_mode & S_ISGID ? "G" : "");
	row_int(st->s, PID_WITH_NAMESPACE, st->ns.pid);
	row_end(st->s);
	return 0;
}

static int consider(struct state *st, const struct pathwalk_entry *e)
{
	struct statx stx;
	int r;

	if (e->type != DT_REG && e->type != DT_LNK && e->type != DT_UNKNOWN)
		return 0;
	r = pathwalk_stat(st->walk, e, true, &stx);
	if (r < 0) {
		if (r != -ENOENT && r != -ENOTDIR && r != -ELOOP)
			scan_skipped(st->s, "attributes", "file", -r);
		return 0;
	}
	if (!S_ISREG(stx.stx_mode) || !(stx.stx_mode & (S_ISUID | S_ISGID)))
		return 0;
	return put(st, e, &stx);
}

static int suid_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct pathwalk_entry e;
	int r = PATHWALK_ENTRY;

	if (!st->walk)
		return next_place(st);
	for (unsigned i = 0; i < ENTRIES_PER_STEP && r == PATHWALK_ENTRY; i++) {
		r = pathwalk_next(st->walk, &e);
		if (r == PATHWALK_ENTRY && consider(st, &e) < 0)
			return -ENOMEM;
	}
	if (r == PATHWALK_END) {
		pathwalk_free(st->walk);
		st->walk = NULL;
	}
	return r < 0 ? r : 1;
}

const struct table table_suid_bin = {
	.name = "suid_bin",
	.doc = "Programs in the usual directories and below /tmp that run as their owner or group. "
	       "One that several paths lead to has a row for each.",
	.columns = columns,
	.open = suid_open,
	.step = suid_step,
	.close = suid_close,
	.state_size = sizeof(struct state),
};
