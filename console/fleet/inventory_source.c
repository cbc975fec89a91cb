/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where inventories come from: files, programs, directories, lists on the command line. */
#include "console/fleet/inventory_nodes.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/json.h"
#include "common/spawn.h"
#include "console/fleet/hostname.h"
#include "console/fleet/ytree.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Directories within each other. */
#define DIRECTORIES_MAX 16
/* A program that has printed everything gets this long to end. */
#define PROGRAM_END_MS 5000
/* Hosts that a program is asked for one by one, when it says nothing of them in _meta. */
#define PROGRAM_HOSTS_MAX 10000

static int no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

/* ---- Host expressions ---- */

struct adding {
	struct inventory *inv;
	const struct place *at;
	uint32_t group;
	const struct value *port; /* NULL: none */
	struct list *ret;
	struct err *err;
	bool said; /* `err` is set */
};

static int add_one(void *arg, struct span name)
{
	struct adding *a = arg;
	bool is_new;
	uint32_t host;
	int r = node_host(a->inv, a->at, name, &host, &is_new, a->err);

	/* As with Ansible, the port is for hosts that are met for the first time. */
	if (r == 0 && is_new && a->port)
		r = node_set_host_var(a->inv, host, span_str("ansible_port"), a->port, a->err);
	if (r == 0)
		r = node_add_member(a->inv, a->group, host, a->err);
	if (r == 0 && list_add(a->ret, host, INVENTORY_HOSTS_MAX) < 0)
		r = no_memory(a->err);
	a->said = r < 0;
	return r;
}

static int read_port(struct adding *a, struct span digits)
{
	uint64_t port;

	if (digits.n == 0)
		return 0;
	if (parse_span(digits, 10, UINT16_MAX, &port) < 0 || port == 0)
		return mistake(a->at, a->err, "no port from 1 to 65535 behind the `:`");
	return node_value(a->inv, a->at, json_integer((json_int_t)port), &a->port, a->err);
}

int inventory_add_hosts(struct inventory *inv, const struct place *at, struct span expression,
	uint32_t group, struct list *ret, struct err *err)
{
	struct adding a = {.inv = inv, .at = at, .group = group, .ret = ret, .err = err};
	struct span name = expression, port = {NULL, 0};
	struct err why;
	int r;

	/* What is no name of a host by the rules is taken as it is. */
	if (!hostname_parse(expression, &name, &port) && name.n && name.p[name.n - 1] == ':')
		return mistake(at, err, "no port behind the `:`");
	r = read_port(&a, port);
	if (r < 0)
		return r;
	r = hostname_expand(name, INVENTORY_RANGE_MAX, add_one, &a, &why);
	if (r == 0 || a.said)
		return r;
	return why.code == ENOMEM ? no_memory(err) : mistake(at, err, "%s", why.text);
}

int inventory_read_list(struct inventory *inv, const char *text, struct err *err)
{
	const struct place at = {.file = text};
	struct span rest = span_str(text), name;
	struct list hosts = {.n = 0};
	int r = 0;

	while (r == 0 && span_split(&rest, ',', &name)) {
		name = span_trim(name);
		if (name.n)
			r = inventory_add_hosts(inv, &at, name, GROUP_UNGROUPED, &hosts, err);
	}
	free(hosts.v);
	return r;
}

/* ---- Files ---- */

static bool first_is(const struct buf *b, char c)
{
	struct span s = span_trim((struct span){buf_str(b), b->len});

	return s.n && s.p[0] == c;
}

/* With another ending it is INI; with none it may be either. */
static bool has_ending(const char *path)
{
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : path;
	return *name && strchr(name + 1, '.');
}

/* A brace begins JSON, and YAML that is written like it. */
static int read_braced(struct inventory *inv, const char *path, struct span text, struct err *err)
{
	struct ytree *t;
	json_t *json = json_read_any(text.p, text.n, YTREE_DEPTH_MAX, NULL);
	int r = json ? -EINVAL : ytree_read(path, text, &t, NULL);

	json_decref(json);
	if (r < 0)
		return inventory_read_json(inv, path, text, NULL, err);
	ytree_free(t);
	return inventory_read_yaml(inv, path, text, err);
}

static int read_text(struct inventory *inv, const char *path, const struct buf *b, struct err *err)
{
	struct span text = {buf_str(b), b->len};
	bool is_yaml = false;
	int r = 0;

	if (first_is(b, '{'))
		return read_braced(inv, path, text, err);
	if (str_ends(path, ".yml") || str_ends(path, ".yaml"))
		return inventory_read_yaml(inv, path, text, err);
	if (!has_ending(path))
		r = inventory_try_yaml(inv, path, text, &is_yaml, err);
	return r < 0 || is_yaml ? r : inventory_read_ini(inv, path, text, err);
}

/* Everything that comes until the other end is closed or time is up. */
static int read_output(int fd, int64_t until, struct buf *b)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};

	for (;;) {
		int64_t left = until - clock_mono_ms();
		int r;

		/* A FIFO that nobody has opened yet looks as if it had ended. */
		if (left <= 0 || poll(&pfd, 1, (int)left) == 0)
			return -ETIMEDOUT;
		r = io_read_all(fd, b);
		if (r != -EAGAIN)
			return r;
	}
}

static int read_fifo(const char *path, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = read_output(fd, clock_mono_ms() + INVENTORY_PROGRAM_MS, b);
	io_close(fd);
	return r;
}

static int read_file(struct inventory *inv, const char *path, bool is_fifo, struct err *err)
{
	struct buf b;
	int r;

	buf_init(&b, INVENTORY_FILE_MAX);
	r = is_fifo ? read_fifo(path, &b) : io_read_file(AT_FDCWD, path, &b);
	if (r == -EMSGSIZE)
		r = err_set(err, EFBIG, "%s: larger than %u MiB", path, INVENTORY_FILE_MAX >> 20);
	else if (r == -ETIMEDOUT)
		r = err_set(err, ETIMEDOUT, "%s: did not end within %d seconds", path,
			INVENTORY_PROGRAM_MS / 1000);
	else if (r < 0)
		r = err_sys(err, -r, "%s", path);
	else
		r = read_text(inv, path, &b, err);
	buf_done(&b);
	return r;
}

/* ---- Programs ---- */

/*
 * May be run and begins as scripts and programs do. There are file systems where every file may be
 * run.
 */
static bool is_program(const char *path, const struct stat *st)
{
	int fd = -1;
	char magic[4] = "";
	ssize_t n = 0;

	if (!S_ISREG(st->st_mode) || !(st->st_mode & 0111) || access(path, X_OK) < 0)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* What may be run but not read is no file of hosts either way. */
	if (fd < 0)
		return true;
	n = read(fd, magic, sizeof(magic));
	io_close(fd);
	return (n >= 2 && memcmp(magic, "#!", 2) == 0) ||
	       (n == 4 && memcmp(magic, "\177ELF", 4) == 0);
}

/* `host` NULL: it is to list them all. */
static int start_program(const char *path, const char *host, struct spawned *ret, struct err *err)
{
	/* From where it is, not looked up in PATH. */
	char *here = str_printf("%s%s", strchr(path, '/') ? "" : "./", path);
	const char *const argv[] = {here, host ? "--host" : "--list", host, NULL};
	int r = here ? spawn(argv, 0, ret, err) : no_memory(err);

	free(here);
	return r;
}

static int run_program(
	const char *path, const char *host, int64_t until, struct buf *b, struct err *err)
{
	struct spawned s;
	int r = start_program(path, host, &s, err), status;

	if (r < 0)
		return r;
	shutdown(s.fd, SHUT_WR);
	r = read_output(s.fd, until, b);
	status = spawn_wait(&s, r < 0 ? 0 : PROGRAM_END_MS);
	if (r == -EMSGSIZE)
		return err_set(
			err, EFBIG, "%s: printed more than %u MiB", path, INVENTORY_FILE_MAX >> 20);
	if (r == -ETIMEDOUT || (r == 0 && status < 0))
		return err_set(err, ETIMEDOUT, "%s: did not end within %d seconds", path,
			INVENTORY_PROGRAM_MS / 1000);
	if (r < 0)
		return err_sys(err, -r, "%s", path);
	if (WIFSIGNALED(status))
		return err_set(err, EINVAL, "%s: ended by signal %d", path, WTERMSIG(status));
	if (WEXITSTATUS(status))
		return err_set(err, EINVAL, "%s: ended with status %d", path, WEXITSTATUS(status));
	return 0;
}

/* One run for each, all of them within the time of one program. */
static int ask_for_hosts(struct inventory *inv, const char *path, const struct list *hosts,
	int64_t until, struct err *err)
{
	struct buf b;
	int r = 0;

	if (hosts->n > PROGRAM_HOSTS_MAX)
		return err_set(err, EINVAL,
			"%s: names %zu hosts without _meta: it would be run for each", path,
			hosts->n);
	buf_init(&b, INVENTORY_FILE_MAX);
	for (size_t i = 0; i < hosts->n && r == 0; i++) {
		buf_reset(&b);
		r = run_program(path, inv->hosts[hosts->v[i]].name, until, &b, err);
		if (r == 0)
			r = inventory_read_hostvars(
				inv, path, hosts->v[i], (struct span){buf_str(&b), b.len}, err);
	}
	buf_done(&b);
	return r;
}

static int read_program(struct inventory *inv, const char *path, struct err *err)
{
	int64_t until = clock_mono_ms() + INVENTORY_PROGRAM_MS;
	struct list bare = {.n = 0};
	struct buf b;
	int r;

	buf_init(&b, INVENTORY_FILE_MAX);
	r = run_program(path, NULL, until, &b, err);
	if (r == 0)
		r = inventory_read_json(inv, path, (struct span){buf_str(&b), b.len}, &bare, err);
	buf_done(&b);
	if (r == 0)
		r = ask_for_hosts(inv, path, &bare, until, err);
	free(bare.v);
	return r;
}

/* ---- Directories ---- */

static int read_path(struct inventory *inv, const char *path, unsigned depth, struct err *err);

/* Variables of their own kind, left-overs of editors, what is no inventory. */
static int wanted(const struct dirent *e)
{
	static const char *const endings[] = {".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md",
		".txt", ".rst", ".orig", ".ini", ".cfg", ".retry"};
	static const char *const names[] = {"group_vars", "host_vars", "vars_plugins"};

	if (e->d_name[0] == '.')
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
		if (str_ends(e->d_name, endings[i]))
			return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq(e->d_name, names[i]))
			return 0;
	}
	return 1;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_directory(struct inventory *inv, const char *path, unsigned depth, struct err *err)
{
	struct dirent **entries;
	int n = scandir(path, &entries, wanted, by_bytes), r = 0;

	if (n < 0)
		return err_sys(err, errno, "%s", path);
	for (int i = 0; i < n; i++) {
		char *inner = r == 0 ? str_printf("%s/%s", path, entries[i]->d_name) : NULL;

		if (r == 0)
			r = inner ? read_path(inv, inner, depth + 1, err) : no_memory(err);
		free(inner);
		free(entries[i]);
	}
	free(entries);
	return r;
}

static int read_path(struct inventory *inv, const char *path, unsigned depth, struct err *err)
{
	struct stat st;
	int r;

	if (stat(path, &st) < 0 && errno == ENOENT && depth == 0 && !strchr(path, '/'))
		return err_set(err, ENOENT,
			"%s: No such file or directory; a list of hosts has a comma: -i '%s,'",
			path, path);
	if (stat(path, &st) < 0)
		return err_sys(err, errno, "%s", path);
	if (S_ISDIR(st.st_mode)) {
		if (depth == DIRECTORIES_MAX)
			return err_set(
				err, ELOOP, "%s: too many directories within each other", path);
		return read_directory(inv, path, depth, err);
	}
	r = node_file(inv, path, err);
	if (r < 0)
		return r;
	if (is_program(path, &st))
		return read_program(inv, path, err);
	/* A FIFO only where it was asked for by name: nothing waits for one that lies around. */
	return read_file(inv, path, depth == 0 && S_ISFIFO(st.st_mode), err);
}

/* Where a source may have group_vars/ and host_vars/: in the directory, or beside the file. */
static int add_beside(struct inventory *inv, const char *source, struct err *err)
{
	const char *slash = strrchr(source, '/');
	struct stat st;
	char *beside;

	if (array_grow(&inv->beside, &inv->cap_beside, inv->n_beside + 1, sizeof(*inv->beside),
		    SIZE_MAX / 64) < 0)
		return no_memory(err);
	if (stat(source, &st) == 0 && S_ISDIR(st.st_mode))
		beside = strdup(source);
	else if (slash)
		beside = str_printf("%.*s", slash == source ? 1 : (int)(slash - source), source);
	else
		beside = strdup(".");
	if (!beside)
		return no_memory(err);
	inv->beside[inv->n_beside++] = beside;
	return 0;
}

int inventory_load(struct inventory *inv, const char *source, struct err *err)
{
	const struct place at = {.file = source};
	int r;

	node_unsettle(inv);
	inv->source++;
	if (strchr(source, ',') && access(source, F_OK) < 0) {
		(void)node_file(inv, NULL, err);
		r = inventory_read_list(inv, source, err);
	} else {
		r = read_path(inv, source, 0, err);
		if (r == 0)
			r = add_beside(inv, source, err);
	}
	return r < 0 ? r : node_settle(inv, &at, err);
}
