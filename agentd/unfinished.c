/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/unfinished.h"

#include "agentd/filefacts.h"
#include "agentd/nofollow.h"
#include "agentd/vaultfile.h"
#include "common/io.h"
#include "common/json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOWN_MAX 256

struct settling {
	const struct vault *vault;
	const struct root *root;
	struct action_outcome outcome;
	struct vaultfile file;
	enum vault_way way;
	char id[VAULT_ID_MAX], private[VAULT_NAME_MAX];
};

/* Not the device: many have another number after a reboot, and the name is nobody else's. */
static bool is_what_was_copied(const struct settling *s, const json_t *meta, const struct stat *st)
{
	const json_t *inode = json_object_get(meta, "inode");

	return S_ISREG(st->st_mode) && json_is_integer(inode) &&
	       json_integer_value(inode) == (json_int_t)st->st_ino &&
	       (uint64_t)st->st_size == s->file.size &&
	       st->st_mtim.tv_sec == s->file.mtime.tv_sec &&
	       st->st_mtim.tv_nsec == s->file.mtime.tv_nsec;
}

/* ---- Deletions ---- */

static void finish(struct settling *s, int dir)
{
	if (unlinkat(dir, s->private, 0) < 0) {
		action_say(&s->outcome, WIRE_FAILED,
			"%.*s: its deletion was interrupted; it is called %s and cannot be "
			"unlinked: %s",
			SHOWN_MAX, s->file.path, s->private, strerror(errno));
		return;
	}
	fsync(dir);
	action_say(&s->outcome, WIRE_DONE,
		"%.*s is in the vault as %s: its deletion was interrupted, and is finished",
		SHOWN_MAX, s->file.path, s->id);
}

static void put_back(struct settling *s, int dir, const char *name)
{
	if (renameat2(dir, s->private, dir, name, RENAME_NOREPLACE) == 0)
		action_say(&s->outcome, WIRE_FAILED,
			"%.*s: its deletion was interrupted, and it was changed or swapped "
			"meanwhile: it is at its place",
			SHOWN_MAX, s->file.path);
	else
		action_say(&s->outcome, WIRE_FAILED,
			"%.*s: its deletion was interrupted, and it was changed or swapped "
			"meanwhile: it is called %s now",
			SHOWN_MAX, s->file.path, s->private);
}

/* Its flags may have been taken away already. */
static bool is_at_its_place(const struct settling *s, const json_t *meta, int dir, const char *name)
{
	struct stat st;
	bool same;
	int fd;

	if (nofollow_file(dir, name, &fd, &st, NULL) < 0)
		return false;
	same = is_what_was_copied(s, meta, &st);
	if (same && (s->file.flags & FILEFACTS_UNMOVABLE))
		filefacts_set_flags(fd, s->file.flags);
	io_close(fd);
	return same;
}

/* It has no name of ours: not yet, or not any more. */
static void tell_how_far(struct settling *s, const json_t *meta, int dir, const char *name)
{
	if (is_at_its_place(s, meta, dir, name))
		action_say(&s->outcome, WIRE_FAILED,
			"%.*s: its deletion was interrupted: it is at its place, and a copy in the "
			"vault as %s",
			SHOWN_MAX, s->file.path, s->id);
	else
		action_say(&s->outcome, WIRE_DONE,
			"%.*s is in the vault as %s: its deletion was interrupted when it was gone",
			SHOWN_MAX, s->file.path, s->id);
}

/* ---- Restorations ---- */

static void clear(struct settling *s, int dir)
{
	if (unlinkat(dir, s->private, 0) < 0)
		action_say(&s->outcome, WIRE_FAILED,
			"%.*s: its restoration was interrupted; the part %s is left: %s", SHOWN_MAX,
			s->file.path, s->private, strerror(errno));
	else
		action_say(&s->outcome, WIRE_FAILED,
			"%.*s: its restoration was interrupted, and the part is removed", SHOWN_MAX,
			s->file.path);
}

/* ---- Marks ---- */

/* A restoration without a part has not begun, or is done. */
static int look_in(struct settling *s, const json_t *meta)
{
	const char *name;
	struct stat st;
	int dir, r = nofollow_parent(s->root, s->file.path, &dir, &name, NULL);

	if (r < 0)
		return r;
	r = fstatat(dir, s->private, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
	if (r < 0 && (r != -ENOENT || s->way == VAULT_BACK)) {
		io_close(dir);
		return r;
	}
	if (r < 0)
		tell_how_far(s, meta, dir, name);
	else if (s->way == VAULT_BACK)
		clear(s, dir);
	else if (is_what_was_copied(s, meta, &st))
		finish(s, dir);
	else
		put_back(s, dir, name);
	io_close(dir);
	return 0;
}

/* 0: the outcome is to be told, or -errno. */
static int settle(struct settling *s)
{
	struct vault_entry entry;
	json_t *meta;
	int r;

	snprintf(s->private, sizeof(s->private),
		s->way == VAULT_BACK ? VAULT_PART_NAME : VAULT_PRIVATE_NAME, s->id);
	r = vault_entry_find(s->vault, s->id, &entry, &meta, NULL);
	if (r < 0)
		return r;
	r = vaultfile_read(meta, &s->file, NULL);
	if (r == 0)
		r = look_in(s, meta);
	if (r == 0)
		s->outcome.before = json_pack("{s:o, s:s}", "path",
			json_bytes_new(s->file.path, s->file.path_len), "id", s->id);
	json_decref(meta);
	vault_entry_done(&entry);
	return r;
}

/* Another time it would be no other way: there is no such file, directory or entry. */
static bool is_for_good(int r)
{
	return r == 0 || r == -ENOENT || r == -ENOTDIR || r == -ELOOP || r == -EINVAL ||
	       r == -EBADMSG || r == -EPROTO || r == -EMLINK;
}

/* Nobody is at it; and it was not taken away since it was opened, as its name may be another's. */
static bool is_left_behind(int fd)
{
	struct stat st;

	return flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0;
}

static void settle_mark(struct settling *s, const char *name,
	void (*tell)(void *arg, enum vault_way way, const struct action_outcome *o), void *arg)
{
	int fd = openat(s->vault->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), r;

	if (fd < 0 || !is_left_behind(fd)) {
		io_close(fd);
		return;
	}
	r = settle(s);
	if (r == 0)
		tell(arg, s->way, &s->outcome);
	action_outcome_done(&s->outcome);
	if (is_for_good(r))
		unlinkat(s->vault->dir, name, 0);
	io_close(fd);
}

void unfinished_settle(const char *state_dir, const struct root *root,
	void (*tell)(void *arg, enum vault_way way, const struct action_outcome *o), void *arg)
{
	struct settling s = {.root = root};
	const struct dirent *e;
	struct vault vault;
	size_t n = 0;
	DIR *d;
	int fd;

	if (vault_open(state_dir, false, &vault, NULL) < 0)
		return;
	s.vault = &vault;
	fd = openat(vault.dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		io_close(fd);
	while (d && n < UNFINISHED_MAX && (e = readdir(d)))
		if (vault_mark_read(e->d_name, s.id, &s.way)) {
			settle_mark(&s, e->d_name, tell, arg);
			n++;
		}
	if (d)
		closedir(d);
	vault_close(&vault);
}
