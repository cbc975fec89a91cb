/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/library.h"
#include "common/buf.h"
#include "common/io.h"
#include "common/str.h"
#include "console/paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_QUERIES "/usr/share/tocsin/queries"
#define BOOK_SUFFIX    ".runbook"
/* Queries of all directories together. */
#define QUERIES_MAX (4u * LIBRARY_FILES_MAX)

struct library {
	struct saved *queries;
	size_t n, cap;
	struct library_book *books;
	size_t n_books, books_cap;
};

struct library *library_new(void)
{
	return calloc(1, sizeof(struct library));
}

static void book_done(struct library_book *b)
{
	free(b->name);
	free(b->path);
}

void library_free(struct library *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		saved_done(&l->queries[i]);
	free(l->queries);
	for (size_t i = 0; i < l->n_books; i++)
		book_done(&l->books[i]);
	free(l->books);
	free(l);
}

/* ---- Reading a directory ---- */

/* One directory being read; queries from `first` on are its own, runbooks from `first_book` on. */
struct reading {
	struct library *l;
	size_t first, first_book, files;
	struct err *err;
};

/* Takes over `q`. Within one directory a name may be used once. */
static int put(struct reading *rd, struct saved *q)
{
	struct library *l = rd->l;
	int r;

	for (size_t i = 0; i < l->n; i++) {
		struct saved *old = &l->queries[i];

		if (!str_eq(old->name, q->name))
			continue;
		if (i < rd->first) {
			saved_done(old);
			*old = *q;
			return 0;
		}
		/* Which of the two was meant nobody knows. */
		if (!old->problem)
			old->problem = str_printf("%s:1: the name %s is also that of %s", old->path,
				old->name, q->path);
		saved_done(q);
		return 0;
	}
	r = array_grow(&l->queries, &l->cap, l->n + 1, sizeof(*l->queries), QUERIES_MAX);
	if (r == 0)
		l->queries[l->n++] = *q;
	return r;
}

static int read_query(
	struct reading *rd, int dirfd, const char *name, const char *path, const char *pack)
{
	struct saved q = {0};
	struct buf text;
	int r;

	/* One byte more than a file may have: the parser says that it is too large. */
	buf_init(&text, SAVED_FILE_MAX + 1);
	r = io_read_file(dirfd, name, &text);
	if (r == 0 || r == -EMSGSIZE) {
		r = saved_parse(path, pack, buf_str(&text), text.len, &q);
	} else if (r != -ENOMEM) {
		int why = -r;

		r = saved_parse(path, pack, "select", 6, &q);
		free(q.problem);
		q.problem = str_printf("%s: %s", path, strerror(why));
	}
	buf_done(&text);
	if (r == 0)
		r = put(rd, &q);
	if (r < 0)
		saved_done(&q);
	return r;
}

/* Takes over `b`. Within one directory that with the first path counts, however it is read. */
static int add_book(struct reading *rd, const struct library_book *b)
{
	struct library *l = rd->l;
	struct library_book *old;
	int r;

	for (size_t i = 0; i < l->n_books; i++) {
		struct library_book rest = *b;

		old = &l->books[i];
		if (!str_eq(old->name, b->name))
			continue;
		if (i < rd->first_book || strcmp(b->path, old->path) < 0) {
			rest = *old;
			*old = *b;
		}
		book_done(&rest);
		return 0;
	}
	r = array_grow(&l->books, &l->books_cap, l->n_books + 1, sizeof(*l->books), QUERIES_MAX);
	if (r == 0)
		l->books[l->n_books++] = *b;
	return r;
}

/* Of runbooks only their places are kept. */
static int put_book(struct reading *rd, const char *name, const char *path)
{
	size_t n = strlen(name) - strlen(BOOK_SUFFIX);
	struct library_book b = {span_dup((struct span){name, n}), strdup(path)};
	int r = b.name && b.path ? add_book(rd, &b) : -ENOMEM;

	if (r < 0)
		book_done(&b);
	return r;
}

static int read_folder(struct reading *rd, int fd, const char *path, const char *pack, int depth);

static int read_entry(struct reading *rd, int dirfd, const char *name, const char *dir,
	const char *pack, int depth)
{
	char path[PATH_TEXT_MAX], below[PATH_TEXT_MAX];
	struct stat st;
	int fd;

	if (name[0] == '.' || fstatat(dirfd, name, &st, 0) < 0)
		return 0;
	if (++rd->files > LIBRARY_FILES_MAX)
		return err_set(rd->err, E2BIG, "%s: more than %d files", dir, LIBRARY_FILES_MAX);
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path) ||
		(size_t)snprintf(below, sizeof(below), "%s%s%s", pack, *pack ? "/" : "", name) >=
			sizeof(below))
		return err_set(rd->err, ENAMETOOLONG, "%s: name too long", dir);
	if (!S_ISDIR(st.st_mode) && str_ends(name, BOOK_SUFFIX))
		return put_book(rd, name, path);
	if (!S_ISDIR(st.st_mode))
		return str_ends(name, ".sql") ? read_query(rd, dirfd, name, path, pack) : 0;
	if (depth == LIBRARY_DEPTH_MAX)
		return err_set(rd->err, ELOOP, "%s: more than %d folders within each other", path,
			LIBRARY_DEPTH_MAX);
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(rd->err, errno, "%s", path)
		      : read_folder(rd, fd, path, below, depth + 1);
}

/* Takes over `fd`. */
static int read_folder(struct reading *rd, int fd, const char *path, const char *pack, int depth)
{
	DIR *d = fdopendir(fd);
	const struct dirent *e;
	int r = 0;

	if (!d) {
		r = err_sys(rd->err, errno, "%s", path);
		io_close(fd);
		return r;
	}
	while (r == 0 && (e = readdir(d)) != NULL)
		r = read_entry(rd, fd, e->d_name, path, pack, depth);
	closedir(d);
	return r;
}

static int by_pack_and_name(const void *a, const void *b)
{
	const struct saved *x = a, *y = b;
	int c = strcmp(x->pack, y->pack);

	return c ? c : strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
	const struct library_book *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int library_add(struct library *l, const char *directory, struct err *err)
{
	struct reading rd = {.l = l, .first = l->n, .first_book = l->n_books, .err = err};
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return err_sys(err, errno, "saved queries: %s", directory);
	r = read_folder(&rd, fd, directory, "", 0);
	if (l->n > 0)
		qsort(l->queries, l->n, sizeof(*l->queries), by_pack_and_name);
	if (l->n_books > 0)
		qsort(l->books, l->n_books, sizeof(*l->books), by_name);
	return r == -ENOMEM ? err_sys(err, ENOMEM, "saved queries") : r;
}

/* ---- Where they are ---- */

static int add_if_there(struct library *l, const char *directory, struct err *err)
{
	return access(directory, F_OK) < 0 ? 0 : library_add(l, directory, err);
}

static int add_named(struct library *l, const char *list, struct err *err)
{
	struct span rest = span_str(list), part;
	int r = 0;

	while (r == 0 && span_split(&rest, ':', &part)) {
		char *directory = span_dup(part);

		if (!directory)
			return err_sys(err, ENOMEM, "saved queries");
		if (*directory)
			r = library_add(l, directory, err);
		free(directory);
	}
	return r;
}

/* The first of these that is there belongs to the program: in the tree it was built in, or
 * installed. */
static char *program_queries(void)
{
	static const struct {
		const char *marker, *queries;
	} places[] = {
		{"../../console/library.c", "../../queries"},
		{"../../../console/library.c", "../../../queries"},
		{"../share/tocsin/queries", "../share/tocsin/queries"},
	};
	char path[PATH_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (paths_program(path, sizeof(path), places[i].marker) < 0 ||
			access(path, F_OK) < 0)
			continue;
		if (paths_program(path, sizeof(path), places[i].queries) == 0)
			return realpath(path, NULL);
	}
	return NULL;
}

static int add_program(struct library *l, struct err *err)
{
	char *path = program_queries();
	int r = 0;

	if (path && !str_eq(path, SYSTEM_QUERIES))
		r = library_add(l, path, err);
	free(path);
	return r;
}

int library_load(struct library *l, struct err *err)
{
	const char *named = getenv("TOCSIN_QUERIES");
	char own[PATH_TEXT_MAX];
	int r;

	if (named && *named)
		return add_named(l, named, err);
	r = add_program(l, err);
	if (r == 0)
		r = add_if_there(l, SYSTEM_QUERIES, err);
	if (r == 0 && paths_config(own, sizeof(own), "queries") == 0)
		r = add_if_there(l, own, err);
	return r;
}

/* ---- Looking up ---- */

size_t library_len(const struct library *l)
{
	return l->n;
}

const struct saved *library_at(const struct library *l, size_t i)
{
	return &l->queries[i];
}

const struct saved *library_find(const struct library *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->queries[i].name, name))
			return &l->queries[i];
	return NULL;
}

const char *library_nearest(const struct library *l, const char *name)
{
	const char **names, *near;
	size_t max = 1, n = 0;

	for (size_t i = 0; i < l->n; i++)
		max += 2 + l->queries[i].packs.n;
	names = calloc(max, sizeof(*names));
	if (!names)
		return NULL;
	for (size_t i = 0; i < l->n; i++) {
		const struct saved *q = &l->queries[i];

		names[n++] = q->name;
		if (*q->pack)
			names[n++] = q->pack;
		for (size_t j = 0; j < q->packs.n; j++)
			names[n++] = q->packs.names[j];
	}
	near = str_nearest(name, names);
	free(names);
	return near;
}

/* ---- Runbooks ---- */

size_t library_books_len(const struct library *l)
{
	return l->n_books;
}

const struct library_book *library_book_at(const struct library *l, size_t i)
{
	return &l->books[i];
}

const struct library_book *library_book_find(const struct library *l, const char *name)
{
	for (size_t i = 0; i < l->n_books; i++)
		if (str_eq(l->books[i].name, name))
			return &l->books[i];
	return NULL;
}

const char *library_book_nearest(const struct library *l, const char *name)
{
	const char **names = calloc(l->n_books + 1, sizeof(*names)), *near;

	if (!names)
		return NULL;
	for (size_t i = 0; i < l->n_books; i++)
		names[i] = l->books[i].name;
	near = str_nearest(name, names);
	free(names);
	return near;
}
