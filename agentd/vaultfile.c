/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/vaultfile.h"

#include "common/json.h"

#define NS_PER_S    1000000000
#define PERMISSIONS 07777
#define XATTRS_MANY 4096
/* Bytes of a path in base64. */
#define VAULTFILE_TEXT_MAX (2 * PATH_MAX)

static json_t *time_json(struct timespec t)
{
	return json_pack("[I, I]", (json_int_t)t.tv_sec, (json_int_t)t.tv_nsec);
}

int vaultfile_put(json_t *meta, const struct filefacts *f, struct span path)
{
	const struct stat *st = &f->st;
	char mode[16];
	json_t *more;
	int r;

	snprintf(mode, sizeof(mode), "%04o", (unsigned)st->st_mode & PERMISSIONS);
	more = json_pack("{s:o, s:I, s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:O}",
		"path", json_bytes_new(path.p, path.n), "size", (json_int_t)st->st_size, "sha256",
		f->sha256, "mode", mode, "uid", (json_int_t)st->st_uid, "gid",
		(json_int_t)st->st_gid, "atime", time_json(st->st_atim), "mtime",
		time_json(st->st_mtim), "ctime", time_json(st->st_ctim), "device",
		(json_int_t)st->st_dev, "inode", (json_int_t)st->st_ino, "links",
		(json_int_t)st->st_nlink, "flags", (json_int_t)f->flags, "xattrs", f->xattrs);
	r = more ? json_object_update_new(meta, more) : -1;
	return r < 0 ? -ENOMEM : 0;
}

static int bad(const char *name, struct err *err)
{
	return err_set(err, EBADMSG, "the vault's meta.json has no good `%s`", name);
}

static int read_int(
	const json_t *meta, const char *name, int64_t max, int64_t *ret, struct err *err)
{
	const json_t *v = json_object_get(meta, name);

	if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > max)
		return bad(name, err);
	*ret = json_integer_value(v);
	return 0;
}

static int read_time(const json_t *meta, const char *name, struct timespec *ret, struct err *err)
{
	const json_t *v = json_object_get(meta, name), *s = json_array_get(v, 0),
		     *ns = json_array_get(v, 1);

	if (json_array_size(v) != 2 || !json_is_integer(s) || !json_is_integer(ns) ||
		json_integer_value(ns) < 0 || json_integer_value(ns) >= NS_PER_S)
		return bad(name, err);
	*ret = (struct timespec){
		.tv_sec = (time_t)json_integer_value(s), .tv_nsec = (long)json_integer_value(ns)};
	return 0;
}

/* By the same reader and bounds as a request's. */
static int read_path(const json_t *meta, struct vaultfile *f, struct err *err)
{
	static const struct action_arg args[] = {
		{"path", ACTION_PATH, true, 0, 0, ""},
		{0},
	};
	static const struct action reader = {.name = "vault", .args = args};
	json_t *only = json_object(), *path = json_object_get(meta, "path");
	struct action_value value;
	struct buf text;
	int r;

	if (!only || (path && json_object_set(only, "path", path))) {
		json_decref(only);
		return err_set(err, ENOMEM, "out of memory");
	}
	buf_init(&text, VAULTFILE_TEXT_MAX);
	r = action_args_read(&reader, only, &value, &text, NULL);
	if (r == 0) {
		memcpy(f->path, value.text.p, value.text.n);
		f->path[value.text.n] = '\0';
		f->path_len = value.text.n;
	}
	buf_done(&text);
	json_decref(only);
	if (r == -ENOMEM)
		return err_set(err, ENOMEM, "out of memory");
	return r < 0 ? bad("path", err) : 0;
}

static int read_hash(const json_t *meta, struct vaultfile *f, struct err *err)
{
	const char *hex = json_string_value(json_object_get(meta, "sha256"));

	if (!hex || strlen(hex) != FILECOPY_SHA256_MAX - 1 ||
		strspn(hex, "0123456789abcdef") != FILECOPY_SHA256_MAX - 1)
		return bad("sha256", err);
	memcpy(f->sha256, hex, FILECOPY_SHA256_MAX);
	return 0;
}

static int read_mode(const json_t *meta, struct vaultfile *f, struct err *err)
{
	const char *text = json_string_value(json_object_get(meta, "mode"));
	uint64_t mode;

	if (!text || parse_span(span_str(text), 8, PERMISSIONS, &mode) < 0)
		return bad("mode", err);
	f->mode = (mode_t)mode;
	return 0;
}

static int read_numbers(const json_t *meta, struct vaultfile *f, struct err *err)
{
	int64_t size, uid, gid, flags;
	int r = read_int(meta, "size", INT64_MAX, &size, err);

	if (r == 0)
		r = read_mode(meta, f, err);
	if (r == 0)
		r = read_int(meta, "uid", UINT32_MAX - 1, &uid, err);
	if (r == 0)
		r = read_int(meta, "gid", UINT32_MAX - 1, &gid, err);
	if (r == 0)
		r = read_int(meta, "flags", UINT32_MAX, &flags, err);
	if (r < 0)
		return r;
	f->size = (uint64_t)size;
	f->uid = (uid_t)uid;
	f->gid = (gid_t)gid;
	f->flags = (uint32_t)flags;
	return 0;
}

int vaultfile_read(const json_t *meta, struct vaultfile *ret, struct err *err)
{
	const char *kind = json_string_value(json_object_get(meta, "kind"));
	const char *id = json_string_value(json_object_get(meta, "id"));
	int r;

	if (!str_eq(kind ? kind : "", VAULT_KIND_FILE))
		return err_set(
			err, EINVAL, "%.32s holds no file that could be put back", id ? id : "it");
	r = read_path(meta, ret, err);
	if (r == 0)
		r = read_hash(meta, ret, err);
	if (r == 0)
		r = read_numbers(meta, ret, err);
	if (r == 0)
		r = read_time(meta, "atime", &ret->atime, err);
	if (r == 0)
		r = read_time(meta, "mtime", &ret->mtime, err);
	if (r < 0)
		return r;
	ret->xattrs = json_object_get(meta, "xattrs");
	if (!json_is_array(ret->xattrs) || json_array_size(ret->xattrs) > XATTRS_MANY)
		return bad("xattrs", err);
	return 0;
}
