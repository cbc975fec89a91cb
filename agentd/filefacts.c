/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/filefacts.h"

#include "agentd/xattrs.h"
#include "common/base64.h"
#include "common/json.h"

#include <inttypes.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>

/* Names of attributes that are told of. */
#define NAMES_SHOWN 32

static json_t *xattr_entry(const char *name, const struct buf *value)
{
	struct buf text;
	json_t *entry = NULL;

	buf_init(&text, 2 * XATTRS_MAX);
	if (base64_encode(&text, value->p, value->len) == 0)
		entry = json_pack("{s:o, s:s}", "name", json_bytes_new(name, strlen(name)), "value",
			buf_str(&text));
	buf_done(&text);
	return entry;
}

static int add_xattr(json_t *list, int fd, const char *name, struct buf *value, size_t *total)
{
	int r = xattrs_get(fd, name, value);

	/* Gone meanwhile. */
	if (r == -ENODATA)
		return 0;
	if (r < 0)
		return r;
	*total += value->len;
	if (*total > FILEFACTS_XATTRS_MAX)
		return -E2BIG;
	return json_array_append_new(list, xattr_entry(name, value)) ? -ENOMEM : 0;
}

static int read_xattrs(int fd, json_t *list)
{
	struct buf names, value;
	size_t total = 0;
	int r;

	buf_init(&names, XATTRS_MAX);
	buf_init(&value, XATTRS_MAX);
	r = xattrs_list(fd, &names);
	for (size_t at = 0; r == 0 && at < names.len; at += strlen(names.p + at) + 1)
		r = add_xattr(list, fd, names.p + at, &value, &total);
	buf_done(&names);
	buf_done(&value);
	return r == -EOPNOTSUPP ? 0 : r;
}

int filefacts_read(int fd, struct filefacts *ret, struct err *err)
{
	int flags = 0, r;

	*ret = (struct filefacts){.xattrs = json_array()};
	if (!ret->xattrs)
		return err_sys(err, ENOMEM, "its attributes");
	if (fstat(fd, &ret->st) < 0)
		return err_sys(err, errno, "its attributes");
	ret->has_flags = ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;
	ret->flags = ret->has_flags ? (uint32_t)flags : 0;
	r = read_xattrs(fd, ret->xattrs);
	return r < 0 ? err_sys(err, -r, "its extended attributes") : 0;
}

void filefacts_done(struct filefacts *f)
{
	json_decref(f->xattrs);
	f->xattrs = NULL;
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool filefacts_unchanged(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       same_time(a->st_mtim, b->st_mtim) && same_time(a->st_ctim, b->st_ctim);
}

int filefacts_identity(
	const struct filefacts *f, struct span path, char ret[ACTION_IDENTITY_MAX + 1])
{
	char numbers[256];

	snprintf(numbers, sizeof(numbers), "%ju %ju %jd %jd.%09ld %jd.%09ld",
		(uintmax_t)f->st.st_dev, (uintmax_t)f->st.st_ino, (intmax_t)f->st.st_size,
		(intmax_t)f->st.st_mtim.tv_sec, f->st.st_mtim.tv_nsec,
		(intmax_t)f->st.st_ctim.tv_sec, f->st.st_ctim.tv_nsec);
	return action_identity(
		(struct span[]){span_str("file"), path, span_str(numbers), span_str(f->sha256)}, 4,
		ret);
}

static json_t *xattr_names(const json_t *xattrs)
{
	json_t *names = json_array();

	for (size_t i = 0; i < json_array_size(xattrs) && i < NAMES_SHOWN; i++)
		json_array_append(names, json_object_get(json_array_get(xattrs, i), "name"));
	return names;
}

json_t *filefacts_json(const struct filefacts *f, struct span path)
{
	char identity[ACTION_IDENTITY_MAX + 1], mode[16];

	if (filefacts_identity(f, path, identity) < 0)
		return NULL;
	snprintf(mode, sizeof(mode), "%04o", (unsigned)f->st.st_mode & 07777);
	return json_pack("{s:o, s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:s}",
		"path", json_bytes_new(path.p, path.n), "size", (json_int_t)f->st.st_size, "sha256",
		f->sha256, "mode", mode, "uid", (json_int_t)f->st.st_uid, "gid",
		(json_int_t)f->st.st_gid, "mtime", (json_int_t)f->st.st_mtim.tv_sec, "device",
		(json_int_t)f->st.st_dev, "inode", (json_int_t)f->st.st_ino, "links",
		(json_int_t)f->st.st_nlink, "flags", (json_int_t)f->flags, "xattrs",
		xattr_names(f->xattrs), "identity", identity);
}

int filefacts_set_flags(int fd, uint32_t flags)
{
	int now = 0;

	if (ioctl(fd, FS_IOC_GETFLAGS, &now) < 0)
		return -errno;
	now = (int)(((uint32_t)now & ~FILEFACTS_FLAGS) | (flags & FILEFACTS_FLAGS));
	return ioctl(fd, FS_IOC_SETFLAGS, &now) < 0 ? -errno : 0;
}

int filefacts_set_xattr(int fd, const json_t *entry)
{
	const json_t *v = json_object_get(entry, "value");
	struct buf key, value;
	int r;

	buf_init(&key, XATTRS_MAX);
	buf_init(&value, 2 * XATTRS_MAX);
	r = json_bytes_add(&key, json_object_get(entry, "name"));
	if (r == 0)
		r = json_is_string(v)
			    ? base64_decode_add(&value, json_string_value(v), json_string_length(v))
			    : -EBADMSG;
	if (r == 0 && strlen(buf_str(&key)) != key.len)
		r = -EBADMSG;
	if (r == 0 && fsetxattr(fd, buf_str(&key), buf_str(&value), value.len, 0) < 0)
		r = -errno;
	buf_done(&key);
	buf_done(&value);
	return r;
}
