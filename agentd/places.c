/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/places.h"

#include "common/str.h"

#include <errno.h>
#include <string.h>

void places_init(struct places *p, struct scan *s, const struct root *root, const char *mounts,
	const char *const *patterns)
{
	static const char *const none[] = {NULL};

	*p = (struct places){s, root, mounts, root ? patterns : none, NULL, NULL, NULL};
}

static void end_walk(struct places *p)
{
	pathwalk_free(p->walk);
	p->walk = NULL;
}

void places_done(struct places *p)
{
	end_walk(p);
	remote_mounts_free(p->own_remote);
	p->own_remote = NULL;
}

static void skipped(void *arg, int err)
{
	scan_skipped(arg, "entries", "directory", err);
}

/* Does the way to where the pattern begins lead through a remote mount? Or -ENOMEM. */
static int is_remote(struct places *p, const char *pattern)
{
	char base[PATH_MAX];
	struct buf resolved;
	size_t n = strcspn(pattern, "*?[");
	int r = 0;

	if (!p->remote)
		p->remote = p->own_remote = remote_mounts_new(p->root, p->mounts);
	if (!p->remote)
		return -ENOMEM;
	if (pattern[n])
		while (n && pattern[n - 1] != '/')
			n--;
	if (n >= sizeof(base) || !remote_mounts_any(p->remote))
		return 0;
	memcpy(base, pattern, n);
	base[n] = '\0';
	buf_init(&resolved, PATH_MAX);
	r = remote_mounts_resolve(p->remote, p->root, base, &resolved);
	buf_done(&resolved);
	if (r == -EREMOTE)
		scan_skipped(p->s, "files", "place", EREMOTE);
	return r == -EREMOTE;
}

/* The walk of the next pattern. 1, 0 when there is none left, -ENOMEM. */
static int next_walk(struct places *p)
{
	struct pathwalk_hooks hooks = {.skipped = skipped, .arg = p->s};
	const char *pattern = *p->patterns;
	int r;

	if (!pattern)
		return 0;
	p->patterns++;
	r = is_remote(p, pattern);
	if (r)
		return r;
	p->walk = pathwalk_new(p->root, p->mounts, &hooks);
	if (!p->walk)
		return -ENOMEM;
	r = pathwalk_glob(p->walk, PATHGLOB_GLOB, pattern, strlen(pattern), false);
	/* Of a home directory that is no path. */
	if (r < 0)
		end_walk(p);
	return r == -ENOMEM ? r : 1;
}

int places_next(struct places *p, struct pathwalk_entry *ret)
{
	int r;

	if (!p->walk) {
		r = next_walk(p);
		return r <= 0 ? r : PATHWALK_AGAIN;
	}
	r = pathwalk_next(p->walk, ret);
	if (r != PATHWALK_END)
		return r;
	end_walk(p);
	return PATHWALK_AGAIN;
}

/* ---- Lines ---- */

void placelines_init(struct placelines *p, struct scan *s, const struct root *root,
	const char *mounts, const char *const *patterns)
{
	places_init(&p->places, s, root, mounts, patterns);
	p->open = false;
}

static void close_file(struct placelines *p)
{
	if (!p->open)
		return;
	textfile_told(&p->file, p->places.s, p->path);
	textfile_done(&p->file);
	p->open = false;
}

void placelines_done(struct placelines *p)
{
	close_file(p);
	places_done(&p->places);
}

static int next_file(struct placelines *p)
{
	struct pathwalk_entry e;
	int r = places_next(&p->places, &e), fd;

	if (r != PATHWALK_ENTRY)
		return r < 0 ? r : r == PATHWALK_AGAIN ? PLACELINES_AGAIN : PLACELINES_END;
	if (str_copy(p->path, sizeof(p->path), e.path) < 0)
		return PLACELINES_AGAIN;
	fd = pathwalk_open(p->places.walk, &e);
	/* Not there, or nothing that has lines. */
	if (fd == -ENOENT || fd == -ENOTDIR || fd == -EISDIR || fd == -ELOOP)
		return PLACELINES_AGAIN;
	if (fd < 0) {
		scan_skipped(p->places.s, "lines", "file", -fd);
		return PLACELINES_AGAIN;
	}
	r = textfile_init(&p->file, fd);
	p->open = r == 0;
	return r < 0 ? r : PLACELINES_FILE;
}

int placelines_next(struct placelines *p, char **ret_line, size_t *ret_len)
{
	int r;

	if (!p->open)
		return next_file(p);
	r = textfile_next(&p->file, ret_line, ret_len);
	if (r == TEXTFILE_LINE)
		return PLACELINES_LINE;
	if (r == TEXTFILE_AGAIN)
		return PLACELINES_AGAIN;
	if (r < 0)
		scan_skipped(p->places.s, "lines", "file", -r);
	close_file(p);
	return PLACELINES_FILE_END;
}
