/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/shelf.h"

#include "common/io.h"
#include "common/map.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Names given out in one run. */
#define NAMES_MAX 100000
/* Unfinished files begin so: the library passes over what is hidden. */
#define UNFINISHED ".new-"

int shelf_init(struct shelf *s, const struct library *library, struct err *err)
{
	int r = paths_config(s->directory, sizeof(s->directory), "queries");

	s->library = library;
	s->ours = NULL;
	if (r < 0)
		return err_set(err, -r, "there is no place for queries: HOME is not set");
	s->ours = map_new(NAMES_MAX);
	return s->ours ? 0 : err_sys(err, ENOMEM, "saved queries");
}

void shelf_done(struct shelf *s)
{
	map_free(s->ours, NULL);
	s->ours = NULL;
}

/* ---- Names ---- */

static bool file_is_there(const struct shelf *s, const char *pack, const char *name)
{
	char path[PATH_TEXT_MAX + 2 * SAVED_NAME_MAX + 8];

	snprintf(path, sizeof(path), "%s/%s/%s.sql", s->directory, pack, name);
	return access(path, F_OK) == 0;
}

/* Does a query of another pack have the name? */
static bool is_taken(const struct shelf *s, const char *pack, const char *name)
{
	const struct saved *q = library_find(s->library, name);
	const char *given = map_get(s->ours, name);

	if (given)
		return !str_eq(given, pack);
	if (!q)
		return false;
	/* One of the program's own folder of that name is another query. */
	return !str_eq(q->pack, pack) || !str_starts(q->path, s->directory);
}

int shelf_find(struct shelf *s, const char *pack, const char *name, struct shelf_place *ret)
{
	struct shelf_place p = {.renamed = is_taken(s, pack, name)};
	int r;

	if (p.renamed)
		snprintf(p.name, sizeof(p.name), "%s-%s", pack, name);
	else
		snprintf(p.name, sizeof(p.name), "%s", name);
	if (p.renamed && is_taken(s, pack, p.name))
		return -EEXIST;
	p.there = file_is_there(s, pack, p.name);
	/* The pack's name outlives the map: it is the caller's. */
	r = map_put(s->ours, p.name, (void *)(uintptr_t)pack, NULL);
	if (r < 0)
		return r;
	*ret = p;
	return 0;
}

/* ---- Files ---- */

/* Makes the directory and those above it. 0 or -errno. */
static int make_directories(char *path)
{
	for (char *at = strchr(path + 1, '/');; at = strchr(at + 1, '/')) {
		int r;

		if (at)
			*at = '\0';
		r = mkdir(path, 0777) < 0 && errno != EEXIST ? -errno : 0;
		if (at)
			*at = '/';
		if (r < 0 || !at)
			return r;
	}
}

static int write_file(int dirfd, const char *name, const char *text)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	int r;

	if (fd < 0)
		return -errno;
	r = io_write_all(fd, text, strlen(text));
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	io_close(fd);
	return r;
}

/* A link, unlike a rename, fails where a file is: nobody's is lost between look and write. */
static int give_name(int dirfd, const char *from, const char *to, bool force)
{
	int r = force ? renameat(dirfd, from, dirfd, to) : linkat(dirfd, from, dirfd, to, 0);

	return r < 0 ? -errno : 0;
}

static int put_in(int dirfd, const char *name, const char *text, bool force)
{
	char unfinished[SAVED_NAME_MAX + 32], finished[SAVED_NAME_MAX + 8];
	int r;

	snprintf(unfinished, sizeof(unfinished), UNFINISHED "%s-%d", name, (int)getpid());
	snprintf(finished, sizeof(finished), "%s.sql", name);
	unlinkat(dirfd, unfinished, 0); /* of an earlier process that did not end well */
	r = write_file(dirfd, unfinished, text);
	if (r == 0)
		r = give_name(dirfd, unfinished, finished, force);
	unlinkat(dirfd, unfinished, 0);
	return r;
}

int shelf_put(const struct shelf *s, const char *pack, const struct shelf_place *place,
	const char *text, bool force, struct err *err)
{
	char path[PATH_TEXT_MAX + SAVED_NAME_MAX + 2];
	int fd, r;

	snprintf(path, sizeof(path), "%s/%s", s->directory, pack);
	r = make_directories(path);
	if (r < 0)
		return err_sys(err, -r, "%s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "%s", path);
	r = put_in(fd, place->name, text, force);
	io_close(fd);
	return r < 0 ? err_sys(err, -r, "%s/%s.sql", path, place->name) : 0;
}
