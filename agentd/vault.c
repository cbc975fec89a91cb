/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/vault.h"

#include "agentd/action.h"
#include "agentd/policy.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/json.h"
#include "common/str.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define LOCK_NAME    ".lock"
#define META_NAME    "meta.json"
#define META_NEW     "meta.json.new"
#define RESERVE_NAME "reserve"
#define DIR_FLAGS    (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define BLOCK_BYTES  512 /* the unit of st_blocks */
#define NEW_TRIES    16

/* ---- The folder ---- */

static int sync_of(int fd)
{
	return fsync(fd) < 0 ? -errno : 0;
}

/* Makes it, so that it is there after a crash as well. */
static int make_vault(const char *state_dir, const char *path)
{
	int fd, r;

	if (mkdir(path, 0700) < 0)
		return errno == EEXIST ? 0 : -errno;
	fd = open(state_dir, DIR_FLAGS & ~O_NOFOLLOW);
	r = fd < 0 ? -errno : sync_of(fd);
	io_close(fd);
	return r;
}

int vault_open(const char *state_dir, bool create, struct vault *ret, struct err *err)
{
	char path[PATH_MAX];
	struct stat st;
	int fd, r = 0;

	if (snprintf(path, sizeof(path), "%s/vault", state_dir) >= (int)sizeof(path))
		return err_sys(err, ENAMETOOLONG, "%s", state_dir);
	if (create)
		r = make_vault(state_dir, path);
	if (r < 0)
		return err_sys(err, -r, "%s", path);
	fd = open(path, DIR_FLAGS);
	if (fd < 0)
		return err_sys(err, errno, "%s", path);
	if (fstat(fd, &st) < 0)
		r = err_sys(err, errno, "%s", path);
	else if (st.st_uid != geteuid() || (st.st_mode & 077))
		r = err_set(err, EPERM, "%s can be got at by others than root", path);
	if (r < 0) {
		io_close(fd);
		return r;
	}
	ret->dir = fd;
	return 0;
}

void vault_close(struct vault *v)
{
	v->dir = io_close(v->dir);
}

bool vault_id_valid(const char *id)
{
	static const char shape[] = "dddddddd-dddddd-xxxxxx";
	size_t i = 0;

	for (; shape[i]; i++) {
		const char *set = shape[i] == 'd'   ? "0123456789"
				  : shape[i] == 'x' ? "0123456789abcdef"
						    : "-";

		if (!id[i] || !strchr(set, id[i]))
			return false;
	}
	return !id[i];
}

/* ---- How full it is ---- */

/* Removes a folder with files in it. */
static void remove_entry(int vault, const char *id)
{
	int fd = openat(vault, id, DIR_FLAGS);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!d)
		io_close(fd);
	while (d && (e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	unlinkat(vault, id, AT_REMOVEDIR);
}

/* Is somebody making it right now? */
static bool is_being_made(int entry)
{
	int fd = openat(entry, RESERVE_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool busy = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;

	io_close(fd);
	return busy;
}

/* What its files take; the reserve stands for those that are to come. */
static uint64_t bytes_of(DIR *d)
{
	const struct dirent *e;
	uint64_t used = 0, reserved = 0;
	struct stat st;

	while ((e = readdir(d))) {
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (!strcmp(e->d_name, RESERVE_NAME))
			reserved = (uint64_t)st.st_size;
		else if (S_ISREG(st.st_mode))
			used += (uint64_t)st.st_blocks * BLOCK_BYTES;
	}
	return used > reserved ? used : reserved;
}

/* Of one entry; one whose making was interrupted goes. */
static uint64_t weigh(int vault, const char *id)
{
	int fd = openat(vault, id, DIR_FLAGS);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	uint64_t used = 0;
	bool stale;

	if (!d) {
		io_close(fd);
		return 0;
	}
	stale = faccessat(fd, META_NAME, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT &&
		!is_being_made(fd);
	if (!stale)
		used = bytes_of(d);
	closedir(d);
	if (stale)
		remove_entry(vault, id);
	return used;
}

static int weigh_all(const struct vault *v, uint64_t *ret, struct err *err)
{
	int fd = openat(v->dir, ".", DIR_FLAGS);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	size_t n = 0;

	*ret = 0;
	if (!d) {
		err_sys(err, errno, "the vault");
		io_close(fd);
		return -err->code;
	}
	while (n < VAULT_ENTRIES_MAX && (e = readdir(d))) {
		if (!vault_id_valid(e->d_name))
			continue;
		*ret += weigh(v->dir, e->d_name);
		n++;
	}
	closedir(d);
	return n < VAULT_ENTRIES_MAX ? 0 : err_set(err, E2BIG, "the vault has too many entries");
}

static int check_space(const struct vault *v, uint64_t need, uint64_t max_mb, struct err *err)
{
	uint64_t used, left, spare, max = max_mb << 20;
	struct statvfs fs;
	int r = weigh_all(v, &used, err);

	if (r < 0)
		return r;
	if (used > max || need > max - used)
		return err_set(err, ENOSPC,
			"the vault is full: it holds %ju of %ju MB, and %ju more would be needed",
			(uintmax_t)(used >> 20), (uintmax_t)max_mb, (uintmax_t)((need >> 20) + 1));
	if (fstatvfs(v->dir, &fs) < 0)
		return err_sys(err, errno, "the vault's disk");
	left = (uint64_t)fs.f_bavail * fs.f_frsize;
	spare = (uint64_t)fs.f_blocks * fs.f_frsize / 16;
	spare = spare < VAULT_SPARE_BYTES ? spare : VAULT_SPARE_BYTES;
	if (left < spare || need > left - spare)
		return err_set(err, ENOSPC,
			"the vault's disk is full: %ju MB are left, and %ju would be needed",
			(uintmax_t)(left >> 20), (uintmax_t)(((need + spare) >> 20) + 1));
	return 0;
}

/* ---- A new entry ---- */

static int make_id(char ret[VAULT_ID_MAX])
{
	time_t now = (time_t)(clock_real_us() / 1000000);
	unsigned char salt[3];
	struct tm tm;

	if (!gmtime_r(&now, &tm) || getrandom(salt, sizeof(salt), 0) != sizeof(salt))
		return -EIO;
	if (strftime(ret, VAULT_ID_MAX, "%Y%m%d-%H%M%S-", &tm) != 16)
		return -ERANGE;
	snprintf(ret + 16, VAULT_ID_MAX - 16, "%02x%02x%02x", salt[0], salt[1], salt[2]);
	return 0;
}

static int make_folder(struct vault_entry *e)
{
	int r = -EEXIST;

	for (unsigned i = 0; r == -EEXIST && i < NEW_TRIES; i++) {
		r = make_id(e->id);
		if (r == 0 && mkdirat(e->vault->dir, e->id, 0700) < 0)
			r = -errno;
	}
	if (r < 0)
		return r;
	e->dir = openat(e->vault->dir, e->id, DIR_FLAGS);
	return e->dir < 0 ? -errno : 0;
}

/* Takes up no disk, but stands for `need` bytes when others look how full the vault is. */
static int make_reserve(struct vault_entry *e, uint64_t need)
{
	e->reserve = openat(e->dir, RESERVE_NAME, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (e->reserve < 0)
		return -errno;
	if (flock(e->reserve, LOCK_EX | LOCK_NB) < 0 || ftruncate(e->reserve, (off_t)need) < 0)
		return -errno;
	return 0;
}

int vault_entry_new(const struct vault *v, uint64_t need, uint64_t max_mb, struct vault_entry *ret,
	struct err *err)
{
	struct vault_entry e = VAULT_ENTRY_NONE;
	int lock = openat(v->dir, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = 0;

	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		r = err_sys(err, errno, "the vault's lock");
	if (r == 0)
		r = check_space(v, need, max_mb, err);
	if (r == 0) {
		e.vault = v;
		r = make_folder(&e);
		if (r == 0)
			r = make_reserve(&e, need);
		if (r < 0)
			err_sys(err, -r, "a new entry of the vault");
	}
	io_close(lock);
	if (r < 0)
		vault_entry_done(&e);
	else
		*ret = e;
	return r;
}

int vault_entry_file(const struct vault_entry *e, const char *name, struct err *err)
{
	int fd = openat(e->dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? err_sys(err, errno, "the vault's %s", name) : fd;
}

/* Written under another name first, so that it is there whole or not at all. */
static int write_json(int dir, const char *name, const char *as, const json_t *tree)
{
	char *text = json_dumps(tree, JSON_INDENT(1));
	int fd = text ? openat(dir, as, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)
		      : -1;
	int r = !text ? -ENOMEM : fd < 0 ? -errno : 0;

	if (r == 0)
		r = io_write_all(fd, text, strlen(text));
	if (r == 0)
		r = io_write_all(fd, "\n", 1);
	if (r == 0)
		r = sync_of(fd);
	if (r == 0 && renameat(dir, as, dir, name) < 0)
		r = -errno;
	io_close(fd);
	free(text);
	return r < 0 ? r : sync_of(dir);
}

int vault_commit(struct vault_entry *e, const json_t *meta, struct err *err)
{
	int r = write_json(e->dir, META_NAME, META_NEW, meta);

	if (r == 0)
		r = sync_of(e->vault->dir);
	if (r < 0)
		return err_sys(err, -r, "the vault's %s", META_NAME);
	e->kept = true;
	unlinkat(e->dir, RESERVE_NAME, 0);
	e->reserve = io_close(e->reserve);
	return 0;
}

int vault_entry_note(
	const struct vault_entry *e, const char *name, const json_t *note, struct err *err)
{
	int r = write_json(e->dir, name, META_NEW, note);

	return r < 0 ? err_sys(err, -r, "the vault's %s", name) : 0;
}

/* ---- Marks ---- */

static const char *const mark_prefixes[] = {
	[VAULT_AWAY] = ".moving-",
	[VAULT_BACK] = ".restoring-",
};

static void mark_name(const struct vault_entry *e, char name[VAULT_NAME_MAX])
{
	snprintf(name, VAULT_NAME_MAX, "%s%s", mark_prefixes[e->way], e->id);
}

static void unmark(struct vault_entry *e)
{
	char name[VAULT_NAME_MAX];

	mark_name(e, name);
	unlinkat(e->vault->dir, name, 0);
	e->mark = io_close(e->mark);
}

bool vault_mark_read(const char *name, char ret_id[VAULT_ID_MAX], enum vault_way *ret_way)
{
	for (size_t i = 0; i < ARRAY_LEN(mark_prefixes); i++) {
		size_t n = strlen(mark_prefixes[i]);

		if (strncmp(name, mark_prefixes[i], n) != 0 || !vault_id_valid(name + n))
			continue;
		memcpy(ret_id, name + n, strlen(name + n) + 1);
		*ret_way = (enum vault_way)i;
		return true;
	}
	return false;
}

int vault_entry_mark(struct vault_entry *e, enum vault_way way, struct err *err)
{
	char name[VAULT_NAME_MAX];
	int fd, r;

	e->way = way;
	mark_name(e, name);
	fd = openat(e->vault->dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return err_set(err, EEXIST, "something else is under way with %s", e->id);
	if (fd < 0)
		return err_sys(err, errno, "the vault's mark");
	e->mark = fd;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 || fsync(e->vault->dir) < 0) {
		r = err_sys(err, errno, "the vault's mark");
		unmark(e);
		return r;
	}
	return 0;
}

/* ---- The end ---- */

void vault_entry_done(struct vault_entry *e)
{
	e->reserve = io_close(e->reserve);
	if (e->vault && !e->kept && e->dir >= 0)
		remove_entry(e->vault->dir, e->id);
	if (e->mark >= 0)
		unmark(e);
	e->dir = io_close(e->dir);
}

/* ---- One that is there ---- */

static int read_meta(int dir, json_t **ret, struct err *err)
{
	struct err why;
	struct buf b;
	int r;

	buf_init(&b, VAULT_META_MAX);
	r = io_read_file(dir, META_NAME, &b);
	if (r < 0) {
		r = err_sys(err, -r, "the vault's %s", META_NAME);
	} else {
		*ret = json_read_object(buf_str(&b), b.len, &why);
		if (!*ret)
			r = err_set(err, why.code, "the vault's %s: %s", META_NAME, why.text);
	}
	buf_done(&b);
	return r;
}

int vault_entry_find(const struct vault *v, const char *id, struct vault_entry *ret,
	json_t **ret_meta, struct err *err)
{
	struct vault_entry e = {.vault = v, .dir = -1, .reserve = -1, .mark = -1, .kept = true};
	json_t *meta = NULL;
	int r;

	if (!vault_id_valid(id))
		return err_set(err, EINVAL, "\"%s\" is no id of the vault", id);
	memcpy(e.id, id, strlen(id) + 1);
	e.dir = openat(v->dir, id, DIR_FLAGS);
	if (e.dir < 0)
		return errno == ENOENT ? err_set(err, ENOENT, "the vault has no %s", id)
				       : err_sys(err, errno, "the vault's %s", id);
	r = read_meta(e.dir, &meta, err);
	if (r < 0) {
		vault_entry_done(&e);
		return r;
	}
	*ret = e;
	*ret_meta = meta;
	return 0;
}

int vault_entry_open(const struct vault_entry *e, const char *name, struct err *err)
{
	int fd = openat(e->dir, name, O_RDONLY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC);

	return fd < 0 ? err_sys(err, errno, "the vault's %s", name) : fd;
}

json_t *vault_meta_new(
	const struct vault_entry *e, const char *kind, const struct action_call *call)
{
	const struct subject *who = call->who;

	return json_pack("{s:i, s:s, s:s, s:s, s:I, s:{s:o, s:I, s:s}, s:o}", "version", 1, "id",
		e->id, "kind", kind, "action", call->action->name, "time",
		(json_int_t)(clock_real_us() / 1000000), "by", "user",
		json_bytes_new(who->user, strlen(who->user)), "uid", (json_int_t)who->uid,
		"address", who->address, "reason",
		json_bytes_new(call->reason, strlen(call->reason)));
}
