/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/fileset.h"
#include "agentd/sshprivate.h"

#include <errno.h>

enum {
	UID,
	PATH,
	ENCRYPTED,
	KEY_TYPE,
	KEY_GROUP_NAME,
	KEY_LENGTH,
	KEY_SECURITY_BITS,
	PID_WITH_NAMESPACE,
};

static const struct column columns[] = {
	{"uid", COL_BIGINT, COL_ADDITIONAL, "Whose home directory it is in"},
	{"path", COL_TEXT, COL_INDEX, "The private key"},
	{"encrypted", COL_INTEGER, 0, "1 when a passphrase is needed to use it"},
	{"key_type", COL_TEXT, 0, "rsa, dsa, dh, ec; empty where it is not told"},
	{"key_group_name", COL_TEXT, 0, "Curve or group, where the kind of key has one"},
	{"key_length", COL_INTEGER, 0, "Bits of the key; -1 where it is not told"},
	{"key_security_bits", COL_INTEGER, 0, "Its strength in bits; -1 where it is not told"},
	NSROOT_PID_COLUMN,
	COL_END,
};

static const char *const names[] = {".ssh/*", NULL};
static const struct fileset_spec spec = {names, UID, PID_WITH_NAMESPACE, true};

struct state {
	struct fileset files;
	struct buf content;
};

static int keys_open(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_init(&st->content, SSHPRIVATE_MAX);
	return fileset_open(&st->files, s, &spec);
}

/* The content may be a key that lies there unprotected. */
static void forget(struct buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->cap);
	buf_reset(b);
}

static void keys_close(struct scan *s)
{
	struct state *st = scan_state(s);

	fileset_close(&st->files);
	forget(&st->content);
	buf_done(&st->content);
}

static void put(struct scan *s, const struct state *st, const struct sshprivate *k)
{
	row_begin(s);
	row_int(s, UID, st->files.uid);
	row_text(s, PATH, st->files.path);
	row_int(s, ENCRYPTED, k->encrypted);
	row_text(s, KEY_TYPE, k->type);
	row_text(s, KEY_GROUP_NAME, k->group);
	row_int(s, KEY_LENGTH, k->bits);
	row_int(s, KEY_SECURITY_BITS, k->security_bits);
	row_int(s, PID_WITH_NAMESPACE, st->files.ns.pid);
	row_end(s);
}

static int keys_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct sshprivate k;
	int r = fileset_next(&st->files);

	if (r != FILESET_ONE)
		return r;
	r = fileset_read(&st->files, &st->content);
	if (!r && sshprivate_read(st->content.p, st->content.len, &k))
		put(s, st, &k);
	forget(&st->content);
	return r == -ENOMEM ? r : 1;
}

const struct table table_user_ssh_keys = {
	.name = "user_ssh_keys",
	.doc = "Private keys in ~/.ssh of every local account, or of the one with the given uid.",
	.columns = columns,
	.open = keys_open,
	.step = keys_step,
	.close = keys_close,
	.state_size = sizeof(struct state),
};
