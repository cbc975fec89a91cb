/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/attr.h"
#include "agentd/mounttab.h"
#include "agentd/textfile.h"

#include <errno.h>
#include <limits.h>

enum { SCOPE, KEY, VALUE };

static const struct column columns[] = {
	{"scope", COL_TEXT, 0,
		"Empty for the whole; booleans, policy_capabilities, initial_contexts or class"},
	{"key", COL_TEXT, 0, "What is set, for a class NAME/perms"},
	{"value", COL_TEXT, 0, "Its value: on or off for booleans, a permission for a class"},
	COL_END,
};

static const char *const whole[] = {
	"checkreqprot", "deny_unknown", "enforce", "mls", "policyvers", "reject_unknown"};
static const char *const scopes[] = {"booleans", "policy_capabilities", "initial_contexts"};

struct state {
	char dir[PATH_MAX]; /* where selinuxfs is mounted, "" when it is not */
	struct buf b;
	unsigned stage; /* 0: the whole, then each of the scopes, then the classes */
	DIR *classes;
};

/* ---- Where ---- */

static int find_mount(struct scan *s, struct state *st)
{
	struct mount_entry e;
	struct textfile t;
	size_t len;
	char *line;
	int r = textfile_open(&t, scan_root(s), "/proc/mounts");

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	while ((r = textfile_next(&t, &line, &len)) > 0 && !st->dir[0])
		if (r == TEXTFILE_LINE && mount_entry_read(line, len, &e) == 0 &&
			str_eq(e.type, "selinuxfs"))
			str_copy(st->dir, sizeof(st->dir), e.path);
	textfile_done(&t);
	return 0;
}

static int settings_open(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_init(&st->b, ATTR_MAX);
	return find_mount(s, st);
}

/* ---- Rows ---- */

static void put_row(struct scan *s, const char *scope, struct span key, struct span value)
{
	row_begin(s);
	row_text(s, SCOPE, scope);
	row_bytes(s, KEY, key.p, key.n);
	row_bytes(s, VALUE, value.p, value.n);
	row_end(s);
}

/* "1 1": the value in force and the one that waits to be committed. */
static struct span boolean(struct span value)
{
	return span_str(value.n && value.p[0] == '1' ? "on" : "off");
}

static void put_key(struct scan *s, struct state *st, const char *scope, const char *key)
{
	struct span value;

	if (!attr_read(s, &st->b, &value, "%s/%s/%s", st->dir, scope, key))
		return;
	while (value.n && value.p[value.n - 1] == '\0')
		value.n--;
	if (str_eq(scope, "booleans"))
		value = boolean(value);
	put_row(s, scope, span_str(key), value);
}

static void put_scope(struct scan *s, struct state *st, const char *scope)
{
	DIR *dir = attr_opendir(s, "%s/%s", st->dir, scope);
	const char *name;

	while ((name = attr_next(dir)) && !scan_stop(s))
		put_key(s, st, scope, name);
	attr_closedir(dir);
}

static void put_class(struct scan *s, struct state *st, const char *name)
{
	DIR *dir = attr_opendir(s, "%s/class/%s/perms", st->dir, name);
	char key[NAME_MAX + 16];
	const char *permission;

	snprintf(key, sizeof(key), "%s/perms", name);
	while ((permission = attr_next(dir)) && !scan_stop(s))
		put_row(s, "class", span_str(key), span_str(permission));
	attr_closedir(dir);
}

static int next_class(struct scan *s, struct state *st)
{
	const char *name;

	if (!st->classes)
		st->classes = attr_opendir(s, "%s/class", st->dir);
	name = attr_next(st->classes);
	if (name)
		put_class(s, st, name);
	return name != NULL;
}

static int settings_step(struct scan *s)
{
	struct state *st = scan_state(s);

	if (!st->dir[0])
		return 0;
	if (st->stage > ARRAY_LEN(scopes))
		return next_class(s, st);
	if (st->stage)
		put_scope(s, st, scopes[st->stage - 1]);
	for (size_t i = 0; !st->stage && i < ARRAY_LEN(whole); i++)
		put_key(s, st, "", whole[i]);
	st->stage++;
	return 1;
}

static void settings_close(struct scan *s)
{
	struct state *st = scan_state(s);

	attr_closedir(st->classes);
	buf_done(&st->b);
}

const struct table table_selinux_settings = {
	.name = "selinux_settings",
	.doc = "Settings of SELinux in the kernel; none where it is not in use.",
	.columns = columns,
	.open = settings_open,
	.step = settings_step,
	.close = settings_close,
	.state_size = sizeof(struct state),
};
