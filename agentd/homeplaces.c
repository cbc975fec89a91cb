/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/homeplaces.h"

#include <errno.h>
#include <string.h>

int homeplaces_init(struct homeplaces *h, struct scan *s, const char *const *relative, unsigned uid,
	unsigned pid_with_namespace)
{
	int r = 0;

	*h = (struct homeplaces){.relative = relative};
	if (pid_with_namespace != HOMEPLACES_NO_COLUMN)
		r = nsroot_open(&h->ns, s, pid_with_namespace);
	else
		h->ns.root = scan_root(s);
	places_init(&h->places, s, NULL, NULL, NULL);
	if (r < 0 || !h->ns.root)
		return r;
	h->remote = remote_mounts_new(h->ns.root, nsroot_mounts(&h->ns));
	r = h->remote ? homes_open(&h->homes, s, h->ns.root, uid) : -ENOMEM;
	if (r < 0)
		homeplaces_done(h);
	return r;
}

void homeplaces_done(struct homeplaces *h)
{
	places_done(&h->places);
	homes_close(&h->homes);
	remote_mounts_free(h->remote);
	h->remote = NULL;
	nsroot_done(&h->ns);
}

static bool is_remote(struct homeplaces *h)
{
	struct buf resolved;
	int r = 0;

	buf_init(&resolved, PATH_MAX);
	if (remote_mounts_any(h->remote))
		r = remote_mounts_resolve(h->remote, h->ns.root, h->homes.dir, &resolved);
	buf_done(&resolved);
	if (r == -EREMOTE)
		scan_skipped(h->places.s, "files", "home directory", EREMOTE);
	return r == -EREMOTE;
}

/* The home's path and the place's behind it; the former stands for itself. False: too long. */
static bool join(struct homeplaces *h, const char *place)
{
	size_t n = 0;

	for (const char *p = h->homes.dir; *p; p++) {
		if (n + 4 > sizeof(h->pattern))
			return false;
		if (strchr("*?[", *p)) {
			h->pattern[n++] = '[';
			h->pattern[n++] = *p;
			h->pattern[n++] = ']';
		} else {
			h->pattern[n++] = *p;
		}
	}
	return snprintf(h->pattern + n, sizeof(h->pattern) - n, "/%s", place) <
	       (int)(sizeof(h->pattern) - n);
}

/* The next place of the home, or the next home. 1, or 0 at the end of all. */
static int next_place(struct homeplaces *h)
{
	struct scan *s = h->places.s;

	if (!h->in_home) {
		if (!homes_next(&h->homes))
			return 0;
		h->in_home = !is_remote(h);
		h->next = h->relative;
		h->uid = h->homes.its_uid;
		return 1;
	}
	if (!*h->next) {
		h->in_home = false;
		return 1;
	}
	h->which = (size_t)(h->next - h->relative);
	if (!join(h, *h->next++))
		return 1;
	h->patterns[0] = h->pattern;
	places_init(&h->places, s, h->ns.root, nsroot_mounts(&h->ns), h->patterns);
	h->places.remote = h->remote;
	return 1;
}

int homeplaces_next(struct homeplaces *h, struct pathwalk_entry *ret)
{
	int r;

	if (h->places.walk || *h->places.patterns) {
		r = places_next(&h->places, ret);
		return r == PATHWALK_END ? PATHWALK_AGAIN : r;
	}
	return next_place(h) ? PATHWALK_AGAIN : PATHWALK_END;
}
