/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/blockdev.h"
#include "agentd/root.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#define DM_CONTROL   "/dev/mapper/control"
#define DM_REPLY_MAX 16384
#define CIPHER_MAX   128

enum { NAME, UUID, ENCRYPTED, TYPE, ENCRYPTION_STATUS };

static const struct column columns[] = {
	{"name", COL_TEXT, COL_INDEX, "Device node"},
	{"uuid", COL_TEXT, 0, "UUID of what is on it"},
	{"encrypted", COL_INTEGER, 0, "1: what is written to it is encrypted"},
	{"type", COL_TEXT, 0, "How: LUKS2-aes-xts-plain64; the cipher for root only"},
	{"encryption_status", COL_TEXT, 0, "encrypted or not encrypted"},
	COL_END,
};

static int encryption_open(struct scan *s)
{
	blockdevs_open(scan_state(s), s, NAME);
	return 0;
}

/* ---- The cipher, from the device mapper ---- */

struct dm_reply {
	struct dm_ioctl head;
	char data[DM_REPLY_MAX];
};

/* "aes-xts-plain64 KEY …": nothing but the first word may ever leave this function. */
static bool take_cipher(const struct dm_reply *reply, char ret[CIPHER_MAX])
{
	size_t at = reply->head.data_start;
	const char *text = (const char *)reply + at + sizeof(struct dm_target_spec);
	struct dm_target_spec spec;
	size_t n;

	if (reply->head.target_count < 1 || at + sizeof(spec) >= sizeof(*reply))
		return false;
	memcpy(&spec, (const char *)reply + at, sizeof(spec));
	n = strnlen(text, sizeof(*reply) - at - sizeof(spec));
	if (strncmp(spec.target_type, "crypt", sizeof(spec.target_type)) != 0 ||
		!memchr(text, ' ', n))
		return false;
	n = strcspn(text, " ");
	if (n >= CIPHER_MAX)
		return false;
	memcpy(ret, text, n);
	ret[n] = '\0';
	return true;
}

static bool ask_cipher(struct scan *s, uint64_t device, char ret[CIPHER_MAX])
{
	struct dm_reply *reply = calloc(1, sizeof(*reply));
	int fd = reply ? root_open(scan_root(s), DM_CONTROL, O_RDWR) : -ENOMEM;
	bool known = false;

	if (fd >= 0) {
		reply->head = (struct dm_ioctl){.version = {4, 0, 0},
			.data_size = sizeof(*reply),
			.data_start = sizeof(reply->head),
			.dev = device,
			.flags = DM_STATUS_TABLE_FLAG | DM_SECURE_DATA_FLAG};
		known = ioctl(fd, DM_TABLE_STATUS, reply) == 0 && take_cipher(reply, ret);
		io_close(fd);
	}
	if (!known)
		scan_skipped(s, "cipher", "device", fd < 0 ? -fd : EACCES);
	if (reply)
		explicit_bzero(reply, sizeof(*reply));
	free(reply);
	return known;
}

/* "253:0" as the kernel's ioctl takes it. */
static bool device_number(struct blockdevs *d, const char *name, uint64_t *ret)
{
	struct span text, major;
	uint64_t a, b;

	if (!attr_read(d->s, &d->b, &text, BLOCKDEV_DIR "/%s/dev", name) ||
		!span_split(&text, ':', &major) || !text.p ||
		parse_span(major, 10, UINT32_MAX, &a) < 0 ||
		parse_span(text, 10, UINT32_MAX, &b) < 0)
		return false;
	*ret = makedev((unsigned)a, (unsigned)b);
	return true;
}

/* ---- Rows ---- */

/* "CRYPT-LUKS2-4fd4…-home" -> "LUKS2"; false for what is not encrypted. */
static bool crypt_kind(struct blockdevs *d, const char *name, char ret[CIPHER_MAX])
{
	struct span text, kind;

	if (!attr_read(d->s, &d->b, &text, BLOCKDEV_DIR "/%s/dm/uuid", name) ||
		!span_skip(&text, "CRYPT-") || !span_split(&text, '-', &kind) ||
		kind.n >= CIPHER_MAX)
		return false;
	memcpy(ret, kind.p, kind.n);
	ret[kind.n] = '\0';
	return true;
}

/* What lies upon an encrypted device is encrypted too. */
static void put_encryption(struct blockdevs *d, const char *name)
{
	char device[BLOCKDEV_NAME_MAX], parent[BLOCKDEV_NAME_MAX], kind[CIPHER_MAX];
	char cipher[CIPHER_MAX] = "";
	uint64_t number;
	bool encrypted;

	str_copy(device, sizeof(device), name);
	for (unsigned i = 0; !(encrypted = crypt_kind(d, device, kind)); i++) {
		if (i == BLOCKDEV_DEPTH_MAX || !blockdev_parent(d, device, parent))
			break;
		str_copy(device, sizeof(device), parent);
	}
	row_int(d->s, ENCRYPTED, encrypted);
	row_text(d->s, ENCRYPTION_STATUS, encrypted ? "encrypted" : "not encrypted");
	row_text(d->s, TYPE, "");
	if (!encrypted || !scan_wants(d->s, TYPE))
		return;
	if (root_is_live(scan_root(d->s)) && device_number(d, device, &number))
		ask_cipher(d->s, number, cipher);
	row_printf(d->s, TYPE, "%s%s%s", kind, cipher[0] ? "-" : "", cipher);
}

static int encryption_step(struct scan *s)
{
	struct blockdevs *d = scan_state(s);
	const char *name = blockdevs_next(d);
	struct blockdev_content content;

	if (!name)
		return 0;
	row_begin(s);
	blockdev_row(s, NAME, name);
	if (scan_wants(s, UUID)) {
		blockdev_probe(d, name, &content);
		row_text(s, UUID, content.uuid);
	}
	put_encryption(d, name);
	row_end(s);
	return 1;
}

static void encryption_close(struct scan *s)
{
	blockdevs_close(scan_state(s));
}

const struct table table_disk_encryption = {
	.name = "disk_encryption",
	.doc = "Which block devices are encrypted (dm-crypt: LUKS and the like).",
	.columns = columns,
	.open = encryption_open,
	.step = encryption_step,
	.close = encryption_close,
	.state_size = sizeof(struct blockdevs),
};
