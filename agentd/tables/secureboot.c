/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/attr.h"
#include "agentd/root.h"

#define EFI_DIR	 "/sys/firmware/efi"
#define EFI_GUID "8be4df61-93ca-11d2-aa0d-00e098032b8c" /* global variables */
/* A variable's file: four bytes of attributes, then its value. */
#define VALUE_AT 4

enum { SECURE_BOOT, SETUP_MODE };

static const struct column columns[] = {
	{"secure_boot", COL_INTEGER, 0, "1: only signed boot loaders and kernels are started"},
	{"setup_mode", COL_INTEGER, 0, "1: anybody may enroll keys, so nothing is protected"},
	COL_END,
};

static void put_flag(struct scan *s, unsigned col, struct buf *b, const char *name)
{
	struct span text;

	if (!scan_wants(s, col) || !attr_read(s, b, &text, EFI_DIR "/efivars/%s-" EFI_GUID, name))
		return;
	if (b->len == VALUE_AT + 1)
		row_int(s, col, (unsigned char)b->p[VALUE_AT] <= 1 ? b->p[VALUE_AT] : -1);
}

static int secureboot_step(struct scan *s)
{
	struct stat st;
	struct buf b;

	if (root_stat(scan_root(s), EFI_DIR, true, &st) < 0)
		return 0;
	buf_init(&b, ATTR_MAX);
	row_begin(s);
	put_flag(s, SECURE_BOOT, &b, "SecureBoot");
	put_flag(s, SETUP_MODE, &b, "SetupMode");
	row_end(s);
	buf_done(&b);
	return 0;
}

const struct table table_secureboot = {
	.name = "secureboot",
	.doc = "Secure Boot of a machine started by UEFI; no row on one started by a BIOS.",
	.columns = columns,
	.step = secureboot_step,
};
