/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"sycall_addr_modified", COL_INTEGER, 0, "1: an address of a system call was changed"},
	{"text_segment_hash", COL_TEXT, 0, "Digest of the kernel's code"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(kernel_integrity, nosource_remote,
	"What a kernel module of older osquery told; always empty. Older packs ask for it: see "
	"kernel_taint and hidden_processes.");
