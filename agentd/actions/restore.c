/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/action.h"
#include "agentd/nofollow.h"
#include "agentd/policy.h"
#include "agentd/vault.h"
#include "agentd/vaultfile.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/json.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <unistd.h>

#define SELF_FD_MAX 32
#define NOTE_NAME   "restored.json"

static const struct action_arg args[] = {
	{"id", ACTION_TEXT, true, 1, VAULT_ID_MAX, "the vault's id of the file"},
	{"identity", ACTION_TEXT, false, ACTION_IDENTITY_MAX, ACTION_IDENTITY_MAX,
		"what the dry run told"},
	{0},
};

struct restoration {
	const struct action_call *call;
	struct action_outcome *ret;
	struct vault vault;
	struct vault_entry entry;
	json_t *meta;
	struct vaultfile file;
	int dir;		   /* where it goes */
	const char *name;	   /* its name there */
	int fd;			   /* the new file */
	char part[VAULT_NAME_MAX]; /* its name for now, "" while it has none */
	char missed[128];	   /* attributes that could not be put back */
};

static bool said(struct restoration *s, enum wire_status status, const char *why)
{
	action_say(s->ret, status, "%s", why);
	return false;
}

static bool failed(struct restoration *s, const struct err *err)
{
	return said(s, WIRE_FAILED, err->text);
}

/* ---- What and where ---- */

static bool find_entry(struct restoration *s)
{
	const char *id = action_value(s->call, "id")->text.p;
	struct err err;
	int r = vault_open(s->call->state_dir, false, &s->vault, &err);

	if (r == -ENOENT) {
		action_say(s->ret, WIRE_NOT_FOUND, "the vault has no %s", id);
		return false;
	}
	if (r == 0)
		r = vault_entry_find(&s->vault, id, &s->entry, &s->meta, &err);
	if (r == -ENOENT || r == -EINVAL)
		return said(s, WIRE_NOT_FOUND, err.text);
	if (r == 0)
		r = vaultfile_read(s->meta, &s->file, &err);
	if (r == -EINVAL)
		return said(s, WIRE_REFUSED, err.text);
	return r == 0 || failed(s, &err);
}

/* The vault's entry never changes, so its id and content are all there is to recognise. */
static bool tell_before(struct restoration *s, char identity[ACTION_IDENTITY_MAX + 1])
{
	const struct vaultfile *f = &s->file;
	char mode[16];

	if (action_identity((struct span[]){span_str("vault"), span_str(s->entry.id),
				    {f->path, f->path_len}, span_str(f->sha256)},
		    4, identity) < 0)
		return said(s, WIRE_FAILED, strerror(ENOMEM));
	snprintf(mode, sizeof(mode), "%04o", (unsigned)f->mode);
	s->ret->before = json_pack("{s:s, s:o, s:I, s:s, s:s, s:I, s:I, s:I, s:s}", "id",
		s->entry.id, "path", json_bytes_new(f->path, f->path_len), "size",
		(json_int_t)f->size, "sha256", f->sha256, "mode", mode, "uid", (json_int_t)f->uid,
		"gid", (json_int_t)f->gid, "mtime", (json_int_t)f->mtime.tv_sec, "identity",
		identity);
	return s->ret->before || said(s, WIRE_FAILED, strerror(ENOMEM));
}

static bool find_place(struct restoration *s)
{
	struct err err;
	int r = nofollow_parent(s->call->root, s->file.path, &s->dir, &s->name, &err);

	if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP) {
		action_say(
			s->ret, WIRE_REFUSED, "its directory is not there any more: %s", err.text);
		return false;
	}
	return r == 0 || failed(s, &err);
}

static bool is_the_same(struct restoration *s)
{
	char sha256[FILECOPY_SHA256_MAX];
	struct stat st;
	bool same;
	int fd;

	if (nofollow_file(s->dir, s->name, &fd, &st, NULL) < 0)
		return false;
	same = (uint64_t)st.st_size == s->file.size &&
	       filecopy(fd, -1, s->file.size, sha256, NULL) == 0 && str_eq(sha256, s->file.sha256);
	io_close(fd);
	return same;
}

/* Nothing is ever overwritten. */
static bool is_free(struct restoration *s)
{
	struct stat st;

	if (fstatat(s->dir, s->name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return true;
	if (is_the_same(s))
		action_say(s->ret, WIRE_ALREADY, "%.256s is there, with the same content",
			s->file.path);
	else
		action_say(s->ret, WIRE_REFUSED, "%.256s is there already, and is not overwritten",
			s->file.path);
	return false;
}

/* ---- Putting it back ---- */

/* What dies on the way is cleared away by somebody else. */
static int create_part(struct restoration *s, struct err *err)
{
	int r = vault_entry_mark(&s->entry, VAULT_BACK, err);

	if (r < 0)
		return r;
	snprintf(s->part, sizeof(s->part), VAULT_PART_NAME, s->entry.id);
	s->fd = openat(s->dir, s->part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->fd >= 0)
		return 0;
	r = err_sys(err, errno, "%s", s->part);
	s->part[0] = '\0';
	return r;
}

/* Without a name where the file system can; else under one of our own. */
static int create(struct restoration *s, struct err *err)
{
	s->fd = openat(s->dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return s->fd >= 0 ? 0 : create_part(s, err);
}

static void drop_part(struct restoration *s)
{
	if (s->part[0])
		unlinkat(s->dir, s->part, 0);
}

static int fill(struct restoration *s, struct err *err)
{
	char sha256[FILECOPY_SHA256_MAX];
	int from = vault_entry_open(&s->entry, VAULT_CONTENT, err), r;

	if (from < 0)
		return from;
	r = filecopy(from, s->fd, s->file.size, sha256, err);
	io_close(from);
	if (r == 0 && !str_eq(sha256, s->file.sha256))
		r = err_set(err, EBADMSG, "the vault's copy is damaged: its hash is another one");
	return r;
}

static void missed(struct restoration *s, const json_t *name)
{
	const char *text = json_string_value(name);
	size_t n = strlen(s->missed);

	snprintf(s->missed + n, sizeof(s->missed) - n, "%s%.40s", n ? ", " : "",
		text ? text : "an attribute");
}

/* In this order: a change of owner takes capabilities and set-user-id away. */
static int dress(struct restoration *s, struct err *err)
{
	const struct vaultfile *f = &s->file;

	if (fchown(s->fd, f->uid, f->gid) < 0)
		return err_sys(err, errno, "its owner");
	if (fchmod(s->fd, f->mode) < 0)
		return err_sys(err, errno, "its mode");
	for (size_t i = 0; i < json_array_size(f->xattrs); i++) {
		const json_t *entry = json_array_get(f->xattrs, i);

		if (filefacts_set_xattr(s->fd, entry) < 0)
			missed(s, json_object_get(entry, "name"));
	}
	if (futimens(s->fd, (struct timespec[]){f->atime, f->mtime}) < 0)
		return err_sys(err, errno, "its times");
	return fsync(s->fd) < 0 ? err_sys(err, errno, "%.256s", f->path) : 0;
}

/* Neither takes a place that is somebody else's. */
static int link_or_rename(struct restoration *s)
{
	char self[SELF_FD_MAX];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", s->fd);
	if (!s->part[0])
		return linkat(AT_FDCWD, self, s->dir, s->name, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
	/* Some file systems know no links, others no flags. */
	if (renameat2(s->dir, s->part, s->dir, s->name, RENAME_NOREPLACE) == 0) {
		s->part[0] = '\0';
		return 0;
	}
	if (errno != EINVAL)
		return -errno;
	return linkat(s->dir, s->part, s->dir, s->name, 0) < 0 ? -errno : 0;
}

static int give_name(struct restoration *s, struct err *err)
{
	int r = link_or_rename(s);

	if (r < 0)
		return err_sys(err, -r, "%.256s", s->file.path);
	if (s->file.flags & FILEFACTS_FLAGS && filefacts_set_flags(s->fd, s->file.flags) < 0)
		missed(s, NULL);
	/* It is back in any case. */
	fsync(s->dir);
	return 0;
}

static void tell_done(struct restoration *s)
{
	const struct subject *who = s->call->who;
	struct stat st = {0};
	json_t *note = json_pack("{s:I, s:o, s:I}", "time", (json_int_t)(clock_real_us() / 1000000),
		"user", json_bytes_new(who->user, strlen(who->user)), "uid", (json_int_t)who->uid);

	fstat(s->fd, &st);
	vault_entry_note(&s->entry, NOTE_NAME, note, NULL);
	json_decref(note);
	s->ret->after = json_pack("{s:s, s:O, s:s, s:I, s:I, s:I}", "id", s->entry.id, "path",
		json_object_get(s->ret->before, "path"), "sha256", s->file.sha256, "size",
		(json_int_t)st.st_size, "device", (json_int_t)st.st_dev, "inode",
		(json_int_t)st.st_ino);
	s->ret->undo = json_pack("{s:s, s:{s:O}}", "action", "delete", "args", "path",
		json_object_get(s->ret->before, "path"));
	action_say(s->ret, WIRE_DONE, "%.256s is back%s%s", s->file.path,
		s->missed[0] ? ", without " : "", s->missed);
}

static void apply(struct restoration *s)
{
	struct err err;
	int r = create(s, &err);

	if (r == 0)
		r = fill(s, &err);
	if (r == 0)
		r = dress(s, &err);
	if (r == 0)
		r = give_name(s, &err);
	if (r == 0)
		tell_done(s);
	else if (r != -EEXIST || is_free(s))
		failed(s, &err);
	drop_part(s);
}

static void run(const struct action_call *call, struct action_outcome *ret)
{
	struct restoration s = {
		.call = call,
		.ret = ret,
		.vault = VAULT_NONE,
		.entry = VAULT_ENTRY_NONE,
		.dir = -1,
		.fd = -1,
	};
	char identity[ACTION_IDENTITY_MAX + 1];

	if (!find_entry(&s) || !tell_before(&s, identity) || !find_place(&s) || !is_free(&s))
		goto out;
	if (call->dry_run)
		action_say(ret, WIRE_PLANNED, "would put %.256s (%ju bytes) back", s.file.path,
			(uintmax_t)s.file.size);
	else if (action_is_planned(call, identity, s.entry.id, ret))
		apply(&s);
out:
	json_decref(s.meta);
	vault_entry_done(&s.entry);
	vault_close(&s.vault);
	io_close(s.fd);
	io_close(s.dir);
}

const struct action action_restore = {
	.name = "restore",
	.summary = "put a file back that was deleted",
	.args = args,
	.run = run,
};
