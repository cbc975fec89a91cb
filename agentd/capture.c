/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/capture.h"

#include "agentd/conf.h"
#include "agentd/filecopy.h"
#include "common/io.h"
#include "common/json.h"

#include <fcntl.h>
#include <unistd.h>

#define BLOCK_BYTES  512 /* the unit of st_blocks */
#define EXE_NAME     "exe"
#define FDS_NAME     "fds"
#define FD_LINE_MAX  (64u << 10)
#define OTHERS_BYTES (1u << 20) /* what the small files take, as a rule */

/* As they stand in /proc. */
static const char *const small_files[] = {"maps", "environ", "cmdline", "status", "cgroup"};

int capture_init(
	struct capture *c, const struct action_call *call, struct procfs *fs, struct err *err)
{
	*c = (struct capture){.call = call, .fs = fs, .vault = VAULT_NONE};
	return vault_open(call->state_dir, true, &c->vault, err);
}

void capture_done(struct capture *c)
{
	vault_close(&c->vault);
}

/* ---- Its files ---- */

/* Syncs and hashes what was written, which must be `want` unless that is NULL. */
static int finish_file(
	int fd, const char *name, bool cut, const char *want, json_t *files, struct err *err)
{
	char sha256[FILECOPY_SHA256_MAX];
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0 || fsync(fd) < 0)
		return err_sys(err, errno, "the vault's %s", name);
	r = filecopy(fd, -1, (uint64_t)st.st_size, sha256, err);
	if (r < 0)
		return r;
	if (want && !str_eq(want, sha256))
		return err_set(
			err, EBADMSG, "the vault's %s reads otherwise than it was written", name);
	if (json_array_append_new(
		    files, json_pack("{s:s, s:I, s:s, s:b}", "name", name, "size",
				   (json_int_t)st.st_size, "sha256", sha256, "cut", cut)))
		return err_sys(err, ENOMEM, "the vault's %s", name);
	return 0;
}

static int put_file(const struct vault_entry *e, const char *name, const struct buf *content,
	bool cut, json_t *files, struct err *err)
{
	int fd = vault_entry_file(e, name, err), r;

	if (fd < 0)
		return fd;
	r = io_write_all(fd, content->p, content->len);
	if (r < 0)
		err_sys(err, -r, "the vault's %s", name);
	else
		r = finish_file(fd, name, cut, NULL, files, err);
	io_close(fd);
	return r;
}

/* What cannot be read is left out; what is there of it is worth having. */
static int keep_small(const struct vault_entry *e, const struct pidref *p, const char *name,
	json_t *files, struct err *err)
{
	int fd = procfs_open_file(&p->proc, name), r;
	struct buf b;
	bool cut;

	if (fd < 0)
		return fd == -ENOENT || fd == -ESRCH ? err_sys(err, ESRCH, "process %d", p->pid)
						     : 0;
	buf_init(&b, CAPTURE_FILE_MAX);
	r = io_read_all(fd, &b);
	io_close(fd);
	cut = r < 0;
	r = put_file(e, name, &b, cut, files, err);
	buf_done(&b);
	return r;
}

static int put_fd(const struct procfs_list *list, int32_t fd, struct buf *out)
{
	struct buf link;
	int r;

	buf_init(&link, PROCFS_LINK_MAX);
	r = procfs_list_link(list, fd, &link);
	/* Closed meanwhile. */
	if (r < 0) {
		buf_done(&link);
		return r == -ENOMEM ? r : 0;
	}
	r = buf_printf(out, "{\"fd\":%d,\"target\":", fd);
	if (r == 0)
		r = json_put_bytes(out, buf_str(&link), link.len);
	if (r == 0)
		r = buf_puts(out, "}\n");
	buf_done(&link);
	return r;
}

static int keep_fds(
	const struct vault_entry *e, const struct pidref *p, json_t *files, struct err *err)
{
	struct procfs_list list;
	struct buf out;
	int32_t fd;
	size_t n = 0;
	int r = 0;

	if (procfs_list_fds(&list, &p->proc) < 0)
		return 0;
	buf_init(&out, CAPTURE_FILE_MAX);
	while (r == 0 && n < CAPTURE_FDS_MAX && procfs_list_next(&list, &fd) == 1) {
		r = put_fd(&list, fd, &out);
		n++;
	}
	procfs_list_done(&list);
	r = put_file(e, FDS_NAME, &out, r < 0 || n == CAPTURE_FDS_MAX, files, err);
	buf_done(&out);
	return r;
}

static int open_exe(const struct pidref *p, struct stat *ret)
{
	int fd = openat(p->proc.fd, EXE_NAME, O_RDONLY | O_NOATIME | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fstat(fd, ret) == 0 && S_ISREG(ret->st_mode))
		return fd;
	io_close(fd);
	return -EINVAL;
}

static int keep_exe(
	const struct vault_entry *e, int exe, const struct stat *st, json_t *files, struct err *err)
{
	char sha256[FILECOPY_SHA256_MAX];
	int fd = vault_entry_file(e, EXE_NAME, err), r;

	if (fd < 0)
		return fd;
	r = filecopy(exe, fd, (uint64_t)st->st_size, sha256, err);
	if (r == 0)
		r = finish_file(fd, EXE_NAME, false, sha256, files, err);
	io_close(fd);
	return r;
}

/* ---- One process ---- */

static const char *where_exe_is(const struct capture *c, uint64_t dev, uint64_t ino)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->kept[i].has_exe && c->kept[i].exe_dev == dev && c->kept[i].exe_ino == ino)
			return c->kept[i].id;
	return NULL;
}

static int commit(struct capture *c, struct vault_entry *e, const struct procfacts *f,
	json_t *files, const char *exe_in, struct err *err)
{
	json_t *meta = vault_meta_new(e, VAULT_KIND_PROCESS, c->call);
	int r = -ENOMEM;

	if (meta)
		r = json_object_update_new(
			    meta, json_pack("{s:o, s:o, s:O, s:s?}", "path",
					  json_bytes_new(buf_str(&f->exe), f->exe.len), "process",
					  procfacts_json(f), "files", files, "exe_in", exe_in))
			    ? -ENOMEM
			    : 0;
	if (r < 0)
		err_sys(err, -r, "the vault's entry");
	else
		r = vault_commit(e, meta, err);
	json_decref(meta);
	return r;
}

static int keep_all(struct capture *c, struct vault_entry *e, const struct pidref *p, int exe,
	const struct stat *st, struct err *err)
{
	const char *exe_in = exe < 0 ? NULL : where_exe_is(c, st->st_dev, st->st_ino);
	json_t *files = json_array();
	struct procfacts facts = {0};
	int r = procfacts_read(c->fs, p, &facts);

	if (r < 0)
		err_sys(err, -r, "process %d", p->pid);
	if (r == 0 && exe >= 0 && !exe_in)
		r = keep_exe(e, exe, st, files, err);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(small_files); i++)
		r = keep_small(e, p, small_files[i], files, err);
	if (r == 0)
		r = keep_fds(e, p, files, err);
	if (r == 0)
		r = commit(c, e, &facts, files, exe_in, err);
	procfacts_done(&facts);
	json_decref(files);
	return r;
}

static void note(struct capture *c, const struct vault_entry *e, const struct pidref *p, int exe,
	const struct stat *st)
{
	bool has_exe = exe >= 0 && !where_exe_is(c, st->st_dev, st->st_ino);

	c->kept[c->n].pid = p->pid;
	memcpy(c->kept[c->n].id, e->id, VAULT_ID_MAX);
	c->kept[c->n].has_exe = has_exe;
	c->kept[c->n].exe_dev = st->st_dev;
	c->kept[c->n++].exe_ino = st->st_ino;
}

int capture_process(struct capture *c, const struct pidref *p, struct err *err)
{
	struct vault_entry e = VAULT_ENTRY_NONE;
	struct stat st = {0};
	uint64_t need = OTHERS_BYTES;
	int exe, r;

	if (c->n == CAPTURES_MAX)
		return err_set(err, E2BIG, "more than %d processes", CAPTURES_MAX);
	exe = open_exe(p, &st);
	if (exe >= 0 && !where_exe_is(c, st.st_dev, st.st_ino))
		need += (uint64_t)st.st_blocks * BLOCK_BYTES;
	r = vault_entry_new(&c->vault, need, c->call->conf->vault_max_mb, &e, err);
	if (r == 0)
		r = keep_all(c, &e, p, exe, &st, err);
	if (r == 0)
		note(c, &e, p, exe, &st);
	vault_entry_done(&e);
	io_close(exe);
	return r;
}

json_t *capture_json(const struct capture *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->n; i++)
		json_array_append_new(
			list, json_pack("{s:i, s:s}", "pid", c->kept[i].pid, "id", c->kept[i].id));
	return list;
}
