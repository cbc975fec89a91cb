/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/memberships.h"

#include "agentd/accounts.h"
#include "agentd/textfile.h"
#include "common/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	struct memberships *m;
	struct scan *s;
	size_t cap;
	struct map *uids; /* name -> uid + 1 as a pointer */
	bool full;
};

static int add(struct reading *r, int64_t uid, int64_t gid)
{
	int res = array_grow(&r->m->all, &r->cap, r->m->n + 1, sizeof(*r->m->all), MEMBERSHIPS_MAX);

	r->full |= res == -E2BIG;
	if (res < 0)
		return res == -E2BIG ? 0 : res;
	r->m->all[r->m->n++] = (struct membership){(uint32_t)uid, (uint32_t)gid};
	return 0;
}

/* Of two lines with one name the first one counts. */
static int add_account(struct reading *r, struct span line)
{
	struct passwd_line p;
	char *name;
	int res = 0;

	if (passwd_line_read(line, &p) != 1 || p.uid == ACCOUNT_NO_ID || p.gid == ACCOUNT_NO_ID)
		return 0;
	if (!map_get_n(r->uids, p.name.p, p.name.n)) {
		name = span_dup(p.name);
		if (!name)
			return -ENOMEM;
		res = map_put(r->uids, name, (void *)((uintptr_t)p.uid + 1), NULL);
		free(name);
	}
	r->full |= res == -E2BIG;
	if (res < 0 && res != -E2BIG)
		return res;
	return add(r, p.uid, p.gid);
}

static int add_group(struct reading *r, struct span line)
{
	struct group_line g;
	struct span name;
	int res = 0;

	if (group_line_read(line, &g) != 1 || g.gid == ACCOUNT_NO_ID)
		return 0;
	while (!res && span_split(&g.members, ',', &name)) {
		void *uid;

		name = span_trim(name);
		uid = map_get_n(r->uids, name.p, name.n);
		if (uid)
			res = add(r, (int64_t)((uintptr_t)uid - 1), g.gid);
	}
	return res;
}

static int read_lines(struct reading *r, const struct root *root, const char *path,
	int (*take)(struct reading *r, struct span line))
{
	struct textfile file;
	char *line;
	size_t len;
	int res = textfile_open(&file, root, path), got = TEXTFILE_AGAIN;

	if (res < 0) {
		if (res != -ENOMEM && res != -ENOENT)
			scan_warn(r->s, "%s: %s", path, textfile_why(res));
		return res == -ENOMEM ? res : 0;
	}
	while (!res && got > TEXTFILE_END && !scan_stop(r->s)) {
		got = textfile_next(&file, &line, &len);
		if (got == TEXTFILE_LINE)
			res = take(r, (struct span){line, len});
		else if (got < 0)
			scan_skipped(r->s, path, "file", -got);
	}
	textfile_told(&file, r->s, path);
	textfile_done(&file);
	return res;
}

static int by_uid_and_gid(const void *a, const void *b)
{
	const struct membership *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return (x->gid > y->gid) - (x->gid < y->gid);
}

static void sort_once(struct memberships *m)
{
	size_t n = 0;

	if (m->n)
		qsort(m->all, m->n, sizeof(*m->all), by_uid_and_gid);
	for (size_t i = 0; i < m->n; i++)
		if (!n || by_uid_and_gid(&m->all[n - 1], &m->all[i]) != 0)
			m->all[n++] = m->all[i];
	m->n = n;
}

int memberships_read(struct memberships *m, struct scan *s, const struct root *root)
{
	struct reading r = {.m = m, .s = s, .uids = map_new(MEMBERSHIPS_ACCOUNTS_MAX)};
	int res = r.uids ? 0 : -ENOMEM;

	if (!res)
		res = read_lines(&r, root, "/etc/passwd", add_account);
	if (!res)
		res = read_lines(&r, root, "/etc/group", add_group);
	map_free(r.uids, NULL);
	if (r.full)
		scan_warn(s, "more accounts than can be kept in mind: some groups are left out");
	sort_once(m);
	return res;
}

void memberships_done(struct memberships *m)
{
	free(m->all);
	*m = (struct memberships){0};
}

size_t memberships_find(const struct memberships *m, uint32_t uid)
{
	size_t low = 0, high = m->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->all[mid].uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}
