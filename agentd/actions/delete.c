/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/action.h"
#include "agentd/conf.h"
#include "agentd/nofollow.h"
#include "agentd/openers.h"
#include "agentd/policy.h"
#include "agentd/protect.h"
#include "agentd/vault.h"
#include "agentd/vaultfile.h"
#include "common/io.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Disk that an entry takes beside the file's blocks. */
#define ENTRY_BYTES (64u << 10)
#define BLOCK_BYTES 512 /* the unit of st_blocks */
/* Of a path in words. */
#define SHOWN_MAX 256

static const struct action_arg args[] = {
	{"path", ACTION_PATH, true, 0, 0, "the file; no part of it may be a symbolic link"},
	{"identity", ACTION_TEXT, false, ACTION_IDENTITY_MAX, ACTION_IDENTITY_MAX,
		"what the dry run told"},
	{"force", ACTION_FLAG, false, 0, 0,
		"also what a package owns, what is vital, protected or immutable"},
	{0},
};

struct deletion {
	const struct action_call *call;
	struct action_outcome *ret;
	char path[PATH_MAX];
	const char *name; /* its last part */
	int dir, fd;
	struct filefacts facts;
	struct openers openers;
	struct vault vault;
	struct vault_entry entry;
};

static bool said(struct deletion *d, enum wire_status status, const char *why)
{
	action_say(d->ret, status, "%.*s: %s", SHOWN_MAX, d->path, why);
	return false;
}

static bool failed(struct deletion *d, const struct err *err)
{
	return said(d, WIRE_FAILED, err->text);
}

static struct span path_of(const struct deletion *d)
{
	return span_str(d->path);
}

/* ---- Finding it ---- */

/* With one slash between two parts, as the file system, packages and patterns have it. */
static void copy_path(struct span from, char to[PATH_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < from.n; i++)
		if (from.p[i] != '/' || !n || to[n - 1] != '/')
			to[n++] = from.p[i];
	to[n] = '\0';
}

static bool find(struct deletion *d)
{
	struct stat st;
	struct err err;
	int r;

	copy_path(action_value(d->call, "path")->text, d->path);
	r = nofollow_parent(d->call->root, d->path, &d->dir, &d->name, &err);
	if (r == 0)
		r = nofollow_file(d->dir, d->name, &d->fd, &st, &err);
	if (r == 0)
		r = filefacts_read(d->fd, &d->facts, &err);
	if (r == -ENOENT || r == -ENOTDIR)
		return said(d, WIRE_NOT_FOUND, "there is no such file");
	if (r == -ELOOP || r == -EISDIR || r == -EINVAL)
		return said(d, WIRE_REFUSED, err.text);
	return r == 0 || failed(d, &err);
}

/* ---- Whether it may go ---- */

static bool may_go(struct deletion *d)
{
	bool force = action_value(d->call, "force")->i;
	char why[PROTECT_WHY_MAX];
	enum protect p = protect_check(d->call, d->path, d->fd, &d->facts.st, why);

	if (p == PROTECT_NOT && (d->facts.flags & FILEFACTS_UNMOVABLE)) {
		p = PROTECT_FORCE;
		snprintf(why, sizeof(why), "is %s (chattr)",
			d->facts.flags & FS_IMMUTABLE_FL ? "immutable" : "append-only");
	}
	if (p == PROTECT_NEVER)
		action_say(d->ret, WIRE_REFUSED, "%.*s %s", SHOWN_MAX, d->path, why);
	else if (force && !(d->call->rights->allow & RIGHT_FORCE))
		return said(d, WIRE_REFUSED, "force is a right of its own, and not given");
	else if (p == PROTECT_FORCE && !force)
		action_say(d->ret, WIRE_REFUSED, "%.*s %s; --force would delete it", SHOWN_MAX,
			d->path, why);
	else
		return true;
	return false;
}

/* ---- Planning ---- */

static bool tell_before(struct deletion *d)
{
	d->ret->before = filefacts_json(&d->facts, path_of(d));
	if (!d->ret->before)
		return said(d, WIRE_FAILED, strerror(ENOMEM));
	openers_find(d->call->root, &d->facts.st, &d->openers);
	json_object_set(d->ret->before, "open_by", d->openers.processes);
	return true;
}

/* What stays of it: "; 2 other names of it stay; open in sshd (12) and 3 others". */
static void put_rest(const struct deletion *d, nlink_t names, char *ret, size_t n)
{
	size_t others = d->openers.n ? d->openers.n - 1 : 0;
	int at = 0;

	ret[0] = '\0';
	if (names)
		at = snprintf(ret, n, "; %ju other name%s of it stay%s", (uintmax_t)names,
			names == 1 ? "" : "s", names == 1 ? "s" : "");
	if (d->openers.n)
		at += snprintf(ret + at, n - (size_t)at, "; open in %s", d->openers.first);
	if (others)
		snprintf(ret + at, n - (size_t)at, " and %zu other%s", others,
			others == 1 ? "" : "s");
}

static bool is_unchanged(struct deletion *d)
{
	struct stat now;

	return fstat(d->fd, &now) == 0 && filefacts_unchanged(&d->facts.st, &now);
}

static bool changed(struct deletion *d)
{
	char rest[192];

	openers_done(&d->openers);
	openers_find(d->call->root, &d->facts.st, &d->openers);
	put_rest(d, 0, rest, sizeof(rest));
	action_say(
		d->ret, WIRE_FAILED, "%.*s changes while it is read%s", SHOWN_MAX, d->path, rest);
	return false;
}

static bool plan(struct deletion *d)
{
	char rest[192];
	struct err err;

	if (filecopy(d->fd, -1, (uint64_t)d->facts.st.st_size, d->facts.sha256, &err) < 0)
		return failed(d, &err);
	if (!is_unchanged(d))
		return changed(d);
	if (!tell_before(d))
		return false;
	put_rest(d, d->facts.st.st_nlink - 1, rest, sizeof(rest));
	action_say(d->ret, WIRE_PLANNED, "would take %.*s (%jd bytes) into the vault%s", SHOWN_MAX,
		d->path, (intmax_t)d->facts.st.st_size, rest);
	return true;
}

/* ---- The copy ---- */

static int copy(struct deletion *d, struct err *err)
{
	uint64_t size = (uint64_t)d->facts.st.st_size;
	int fd = vault_entry_file(&d->entry, VAULT_CONTENT, err), r;

	if (fd < 0)
		return fd;
	r = filecopy(d->fd, fd, size, d->facts.sha256, err);
	if (r == 0 && fsync(fd) < 0)
		r = err_sys(err, errno, "the vault's copy");
	if (r == 0)
		r = filecopy_verify(fd, size, d->facts.sha256, err);
	io_close(fd);
	return r;
}

/* What dies from here on is finished, or told of, by somebody else. */
static int commit(struct deletion *d, struct err *err)
{
	json_t *meta = vault_meta_new(&d->entry, VAULT_KIND_FILE, d->call);
	int r = meta ? vaultfile_put(meta, &d->facts, path_of(d)) : -ENOMEM;

	if (r < 0)
		err_sys(err, -r, "the vault's entry");
	else
		r = vault_entry_mark(&d->entry, VAULT_AWAY, err);
	if (r == 0)
		r = vault_commit(&d->entry, meta, err);
	json_decref(meta);
	return r;
}

/* The identity is known only when all of the file was read: that is while it is copied. */
static bool keep(struct deletion *d)
{
	uint64_t need = (uint64_t)d->facts.st.st_blocks * BLOCK_BYTES + ENTRY_BYTES;
	char identity[ACTION_IDENTITY_MAX + 1];
	struct err err;
	int r = vault_open(d->call->state_dir, true, &d->vault, &err);

	if (r == 0)
		r = vault_entry_new(&d->vault, need, d->call->conf->vault_max_mb, &d->entry, &err);
	if (r == 0)
		r = copy(d, &err);
	if (r < 0)
		return failed(d, &err);
	if (!is_unchanged(d))
		return changed(d);
	if (filefacts_identity(&d->facts, path_of(d), identity) < 0)
		return said(d, WIRE_FAILED, strerror(ENOMEM));
	if (!tell_before(d) || !action_is_planned(d->call, identity, d->path, d->ret))
		return false;
	return commit(d, &err) == 0 || failed(d, &err);
}

/* ---- Taking it out of its directory ---- */

static int rename_new(int dir, const char *from, const char *to)
{
	if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	/* Some file systems know no flags. The private name is nobody's. */
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (faccessat(dir, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	return renameat(dir, from, dir, to) < 0 ? -errno : 0;
}

/* Under its private name: is it the file that was copied, as it was copied? */
static bool is_what_was_copied(const struct deletion *d, const char *private)
{
	const struct stat *was = &d->facts.st;
	struct stat named, now;

	return fstatat(d->dir, private, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       named.st_dev == was->st_dev && named.st_ino == was->st_ino &&
	       fstat(d->fd, &now) == 0 && now.st_size == was->st_size &&
	       now.st_mtim.tv_sec == was->st_mtim.tv_sec &&
	       now.st_mtim.tv_nsec == was->st_mtim.tv_nsec;
}

/*
 * First to a name that nobody else uses, so that what is looked at is what is unlinked: a name that
 * others know can be another file's in between.
 */
static int unlink_it(struct deletion *d, struct err *err)
{
	char private[VAULT_NAME_MAX];
	int r;

	snprintf(private, sizeof(private), VAULT_PRIVATE_NAME, d->entry.id);
	r = rename_new(d->dir, d->name, private);
	if (r < 0)
		return err_sys(err, -r, "it cannot be taken out of its directory");
	if (!is_what_was_copied(d, private))
		r = err_set(err, ESTALE, "it was changed or swapped meanwhile");
	else if (unlinkat(d->dir, private, 0) < 0)
		r = err_sys(err, errno, "it cannot be unlinked");
	if (r == 0) {
		/* Gone it is in any case. */
		fsync(d->dir);
		return 0;
	}
	if (rename_new(d->dir, private, d->name) < 0)
		err_prefix(err, "it is called %s now", private);
	return r;
}

static int take_out(struct deletion *d, struct err *err)
{
	bool unmovable = d->facts.flags & FILEFACTS_UNMOVABLE;
	int dir_flags = 0, r = 0;

	if (unmovable)
		r = filefacts_set_flags(d->fd, d->facts.flags & ~(uint32_t)FILEFACTS_UNMOVABLE);
	if (r < 0)
		return err_sys(err, -r, "its flags cannot be taken away");
	r = unlink_it(d, err);
	if (r < 0 && unmovable)
		filefacts_set_flags(d->fd, d->facts.flags);
	if (r == -EPERM && ioctl(d->dir, FS_IOC_GETFLAGS, &dir_flags) == 0 &&
		(dir_flags & FILEFACTS_UNMOVABLE))
		r = err_set(err, EPERM, "its directory is immutable or append-only (chattr)");
	return r;
}

static void tell_done(struct deletion *d)
{
	struct stat now = {.st_nlink = 0};
	char rest[192];

	fstat(d->fd, &now);
	put_rest(d, now.st_nlink, rest, sizeof(rest));
	d->ret->after =
		json_pack("{s:s, s:s, s:I, s:I}", "id", d->entry.id, "sha256", d->facts.sha256,
			"size", (json_int_t)d->facts.st.st_size, "links", (json_int_t)now.st_nlink);
	d->ret->undo = json_pack("{s:s, s:{s:s}}", "action", "restore", "args", "id", d->entry.id);
	action_say(d->ret, WIRE_DONE, "%.*s is in the vault as %s%s", SHOWN_MAX, d->path,
		d->entry.id, rest);
}

static void apply(struct deletion *d)
{
	struct err err;

	/* Not after a long copy. */
	if (!action_value(d->call, "identity")->given) {
		action_is_planned(d->call, "", d->path, d->ret);
		return;
	}
	if (!keep(d))
		return;
	if (take_out(d, &err) == 0) {
		tell_done(d);
		return;
	}
	/* It is where it was: there is nothing to keep. */
	d->entry.kept = false;
	failed(d, &err);
}

static void run(const struct action_call *call, struct action_outcome *ret)
{
	struct deletion d = {
		.call = call,
		.ret = ret,
		.dir = -1,
		.fd = -1,
		.vault = VAULT_NONE,
		.entry = VAULT_ENTRY_NONE,
	};

	if (find(&d) && may_go(&d)) {
		if (call->dry_run)
			plan(&d);
		else
			apply(&d);
	}
	vault_entry_done(&d.entry);
	vault_close(&d.vault);
	openers_done(&d.openers);
	filefacts_done(&d.facts);
	io_close(d.fd);
	io_close(d.dir);
}

const struct action action_delete = {
	.name = "delete",
	.summary = "take a file away, keeping it in the vault",
	.args = args,
	.run = run,
};
