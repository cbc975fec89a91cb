/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/attr.h"

#include <errno.h>
#include <limits.h>

#define PROFILES "/sys/kernel/security/apparmor/policy/profiles"
/* Profiles within profiles; the kernel has one level of them. */
#define DEPTH_MAX 8

enum { PATH, NAME, ATTACH, MODE, SHA1, SHA256 };

static const struct column columns[] = {
	{"path", COL_TEXT, COL_INDEX, "Name with that of the profile it is part of: a//b"},
	{"name", COL_TEXT, 0, "Name of the profile"},
	{"attach", COL_TEXT, 0, "Programs that it applies to, a pattern"},
	{"mode", COL_TEXT, 0, "enforce, complain, kill or unconfined"},
	{"sha1", COL_TEXT, 0, "Digest of the compiled profile, from kernels before 6.8"},
	{"sha256", COL_TEXT, 0, "Digest of the compiled profile, from newer kernels"},
	COL_END,
};

/* A directory of profiles that is being listed. */
struct level {
	DIR *dir;
	char path[PATH_MAX];
	char parent[NAME_MAX + 1]; /* name of the profile it belongs to, or "" */
};

struct state {
	struct level levels[DEPTH_MAX];
	unsigned depth; /* levels in use */
	struct buf b;
};

static void push(struct scan *s, struct state *st, const char *path, struct span parent)
{
	struct level *l = &st->levels[st->depth];

	if (st->depth == DEPTH_MAX || parent.n > NAME_MAX ||
		str_copy(l->path, sizeof(l->path), path) < 0)
		return;
	l->dir = attr_opendir(s, "%s", path);
	if (!l->dir)
		return;
	memcpy(l->parent, parent.p, parent.n);
	l->parent[parent.n] = '\0';
	st->depth++;
}

static int profiles_open(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_init(&st->b, ATTR_MAX);
	push(s, st, PROFILES, (struct span){"", 0});
	return 0;
}

/* Sets the row's columns from the directory; false when there is no profile in it. */
static bool put_profile(struct scan *s, struct state *st, const char *dir, struct span *ret_name)
{
	const char *parent = st->levels[st->depth - 1].parent;

	attr_row(s, ATTACH, &st->b, "%s/attach", dir);
	attr_row(s, MODE, &st->b, "%s/mode", dir);
	attr_row(s, SHA1, &st->b, "%s/sha1", dir);
	attr_row(s, SHA256, &st->b, "%s/sha256", dir);
	if (!attr_read(s, &st->b, ret_name, "%s/name", dir))
		return false;
	row_bytes(s, NAME, ret_name->p, ret_name->n);
	row_printf(
		s, PATH, "%s%s%.*s", parent, parent[0] ? "//" : "", (int)ret_name->n, ret_name->p);
	return true;
}

static int profiles_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct level *l = st->depth ? &st->levels[st->depth - 1] : NULL;
	const char *entry = l ? attr_next(l->dir) : NULL;
	char dir[PATH_MAX], below[PATH_MAX + 16];
	struct span name;
	int n;

	if (!l)
		return 0;
	if (!entry) {
		attr_closedir(l->dir);
		st->depth--;
		return 1;
	}
	n = snprintf(dir, sizeof(dir), "%s/%s", l->path, entry);
	if (n < 0 || n >= PATH_MAX)
		return 1;
	row_begin(s);
	if (!put_profile(s, st, dir, &name))
		return 1;
	row_end(s);
	snprintf(below, sizeof(below), "%s/profiles", dir);
	push(s, st, below, name);
	return 1;
}

static void profiles_close(struct scan *s)
{
	struct state *st = scan_state(s);

	while (st->depth)
		attr_closedir(st->levels[--st->depth].dir);
	buf_done(&st->b);
}

const struct table table_apparmor_profiles = {
	.name = "apparmor_profiles",
	.doc = "Profiles of AppArmor that are loaded into the kernel; for root.",
	.columns = columns,
	.open = profiles_open,
	.step = profiles_step,
	.close = profiles_close,
	.state_size = sizeof(struct state),
};
