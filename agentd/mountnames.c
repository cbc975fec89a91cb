/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/mountnames.h"

#include "agentd/mounttab.h"
#include "agentd/textfile.h"
#include "common/buf.h"
#include "common/io.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TABLE	    "/proc/self/mountinfo"
#define SELF_FD_MAX 40
#define FDINFO_MAX  4096
/* More than the kernel lets a namespace have (fs.mount-max). */
#define MOUNTS_MAX   (1u << 18)
#define MOUNTS_FIRST 64
/* What the kernel writes behind a name that is not in its directory any more. */
#define GONE " (deleted)"

struct mount {
	int id;
	unsigned major, minor;
	const char *path, *root; /* where it is; which part of its file system it shows */
	char *text;		 /* of both */
};

struct mountnames {
	pthread_mutex_t lock;
	int fd; /* of the table: poll(2) tells when it changed; -1: never read */
	struct mount *mounts;
	size_t n, room;
};

/* ---- The table ---- */

static void forget(struct mountnames *m)
{
	while (m->n)
		free(m->mounts[--m->n].text);
}

static int add(struct mountnames *m, const struct mountinfo_entry *e)
{
	size_t path = strlen(e->path) + 1, root = strlen(e->root) + 1;
	struct mount *mount;

	if (m->n == m->room) {
		size_t room = m->room ? 2 * m->room : MOUNTS_FIRST;
		struct mount *more =
			room > MOUNTS_MAX ? NULL : realloc(m->mounts, room * sizeof(*m->mounts));

		if (!more)
			return -ENOMEM;
		m->mounts = more;
		m->room = room;
	}
	mount = &m->mounts[m->n];
	*mount = (struct mount){.id = e->id, .major = e->major, .minor = e->minor};
	mount->text = malloc(path + root);
	if (!mount->text)
		return -ENOMEM;
	mount->path = memcpy(mount->text, e->path, path);
	mount->root = memcpy(mount->text + path, e->root, root);
	m->n++;
	return 0;
}

static int read_table(struct mountnames *m)
{
	struct mountinfo_entry e;
	struct textfile t;
	char *line;
	size_t len;
	int r = lseek(m->fd, 0, SEEK_SET) < 0 ? -errno : 0, got;

	if (!r)
		r = textfile_init(&t, fcntl(m->fd, F_DUPFD_CLOEXEC, 0));
	if (r < 0)
		return r;
	while (!r && (got = textfile_next(&t, &line, &len)) != TEXTFILE_END) {
		if (got < 0)
			r = got;
		else if (got == TEXTFILE_LINE && mountinfo_entry_read(line, len, &e) == 0)
			r = add(m, &e);
	}
	textfile_done(&t);
	return r;
}

/* What could not be read whole is read anew the next time. */
static int refresh(struct mountnames *m)
{
	struct pollfd changed = {.fd = m->fd, .events = POLLPRI};
	int r;

	if (m->fd >= 0 && poll(&changed, 1, 0) == 0)
		return 0;
	forget(m);
	if (m->fd < 0)
		m->fd = open(TABLE, O_RDONLY | O_CLOEXEC);
	r = m->fd < 0 ? -errno : read_table(m);
	if (r < 0)
		m->fd = io_close(m->fd);
	return r;
}

struct mountnames *mountnames_new(void)
{
	struct mountnames *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->fd = -1;
	pthread_mutex_init(&m->lock, NULL);
	return m;
}

void mountnames_free(struct mountnames *m)
{
	if (!m)
		return;
	forget(m);
	free(m->mounts);
	io_close(m->fd);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* ---- Names ---- */

/* The path's end behind the folder, with its slash, "" for itself; NULL: it lies elsewhere. */
static const char *behind(const char *folder, const char *path)
{
	size_t n = str_eq(folder, "/") ? 0 : strlen(folder);

	return strncmp(path, folder, n) == 0 && (!path[n] || path[n] == '/') ? path + n : NULL;
}

/* -errno, or the id of the mount by which it was opened. */
static int mount_of(int fd)
{
	char path[SELF_FD_MAX];
	const char *at;
	struct buf b;
	int r, id;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	buf_init(&b, FDINFO_MAX);
	r = io_read_file(AT_FDCWD, path, &b);
	if (r == 0 || r == -EMSGSIZE) {
		at = strstr(buf_str(&b), "mnt_id:");
		r = at && sscanf(at, "mnt_id: %d", &id) == 1 ? id : -EPROTO;
	}
	buf_done(&b);
	return r;
}

/* Of the mounts that show the same file system as `own`; `rest`: where in that it is. */
static int other_names(struct mountnames *m, const struct mount *own, const char *rest,
	bool (*fn)(void *arg, const char *name), void *arg)
{
	char inside[2 * PATH_MAX], name[2 * PATH_MAX];

	if (snprintf(inside, sizeof(inside), "%s%s", str_eq(own->root, "/") ? "" : own->root,
		    rest) >= (int)sizeof(inside))
		return -ENAMETOOLONG;
	for (size_t i = 0; i < m->n; i++) {
		const struct mount *o = &m->mounts[i];
		const char *there = behind(o->root, inside);

		if (o == own || o->major != own->major || o->minor != own->minor || !there)
			continue;
		if (snprintf(name, sizeof(name), "%s%s", str_eq(o->path, "/") ? "" : o->path,
			    there) >= (int)sizeof(name))
			return -ENAMETOOLONG;
		if (fn(arg, name))
			return 1;
	}
	return 0;
}

static int names_elsewhere(struct mountnames *m, int fd, const char *name,
	bool (*fn)(void *arg, const char *name), void *arg)
{
	int id = mount_of(fd), r = id < 0 ? id : refresh(m);

	if (r < 0)
		return r;
	for (size_t i = 0; i < m->n; i++) {
		const struct mount *own = &m->mounts[i];
		const char *rest = own->id == id ? behind(own->path, name) : NULL;

		if (rest)
			return other_names(m, own, rest, fn, arg);
	}
	return -EXDEV;
}

int mountnames_any(struct mountnames *m, int fd, bool (*fn)(void *arg, const char *name), void *arg)
{
	char self[SELF_FD_MAX], name[PATH_MAX + 1];
	size_t gone = sizeof(GONE) - 1, n;
	ssize_t got;
	int r;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	got = readlink(self, name, sizeof(name) - 1);
	if (got < 0)
		return -errno;
	n = (size_t)got;
	name[n] = '\0';
	if (fn(arg, name))
		return 1;
	/* It may be called so, or have been called so without it. */
	if (n > gone && str_eq(name + n - gone, GONE)) {
		name[n - gone] = '\0';
		if (fn(arg, name))
			return 1;
	}
	pthread_mutex_lock(&m->lock);
	r = names_elsewhere(m, fd, name, fn, arg);
	pthread_mutex_unlock(&m->lock);
	return r;
}

int mountnames_points(struct mountnames *m, bool (*fn)(void *arg, const char *point), void *arg)
{
	int r;

	pthread_mutex_lock(&m->lock);
	r = refresh(m);
	for (size_t i = 0; r == 0 && i < m->n; i++)
		r = fn(arg, m->mounts[i].path);
	pthread_mutex_unlock(&m->lock);
	return r;
}
