/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/broker.h"
#include "agentd/attr.h"
#include "agentd/pathwalk.h"
#include "agentd/root.h"
#include "agentd/sysctlconf.h"

#include <errno.h>
#include <limits.h>

#define PROC_SYS "/proc/sys/"

enum { NAME, OID, SUBSYSTEM, CURRENT_VALUE, CONFIG_VALUE, TYPE };

static const struct column columns[] = {
	{"name", COL_TEXT, COL_INDEX, "Name, with dots: kernel.pid_max"},
	{"oid", COL_TEXT, COL_ADDITIONAL, "Always NULL: Linux has no numbers for them any more"},
	{"subsystem", COL_TEXT, COL_ADDITIONAL, "First part of the name: kernel, net, vm …"},
	{"current_value", COL_TEXT, 0, "Value in force; NULL where it may not be read"},
	{"config_value", COL_TEXT, 0, "Value that sysctl.conf(5) or sysctl.d(5) sets at boot"},
	{"type", COL_TEXT, 0, "Always string"},
	COL_END,
};

struct state {
	struct pathwalk *walk; /* NULL: no rows */
	const struct sysctlconf *conf;
	struct buf value;
};

/* ---- Which ones ---- */

/* "net.ipv4.ip_forward" -> "/proc/sys/net/ipv4/ip_forward"; false for what is no name. */
static bool path_of(const char *name, char path[PATH_MAX])
{
	int n = snprintf(path, PATH_MAX, PROC_SYS "%s", name);

	if (n < 0 || n >= PATH_MAX || !name[0] || strchr(name, '/') || strstr(name, "..") ||
		name[0] == '.')
		return false;
	for (char *p = path + strlen(PROC_SYS); *p; p++)
		if (*p == '.')
			*p = '/';
	return true;
}

/* A part of the name may itself hold dots (eth0.100): then all of its subsystem is looked at. */
static int walk_name(struct scan *s, struct state *st, const char *name)
{
	char path[PATH_MAX];
	struct stat sb;

	if (!path_of(name, path))
		return 0;
	if (root_stat(scan_root(s), path, false, &sb) == 0)
		return pathwalk_path(st->walk, path);
	path[strlen(PROC_SYS) + strcspn(name, ".")] = '\0';
	if (strlen(path) + strlen("/**") >= sizeof(path) || strpbrk(path, "*?["))
		return 0;
	memcpy(path + strlen(path), "/**", sizeof("/**"));
	return pathwalk_glob(st->walk, PATHGLOB_GLOB, path, strlen(path), false);
}

static int walk_subsystem(struct state *st, const char *subsystem)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), PROC_SYS "%s/**", subsystem);

	if (n < 0 || n >= PATH_MAX || strpbrk(subsystem, "/*?[.") || !subsystem[0])
		return 0;
	return pathwalk_glob(st->walk, PATHGLOB_GLOB, path, (size_t)n, false);
}

static void skipped(void *arg, int err)
{
	if (err != ENOENT)
		scan_skipped(arg, "entries", "directory", err);
}

static int start_walk(struct scan *s, struct state *st)
{
	const struct pathwalk_hooks hooks = {.skipped = skipped, .arg = s};
	const char *name = scan_eq_text(s, NAME), *subsystem = scan_eq_text(s, SUBSYSTEM);

	if (scan_eq_text(s, OID))
		return 0;
	st->walk = pathwalk_new(scan_root(s), NULL, &hooks);
	if (!st->walk)
		return -ENOMEM;
	if (name)
		return walk_name(s, st, name);
	if (subsystem)
		return walk_subsystem(st, subsystem);
	return pathwalk_glob(st->walk, PATHGLOB_GLOB, PROC_SYS "**", strlen(PROC_SYS "**"), false);
}

/* What all scans of a query share: a join looks up many names, the files are read once. */
struct shared {
	struct sysctlconf *conf;
};

static void shared_free(void *p)
{
	struct shared *shared = p;

	sysctlconf_free(shared->conf);
}

static int read_conf(struct scan *s, struct state *st)
{
	static const char key;
	struct shared *shared = scan_shared(s, &key, sizeof(*shared), shared_free);

	if (shared && !shared->conf)
		shared->conf = sysctlconf_read(s);
	st->conf = shared ? shared->conf : NULL;
	return st->conf ? 0 : -ENOMEM;
}

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	pathwalk_free(st->walk);
	buf_done(&st->value);
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	int r;

	buf_init(&st->value, ATTR_MAX);
	r = start_walk(s, st);
	if (!r && st->walk && scan_wants(s, CONFIG_VALUE))
		r = read_conf(s, st);
	if (r < 0)
		close_scan(s);
	return r;
}

/* ---- Rows ---- */

/* Some can only be written to, others have no value as long as nobody sets one. */
static void put_value(struct scan *s, struct state *st, const char *path)
{
	struct span text;
	int r;

	if (!scan_wants(s, CURRENT_VALUE))
		return;
	buf_reset(&st->value);
	r = root_read(scan_root(s), path, &st->value);
	/* Of these the kernel looks at the user alone, whatever capabilities there are. */
	if ((r == -EACCES || r == -EPERM) && root_is_live(scan_root(s)) && broker_is_set())
		r = broker_read(path, &st->value);
	if (r < 0 && r != -EMSGSIZE) {
		struct stat sb;

		if (root_stat(scan_root(s), path, false, &sb) == 0 && sb.st_mode & 0444 &&
			(r == -EACCES || r == -EPERM))
			scan_skipped(s, "value", "control", -r);
		return;
	}
	text = span_trim((struct span){buf_str(&st->value), st->value.len});
	row_bytes(s, CURRENT_VALUE, text.p, text.n);
}

static void put_control(struct scan *s, struct state *st, const struct pathwalk_entry *e)
{
	char name[PATH_MAX];
	const char *config;

	if (e->path_len >= PATH_MAX || !str_starts(e->path, PROC_SYS))
		return;
	str_copy(name, sizeof(name), e->path + strlen(PROC_SYS));
	for (char *p = name; *p; p++)
		if (*p == '/')
			*p = '.';
	row_begin(s);
	row_text(s, NAME, name);
	row_bytes(s, SUBSYSTEM, name, strcspn(name, "."));
	put_value(s, st, e->path);
	config = sysctlconf_value(st->conf, name);
	if (config)
		row_text(s, CONFIG_VALUE, config);
	row_text(s, TYPE, "string");
	row_end(s);
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct pathwalk_entry e;
	int r = st->walk ? pathwalk_next(st->walk, &e) : PATHWALK_END;
	struct stat sb;

	if (r != PATHWALK_ENTRY)
		return r < 0 ? r : r == PATHWALK_AGAIN;
	if (e.type == DT_UNKNOWN && root_stat(scan_root(s), e.path, false, &sb) == 0)
		e.type = S_ISREG(sb.st_mode) ? DT_REG : DT_UNKNOWN;
	if (e.type == DT_REG && !e.remote)
		put_control(s, st, &e);
	return 1;
}

const struct table table_system_controls = {
	.name = "system_controls",
	.doc = "Settings of the kernel (sysctl), in force and as configured.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
