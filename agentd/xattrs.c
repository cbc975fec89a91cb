/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/xattrs.h"

#include "common/str.h"

#include <endian.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdbool.h>
#include <string.h>
#include <sys/xattr.h>

#define FD_PATH_MAX 32

/* A descriptor of O_PATH has no attributes of its own, but its name in /proc leads to the file. */
static void fd_path(int fd, char path[FD_PATH_MAX])
{
	snprintf(path, FD_PATH_MAX, "/proc/self/fd/%d", fd);
}

static int took(struct buf *out, ssize_t n)
{
	if (n < 0)
		return -errno;
	buf_added(out, (size_t)n);
	return 0;
}

int xattrs_list(int fd, struct buf *out)
{
	char path[FD_PATH_MAX];
	int r;

	buf_reset(out);
	fd_path(fd, path);
	r = buf_room(out, XATTRS_MAX);
	return r < 0 ? r : took(out, listxattr(path, out->p, XATTRS_MAX));
}

int xattrs_get(int fd, const char *name, struct buf *out)
{
	char path[FD_PATH_MAX];
	int r;

	buf_reset(out);
	fd_path(fd, path);
	r = buf_room(out, XATTRS_MAX);
	return r < 0 ? r : took(out, getxattr(path, name, out->p, XATTRS_MAX));
}

/* ---- Capabilities ---- */

static const char *const cap_names[] = {
	"chown",
	"dac_override",
	"dac_read_search",
	"fowner",
	"fsetid",
	"kill",
	"setgid",
	"setuid",
	"setpcap",
	"linux_immutable",
	"net_bind_service",
	"net_broadcast",
	"net_admin",
	"net_raw",
	"ipc_lock",
	"ipc_owner",
	"sys_module",
	"sys_rawio",
	"sys_chroot",
	"sys_ptrace",
	"sys_pacct",
	"sys_admin",
	"sys_boot",
	"sys_nice",
	"sys_resource",
	"sys_time",
	"sys_tty_config",
	"mknod",
	"lease",
	"audit_write",
	"audit_control",
	"setfcap",
	"mac_override",
	"mac_admin",
	"syslog",
	"wake_alarm",
	"block_suspend",
	"audit_read",
	"perfmon",
	"bpf",
	"checkpoint_restore",
};
#define ALL_KNOWN ((UINT64_C(1) << ARRAY_LEN(cap_names)) - 1)

enum { EFFECTIVE = 1, INHERITABLE = 2, PERMITTED = 4 };

static int put_cap(struct buf *out, unsigned cap)
{
	if (cap < ARRAY_LEN(cap_names))
		return buf_printf(out, "cap_%s", cap_names[cap]);
	return buf_printf(out, "%u", cap);
}

/* Those that are in the same sets; "=ep" when these are all. */
static int put_group(struct buf *out, uint64_t caps, unsigned sets)
{
	bool first = true;
	int r = out->len ? buf_putc(out, ' ') : 0;

	for (unsigned cap = 0; !r && cap < 64 && (caps & ALL_KNOWN) != ALL_KNOWN; cap++) {
		if (!(caps >> cap & 1))
			continue;
		r = first ? 0 : buf_putc(out, ',');
		if (!r)
			r = put_cap(out, cap);
		first = false;
	}
	return r < 0 ? r
		     : buf_printf(out, "=%s%s%s", sets & EFFECTIVE ? "e" : "",
			       sets & INHERITABLE ? "i" : "", sets & PERMITTED ? "p" : "");
}

static uint32_t le32_at(const char *p, size_t i)
{
	uint32_t v;

	memcpy(&v, p + i * sizeof(v), sizeof(v));
	return le32toh(v);
}

int xattrs_capabilities(struct buf *out, const char *p, size_t n)
{
	uint64_t permitted, inheritable;
	uint32_t magic;
	size_t words;
	int r = 0;

	if (n < XATTR_CAPS_SZ_1)
		return -EBADMSG;
	magic = le32_at(p, 0);
	words = n / sizeof(uint32_t);
	permitted = le32_at(p, 1);
	inheritable = le32_at(p, 2);
	switch (magic & VFS_CAP_REVISION_MASK) {
	case VFS_CAP_REVISION_1:
		break;
	case VFS_CAP_REVISION_2:
	case VFS_CAP_REVISION_3:
		if (words < 5)
			return -EBADMSG;
		permitted |= (uint64_t)le32_at(p, 3) << 32;
		inheritable |= (uint64_t)le32_at(p, 4) << 32;
		break;
	default:
		return -EBADMSG;
	}
	for (unsigned sets = PERMITTED | INHERITABLE; !r && sets >= INHERITABLE;
		sets -= INHERITABLE) {
		uint64_t caps = (sets & PERMITTED ? permitted : ~permitted) &
				(sets & INHERITABLE ? inheritable : ~inheritable);

		if (caps)
			r = put_group(out, caps,
				sets | (magic & VFS_CAP_FLAGS_EFFECTIVE ? EFFECTIVE : 0));
	}
	return r < 0 || out->len ? r : buf_putc(out, '=');
}

/* ---- ACL ---- */

static const char *acl_word(uint16_t tag)
{
	switch (tag) {
	case ACL_USER_OBJ:
	case ACL_USER:
		return "user";
	case ACL_GROUP_OBJ:
	case ACL_GROUP:
		return "group";
	case ACL_MASK:
		return "mask";
	case ACL_OTHER:
		return "other";
	default:
		return NULL;
	}
}

static int put_entry(struct buf *out, const char *p, bool first)
{
	struct posix_acl_xattr_entry e;
	char id[16] = "";
	const char *word;
	unsigned perm;

	memcpy(&e, p, sizeof(e));
	word = acl_word(le16toh(e.e_tag));
	perm = le16toh(e.e_perm);
	if (!word)
		return -EBADMSG;
	if (le16toh(e.e_tag) == ACL_USER || le16toh(e.e_tag) == ACL_GROUP)
		snprintf(id, sizeof(id), "%u", le32toh(e.e_id));
	return buf_printf(out, "%s%s:%s:%c%c%c", first ? "" : ",", word, id,
		perm & ACL_READ ? 'r' : '-', perm & ACL_WRITE ? 'w' : '-',
		perm & ACL_EXECUTE ? 'x' : '-');
}

int xattrs_acl(struct buf *out, const char *p, size_t n)
{
	size_t head = sizeof(struct posix_acl_xattr_header);
	size_t size = sizeof(struct posix_acl_xattr_entry), before = out->len;
	int r = 0;

	if (n < head || (n - head) % size || le32_at(p, 0) != POSIX_ACL_XATTR_VERSION)
		return -EBADMSG;
	for (size_t at = head; !r && at < n; at += size)
		r = put_entry(out, p + at, at == head);
	if (r < 0)
		buf_cut(out, before);
	return r;
}
