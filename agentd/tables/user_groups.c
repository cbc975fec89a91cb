/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/memberships.h"

#include <errno.h>

#define ROWS_PER_STEP 64

enum { UID, GID };

static const struct column columns[] = {
	{"uid", COL_BIGINT, COL_INDEX, "User id"},
	{"gid", COL_BIGINT, COL_INDEX, "Id of a group that the user is in"},
	COL_END,
};

struct shared {
	struct memberships all;
	bool read;
};

struct state {
	const struct memberships *all;
	size_t at;
	bool by_uid, by_gid, never;
	int64_t uid, gid;
};

static void shared_free(void *p)
{
	memberships_done(&((struct shared *)p)->all);
}

/* A join asks for one user after the other: the files are read once for all of them. */
static int groups_open(struct scan *s)
{
	static const char key;
	struct state *st = scan_state(s);
	struct shared *shared = scan_shared(s, &key, sizeof(*shared), shared_free);
	int r = shared ? 0 : -ENOMEM;

	if (!r && !shared->read)
		r = memberships_read(&shared->all, s, scan_root(s));
	if (r < 0)
		return r;
	shared->read = true;
	st->all = &shared->all;
	st->by_uid = scan_eq_int(s, UID, &st->uid, &st->never);
	st->by_gid = scan_eq_int(s, GID, &st->gid, &st->never);
	if (st->by_uid && (st->uid < 0 || st->uid > UINT32_MAX))
		st->never = true;
	else if (st->by_uid)
		st->at = memberships_find(st->all, (uint32_t)st->uid);
	return 0;
}

static int groups_step(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->never)
		return 0;
	for (unsigned i = 0; i < ROWS_PER_STEP; i++) {
		const struct membership *m = st->all->all + st->at;

		if (st->at == st->all->n || (st->by_uid && m->uid != st->uid))
			return 0;
		st->at++;
		if (st->by_gid && m->gid != st->gid)
			continue;
		row_begin(s);
		row_int(s, UID, m->uid);
		row_int(s, GID, m->gid);
		row_end(s);
	}
	return 1;
}

const struct table table_user_groups = {
	.name = "user_groups",
	.doc = "The groups that local users are in, their own one too.",
	.columns = columns,
	.open = groups_open,
	.step = groups_step,
	.state_size = sizeof(struct state),
};
