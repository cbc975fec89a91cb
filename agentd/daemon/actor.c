/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/daemon/actor.h"

#include "agentd/filecopy.h"
#include "agentd/mountnames.h"
#include "agentd/nofollow.h"
#include "agentd/root.h"
#include "common/io.h"
#include "common/json.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- What is asked for ---- */

int actor_set_action(struct actor *a, const struct priv_action *v)
{
	a->action = v->action;
	a->dry_run = v->dry_run;
	a->reason = strdup(v->reason);
	if (!a->reason)
		return -ENOMEM;
	for (size_t i = 0; v->action->args[i].name; i++) {
		a->values[i] = v->values[i];
		a->texts[i] = span_dup(v->values[i].text);
		if (!a->texts[i])
			return -ENOMEM;
		a->values[i].text.p = a->texts[i];
	}
	return 0;
}

int actor_set_get(struct actor *a, const struct priv_get *v)
{
	a->reason = strdup(v->reason);
	a->path = strdup(v->path);
	a->offset = v->offset;
	a->length = v->length;
	return a->reason && a->path ? 0 : -ENOMEM;
}

void actor_done(struct actor *a)
{
	free(a->reason);
	free(a->path);
	for (size_t i = 0; i < ACTION_ARGS_MAX; i++)
		free(a->texts[i]);
}

/* ---- What it takes ---- */

const char *actor_right(const struct actor *a)
{
	if (!a->action)
		return right_name(RIGHT_GET);
	return a->action->right ? a->action->right : a->action->name;
}

void actor_denied(const struct actor *a, char *out, size_t size)
{
	snprintf(out, size, "the agent's policy does not let %s do this (%s)",
		a->who->user[0] ? a->who->user : "this user", actor_right(a));
}

/* ---- For the audit log ---- */

static json_t *value_json(const struct action_arg *arg, const struct action_value *v)
{
	switch (arg->type) {
	case ACTION_INT:
		return json_integer(v->i);
	case ACTION_FLAG:
		return json_boolean(v->i);
	default:
		return json_bytes_new(v->text.p, v->text.n);
	}
}

static json_t *get_json(const struct actor *a)
{
	json_t *o = json_object();
	int r = o ? json_object_set_new(o, "path", json_bytes_new(a->path, strlen(a->path))) : -1;

	if (!r && a->offset)
		r = json_object_set_new(o, "offset", json_integer(a->offset));
	if (!r && a->length)
		r = json_object_set_new(o, "length", json_integer(a->length));
	if (r) {
		json_decref(o);
		o = NULL;
	}
	return o;
}

json_t *actor_args_json(const struct actor *a)
{
	json_t *o;
	int r = 0;

	if (!a->action)
		return get_json(a);
	o = json_object();
	for (size_t i = 0; o && !r && a->action->args[i].name; i++)
		if (a->values[i].given)
			r = json_object_set_new(o, a->action->args[i].name,
				value_json(&a->action->args[i], &a->values[i]));
	if (r) {
		json_decref(o);
		o = NULL;
	}
	return o;
}

json_t *actor_file_json(const struct actor *a, const struct priv_file *f, const char *sha256)
{
	return json_pack("{s:o?, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "path",
		json_bytes_new(a->path, strlen(a->path)), "size", (json_int_t)f->size, "mtime",
		(json_int_t)(f->mtime_ns / 1000000000), "mode", (json_int_t)f->mode, "uid",
		(json_int_t)f->uid, "gid", (json_int_t)f->gid, "device", (json_int_t)f->dev,
		"inode", (json_int_t)f->ino, "sha256", sha256);
}

/* ---- In the child: answers ---- */

static void answer(int out, const struct buf *frame, int r)
{
	if (r < 0 || io_write_all(out, frame->p, frame->len) < 0)
		_exit(1);
}

static char *dump(const json_t *tree)
{
	return tree ? json_dumps(tree, JSON_COMPACT) : NULL;
}

void actor_answer(int out, const struct action_outcome *o, uint64_t number)
{
	char *before = dump(o->before), *after = dump(o->after), *undo = dump(o->undo);
	struct priv_outcome v = {.status = o->status,
		.detail = o->detail,
		.before = before ? before : "",
		.after = after ? after : "",
		.undo = undo ? undo : ""};
	struct buf frame;
	int r;

	buf_init(&frame, PRIV_FRAME_MAX);
	r = strlen(v.before) + strlen(v.after) + strlen(v.undo) > ACTION_JSON_MAX
		    ? -EMSGSIZE
		    : priv_put_outcome(&frame, number, &v);
	if (r == -EMSGSIZE) {
		/* What came of it matters more than the description. */
		v.before = v.after = v.undo = "";
		r = priv_put_outcome(&frame, number, &v);
	}
	answer(out, &frame, r);
	buf_done(&frame);
	free(before);
	free(after);
	free(undo);
}

/* ---- In the child: actions ---- */

static bool allowed(const struct actor *a, const struct rights *rights, struct action_outcome *o)
{
	if (rights->allow & right_of(actor_right(a)))
		return true;
	o->status = WIRE_REFUSED;
	actor_denied(a, o->detail, sizeof(o->detail));
	return false;
}

static void act(const struct actor *a, const struct rights *rights, struct action_outcome *o)
{
	struct err err;
	struct root *root;
	struct action_call call = {
		.action = a->action,
		.values = a->values,
		.dry_run = a->dry_run,
		.reason = a->reason,
		.who = a->who,
		.rights = rights,
		.conf = a->daemon->conf,
		.state_dir = a->daemon->state_dir,
		.run_dir = a->daemon->run_dir,
	};

	if (!allowed(a, rights, o))
		return;
	root = root_new("/", &err);
	call.root = root;
	if (root)
		a->action->run(&call, o);
	else
		action_say(o, WIRE_FAILED, "%s", err.text);
	root_free(root);
}

void actor_act(int out, int fd, void *arg)
{
	const struct actor *a = arg;
	struct action_outcome o = {.status = WIRE_FAILED};
	struct rights rights;

	(void)fd;
	if (policy_rights(a->daemon->conf, a->who, &rights) < 0) {
		action_say(&o, WIRE_REFUSED, "the agent cannot tell what you may do");
	} else {
		act(a, &rights, &o);
		rights_done(&rights);
	}
	actor_answer(out, &o, a->number);
	action_outcome_done(&o);
}

/* ---- In the child: files ---- */

/* The path without one link in it: what the patterns of the policy are about. */
static void say_link(const char *path, struct action_outcome *o)
{
	char real[PATH_MAX];

	if (realpath(path, real))
		action_say(o, WIRE_REFUSED,
			"a symbolic link is in the path: the file's own path is %s", real);
	else
		action_say(o, WIRE_REFUSED, "a symbolic link is in the path");
}

static bool has_dots(const char *path)
{
	struct span rest = span_str(path), part;

	while (span_split(&rest, '/', &part))
		if (span_eq(part, ".") || span_eq(part, ".."))
			return true;
	return false;
}

static void say_errno(struct action_outcome *o, int e)
{
	enum wire_status status = e == ENOENT || e == ENOTDIR ? WIRE_NOT_FOUND : WIRE_FAILED;

	action_say(o, status, "%s", strerror(e));
}

static bool is_denied(void *arg, const char *name)
{
	const struct rights *rights = arg;

	return policy_path_in(rights->deny_paths, name);
}

/* By whatever mount it was reached. */
static int check_denied(int fd, struct rights *rights, struct action_outcome *o)
{
	struct mountnames *names = mountnames_new();
	int r = names ? mountnames_any(names, fd, is_denied, rights) : -ENOMEM;

	mountnames_free(names);
	if (r == 1)
		action_say(o, WIRE_REFUSED, "the agent's policy denies this path");
	else if (r < 0)
		say_errno(o, -r);
	return r ? -1 : 0;
}

static void say_not_found(const struct actor *a, int e, struct action_outcome *o)
{
	if (e == ELOOP)
		say_link(a->path, o);
	else if (e == EISDIR || e == EINVAL)
		action_say(o, WIRE_REFUSED, "it is not an ordinary file");
	else
		say_errno(o, e);
}

/* A descriptor for reading, or -1 with the outcome. */
static int find_file(const struct actor *a, struct stat *st, struct action_outcome *o)
{
	struct root *root = root_new("/", NULL);
	int dir = -1, fd, r = root ? 0 : -ENOMEM;
	const char *name;

	if (!r)
		r = nofollow_parent(root, a->path, &dir, &name, NULL);
	if (!r)
		r = nofollow_file(dir, name, &fd, st, NULL);
	io_close(dir);
	root_free(root);
	if (r < 0)
		say_not_found(a, -r, o);
	return r < 0 ? -1 : fd;
}

static int open_file(
	const struct actor *a, struct rights *rights, struct stat *st, struct action_outcome *o)
{
	int fd;

	if (!allowed(a, rights, o))
		return -1;
	if (has_dots(a->path)) {
		action_say(o, WIRE_REFUSED, "a \".\" or \"..\" is in the path");
		return -1;
	}
	/* Nor is it told whether there is such a file. */
	if (is_denied(rights, a->path)) {
		action_say(o, WIRE_REFUSED, "the agent's policy denies this path");
		return -1;
	}
	fd = find_file(a, st, o);
	if (fd >= 0 && check_denied(fd, rights, o) < 0)
		fd = io_close(fd);
	return fd;
}

static int send_file(const struct actor *a, int file, const struct stat *st, int fd, int out)
{
	const struct priv_file f = {
		.size = st->st_size,
		.mtime_ns = st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
		.mode = st->st_mode & 07777,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.dev = st->st_dev,
		.ino = st->st_ino,
	};
	struct buf frame;
	int r;

	buf_init(&frame, PRIV_FRAME_MAX);
	r = priv_put_file(&frame, a->number, &f);
	/* First the daemon: it must know of it before the worker can be done with it. */
	answer(out, &frame, r);
	r = priv_send(fd, &frame, &file, 1, true);
	buf_done(&frame);
	return r;
}

/* As far as the worker reads it: up to the end of the part that is asked for. */
static int64_t end_of(const struct actor *a, const struct stat *st)
{
	if (a->offset > st->st_size)
		return 0;
	return a->length && a->length < st->st_size - a->offset ? a->offset + a->length
								: st->st_size;
}

/*
 * The worker's word for what it has sent is not the daemon's. Read beside the worker, a file is in
 * memory already.
 */
static void tell_hash(const struct actor *a, int file, const struct stat *st, int out)
{
	int64_t end = end_of(a, st);
	char sha256[FILECOPY_SHA256_MAX];
	const struct priv_got got = {
		.status = WIRE_DONE, .bytes = end, .sha256 = sha256, .detail = ""};
	struct buf frame;

	if (end > DAEMON_HASH_MAX || filecopy(file, -1, (uint64_t)end, sha256, NULL) < 0)
		return;
	buf_init(&frame, PRIV_FRAME_MAX);
	answer(out, &frame, priv_put_got(&frame, a->number, &got));
	buf_done(&frame);
}

void actor_open(int out, int fd, void *arg)
{
	const struct actor *a = arg;
	struct action_outcome o = {.status = WIRE_FAILED};
	struct rights rights;
	struct stat st;
	int file = -1;

	if (policy_rights(a->daemon->conf, a->who, &rights) < 0)
		action_say(&o, WIRE_REFUSED, "the agent cannot tell what you may do");
	else
		file = open_file(a, &rights, &st, &o);
	if (file < 0)
		actor_answer(out, &o, a->number);
	else if (send_file(a, file, &st, fd, out) < 0)
		_exit(1);
	else
		tell_hash(a, file, &st, out);
}
