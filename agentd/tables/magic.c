/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/mounttab.h"
#include "agentd/pathscan.h"
#include "agentd/proctable.h"
#include "common/io.h"
#include "common/str.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* magic.h need not be there when the agent is built. */
#define MAGIC_MIME_TYPE	    0x000010
#define MAGIC_MIME_ENCODING 0x000400
#define MAGIC_NONE	    0

enum { PATH, MAGIC_DB_FILES, DATA, MIME_TYPE, MIME_ENCODING };

static const struct column columns[] = {
	PATHSCAN_PATH_COLUMN,
	{"magic_db_files", COL_TEXT, COL_ADDITIONAL,
		"Data bases to use instead of libmagic's own, separated by colons"},
	{"data", COL_TEXT, 0, "What the content looks like"},
	{"mime_type", COL_TEXT, 0, "The same as a MIME type"},
	{"mime_encoding", COL_TEXT, 0, "Encoding of the text, or binary"},
	COL_END,
};

/* libmagic, with its data base of several MB, is there once a query asks for it. */
struct magic {
	bool tried;
	void *lib;
	void *cookie; /* NULL: it cannot be used */
	char *files;  /* the data bases that the cookie was loaded with, NULL: its own */
	void *(*open)(int flags);
	void (*close)(void *cookie);
	int (*load)(void *cookie, const char *files);
	const char *(*descriptor)(void *cookie, int fd);
	int (*setflags)(void *cookie, int flags);
	const char *(*error)(void *cookie);
};

struct state {
	struct pathscan scan;
	struct magic *magic;
};

static void magic_free(void *p)
{
	struct magic *m = p;

	if (m->cookie)
		m->close(m->cookie);
	if (m->lib)
		dlclose(m->lib);
	free(m->files);
}

static bool find_functions(struct magic *m)
{
	struct {
		const char *name;
		void *to;
	} functions[] = {
		{"magic_open", &m->open},
		{"magic_close", &m->close},
		{"magic_load", &m->load},
		{"magic_descriptor", &m->descriptor},
		{"magic_setflags", &m->setflags},
		{"magic_error", &m->error},
	};

	m->lib = dlopen("libmagic.so.1", RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; m->lib && i < ARRAY_LEN(functions); i++) {
		void *f = dlsym(m->lib, functions[i].name);

		if (!f)
			return false;
		memcpy(functions[i].to, &f, sizeof(f));
	}
	return m->lib != NULL;
}

static int load(struct scan *s, struct magic *m, const char *files)
{
	const char *why;

	m->tried = true;
	if (!m->lib && !find_functions(m)) {
		scan_warn(s, "libmagic.so.1 is not installed on this host");
		return 0;
	}
	if (m->cookie)
		m->close(m->cookie);
	free(m->files);
	m->files = files ? strdup(files) : NULL;
	m->cookie = m->open(MAGIC_NONE);
	if (!m->cookie || (files && !m->files))
		return -ENOMEM;
	if (m->load(m->cookie, files) == 0)
		return 0;
	why = m->error(m->cookie);
	scan_warn(s, "%s", why ? why : "the data base of libmagic cannot be loaded");
	m->close(m->cookie);
	m->cookie = NULL;
	return 0;
}

static bool same_files(const struct magic *m, const char *files)
{
	return m->files && files ? str_eq(m->files, files) : !m->files && !files;
}

static int magic_open_scan(struct scan *s)
{
	static const struct pathscan_columns cols = {PATH, PROC_ALL, PROC_ALL, PROC_ALL};
	static const char key;
	const char *files = scan_eq_text(s, MAGIC_DB_FILES);
	struct state *st = scan_state(s);
	int r = 0;

	st->magic = scan_shared(s, &key, sizeof(*st->magic), magic_free);
	if (!st->magic)
		return -ENOMEM;
	if (!st->magic->tried || !same_files(st->magic, files))
		r = load(s, st->magic, files);
	if (r < 0 || !st->magic->cookie)
		return r;
	return pathscan_open(&st->scan, s, &cols);
}

static void magic_close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->scan.s)
		pathscan_close(&st->scan);
}

static void put(struct scan *s, struct state *st, int fd)
{
	static const struct {
		unsigned col;
		int flags;
	} asked[] = {
		{DATA, MAGIC_NONE},
		{MIME_TYPE, MAGIC_MIME_TYPE},
		{MIME_ENCODING, MAGIC_MIME_ENCODING},
	};

	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		const char *said;

		if (!scan_wants(s, asked[i].col) || lseek(fd, 0, SEEK_SET) < 0)
			continue;
		st->magic->setflags(st->magic->cookie, asked[i].flags);
		said = st->magic->descriptor(st->magic->cookie, fd);
		if (said)
			row_text(s, asked[i].col, said);
	}
}

static int magic_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct pathwalk_entry e;
	int r, fd;

	if (!st->scan.s)
		return 0;
	r = pathscan_next(&st->scan, &e);
	if (r != PATHWALK_ENTRY)
		return r < 0 ? r : r == PATHWALK_AGAIN;
	fd = pathwalk_open(st->scan.walk, &e);
	if (fd < 0) {
		if (fd != -ENOENT && fd != -ENOTDIR && fd != -EISDIR && fd != -EINVAL)
			scan_skipped(s, "content", fd == -EREMOTE ? "network mount" : "file", -fd);
		return 1;
	}
	if (!e.named && mount_fd_pseudo(fd)) {
		io_close(fd);
		return 1;
	}
	row_begin(s);
	pathscan_row(&st->scan, &e);
	row_text(s, MAGIC_DB_FILES, st->magic->files ? st->magic->files : "");
	put(s, st, fd);
	row_end(s);
	io_close(fd);
	return 1;
}

const struct table table_magic = {
	.name = "magic",
	.doc = "What the content of files looks like, whatever their names say; by libmagic, where "
	       "it "
	       "is installed. Regular files only.",
	.columns = columns,
	.open = magic_open_scan,
	.step = magic_step,
	.close = magic_close_scan,
	.state_size = sizeof(struct state),
};
