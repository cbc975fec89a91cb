/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/accounts.h"
#include "agentd/nsroot.h"
#include "agentd/root.h"
#include "agentd/table.h"
#include "agentd/textfile.h"
#include "common/buf.h"

#include <errno.h>
#include <pthread.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of accounts that the system's sources may give. */
#define REMOTE_MAX (32u << 20)
/* Bytes of one of them. */
#define REMOTE_ONE_MAX (1u << 20)

enum {
	UID,
	GID,
	UID_SIGNED,
	GID_SIGNED,
	USERNAME,
	DESCRIPTION,
	HOME,
	SHELL,
	UUID,
	PID_WITH_NAMESPACE,
	INCLUDE_REMOTE,
};

static const struct column columns[] = {
	{"uid", COL_BIGINT, COL_INDEX, "User id"},
	{"gid", COL_BIGINT, 0, "Id of the user's own group"},
	{"uid_signed", COL_BIGINT, 0, "User id as a signed number of 32 bits"},
	{"gid_signed", COL_BIGINT, 0, "Group id as a signed number of 32 bits"},
	{"username", COL_TEXT, COL_ADDITIONAL, "Name to log in with"},
	{"description", COL_TEXT, 0, "Full name or what else the comment field holds"},
	{"directory", COL_TEXT, 0, "Home directory"},
	{"shell", COL_TEXT, 0, "Program started at login"},
	{"uuid", COL_TEXT, COL_INDEX, "Empty on Linux"},
	NSROOT_PID_COLUMN,
	{"include_remote", COL_INTEGER, COL_ADDITIONAL | COL_HIDDEN,
		"1: ask all of the system's sources (LDAP …), not only /etc/passwd"},
	COL_END,
};

struct state {
	struct nsroot ns;
	struct textfile file;
	struct buf remote; /* a struct remote and its strings after the other */
	size_t at;
	bool local, listed;
	size_t bad; /* lines that are no entries */
};

/* ---- The system's sources ---- */

struct remote {
	uint32_t uid, gid;
	uint32_t len[4]; /* name, description, directory, shell */
};

static int add_remote(struct buf *b, const struct passwd *pw)
{
	const char *text[4] = {pw->pw_name, pw->pw_gecos, pw->pw_dir, pw->pw_shell};
	struct remote one = {.uid = pw->pw_uid, .gid = pw->pw_gid};
	int r;

	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		one.len[i] = text[i] ? (uint32_t)strlen(text[i]) : 0;
	r = buf_add(b, &one, sizeof(one));
	for (size_t i = 0; !r && i < ARRAY_LEN(text); i++)
		r = buf_add(b, text[i], one.len[i]);
	return r;
}

/* One account by its id or name, where the constraints say which. *ret_done: they do. */
static int look_up(struct scan *s, struct state *st, char *p, bool *ret_done)
{
	const char *name = scan_eq_text(s, USERNAME);
	struct passwd pw, *got = NULL;
	bool never = false;
	int64_t uid;
	int r = 0;

	if (scan_eq_int(s, UID, &uid, &never) && uid >= 0 && uid <= UINT32_MAX)
		r = getpwuid_r((uid_t)uid, &pw, p, REMOTE_ONE_MAX, &got);
	else if (name)
		r = getpwnam_r(name, &pw, p, REMOTE_ONE_MAX, &got);
	else
		return 0;
	*ret_done = true;
	if (got)
		return add_remote(&st->remote, got);
	if (r && r != ENOENT && r != ESRCH)
		scan_skipped(s, "entry", "account", r);
	return 0;
}

/* The C library has one place in that list for the whole process, so it is read at once. */
static int list_all(struct state *st, struct scan *s, char *p)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct passwd pw, *got;
	int r = 0;

	pthread_mutex_lock(&lock);
	setpwent();
	while (!r && !scan_stop(s) && getpwent_r(&pw, p, REMOTE_ONE_MAX, &got) == 0 && got)
		r = add_remote(&st->remote, got);
	endpwent();
	pthread_mutex_unlock(&lock);
	if (r != -EMSGSIZE)
		return r;
	scan_warn(s, "more than %u MiB of accounts: the rest is left out", REMOTE_MAX >> 20);
	return 0;
}

static int open_remote(struct scan *s, struct state *st)
{
	char *p = malloc(REMOTE_ONE_MAX);
	bool done = false;
	int r;

	if (!p)
		return -ENOMEM;
	r = look_up(s, st, p, &done);
	if (!r && !done)
		r = list_all(st, s, p);
	free(p);
	return r;
}

/* ---- Rows ---- */

static void put_ids(struct scan *s, int64_t uid, int64_t gid)
{
	if (uid != ACCOUNT_NO_ID) {
		row_int(s, UID, uid);
		row_int(s, UID_SIGNED, (int32_t)(uint32_t)uid);
	}
	if (gid != ACCOUNT_NO_ID) {
		row_int(s, GID, gid);
		row_int(s, GID_SIGNED, (int32_t)(uint32_t)gid);
	}
}

static void put_rest(struct scan *s, const struct state *st)
{
	row_text(s, UUID, "");
	row_int(s, PID_WITH_NAMESPACE, st->ns.pid);
	row_int(s, INCLUDE_REMOTE, st->listed);
}

static void put_line(struct scan *s, const struct state *st, const struct passwd_line *p)
{
	row_begin(s);
	put_ids(s, p->uid, p->gid);
	row_bytes(s, USERNAME, p->name.p, p->name.n);
	row_bytes(s, DESCRIPTION, p->gecos.p, p->gecos.n);
	row_bytes(s, HOME, p->dir.p, p->dir.n);
	row_bytes(s, SHELL, p->shell.p, p->shell.n);
	put_rest(s, st);
	row_end(s);
}

static int step_remote(struct scan *s, struct state *st)
{
	static const unsigned cols[] = {USERNAME, DESCRIPTION, HOME, SHELL};
	struct remote one;
	const char *p;

	if (st->at == st->remote.len)
		return 0;
	memcpy(&one, st->remote.p + st->at, sizeof(one));
	p = st->remote.p + st->at + sizeof(one);
	row_begin(s);
	put_ids(s, one.uid, one.gid);
	for (size_t i = 0; i < ARRAY_LEN(cols); p += one.len[i++])
		row_bytes(s, cols[i], p, one.len[i]);
	put_rest(s, st);
	row_end(s);
	st->at = (size_t)(p - st->remote.p);
	return 1;
}

static int step_local(struct scan *s, struct state *st)
{
	struct passwd_line p;
	char *line;
	size_t len;
	int r = textfile_next(&st->file, &line, &len);

	if (r < 0) {
		scan_skipped(s, "/etc/passwd", "file", -r);
		return 0;
	}
	if (r != TEXTFILE_LINE)
		return r == TEXTFILE_AGAIN;
	r = passwd_line_read((struct span){line, len}, &p);
	if (r == 1)
		put_line(s, st, &p);
	st->bad += r < 0;
	return 1;
}

/* ---- The scan ---- */

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->local) {
		if (st->bad)
			scan_warn(s, "/etc/passwd: lines that are no entries: %zu", st->bad);
		textfile_told(&st->file, s, "/etc/passwd");
		textfile_done(&st->file);
	}
	buf_done(&st->remote);
	nsroot_done(&st->ns);
}

static int open_local(struct scan *s, struct state *st)
{
	int r = textfile_open(&st->file, st->ns.root, "/etc/passwd");

	st->local = r == 0;
	if (r < 0 && r != -ENOMEM)
		scan_warn(s, "/etc/passwd: %s", textfile_why(r));
	return r == -ENOMEM ? r : 0;
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	int64_t remote = 0;
	int r = nsroot_open(&st->ns, s, PID_WITH_NAMESPACE);

	buf_init(&st->remote, REMOTE_MAX);
	if (r < 0 || !st->ns.root)
		return r;
	st->listed = scan_eq_int(s, INCLUDE_REMOTE, &remote, NULL) && remote == 1;
	if (st->listed && root_is_live(st->ns.root)) {
		r = open_remote(s, st);
	} else {
		if (st->listed)
			scan_warn(s, "include_remote: only /etc/passwd is at hand here");
		r = open_local(s, st);
	}
	if (r < 0)
		close_scan(s);
	return r;
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);

	return st->local ? step_local(s, st) : step_remote(s, st);
}

const struct table table_users = {
	.name = "users",
	.doc = "Local accounts, from /etc/passwd.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
