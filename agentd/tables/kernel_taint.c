/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/attr.h"

#define TAINTED	 "/proc/sys/kernel/tainted"
#define BITS_MAX 64

enum { BIT, LETTER, NAME, SET };

static const struct column columns[] = {
	{"bit", COL_INTEGER, 0, "Number of the bit"},
	{"letter", COL_TEXT, 0, "Letter that the kernel prints for it; empty for an unknown one"},
	{"name", COL_TEXT, 0, "What it means"},
	{"set", COL_INTEGER, 0, "1: it is so"},
	COL_END,
};

/* Documentation/admin-guide/tainted-kernels.rst */
static const struct {
	char letter;
	const char *name;
} bits[] = {
	{'P', "a proprietary module was loaded"},
	{'F', "a module was loaded by force"},
	{'S', "the kernel runs on a machine out of its specification"},
	{'R', "a module was unloaded by force"},
	{'M', "the processor reported a machine check"},
	{'B', "a page was in a bad state"},
	{'U', "somebody in user space asked for it"},
	{'D', "the kernel died (oops or BUG)"},
	{'A', "an ACPI table was overridden"},
	{'W', "the kernel warned"},
	{'C', "a driver from staging was loaded"},
	{'I', "a bug of the firmware was worked around"},
	{'O', "a module from outside of the kernel was loaded"},
	{'E', "an unsigned module was loaded"},
	{'L', "a processor was stuck (soft lockup)"},
	{'K', "the kernel was live-patched"},
	{'X', "the distribution set it"},
	{'T', "the kernel was built with a randomized layout"},
	{'N', "a test ran in the kernel"},
	{'J', "a debugging call changed the hardware"},
};

static void put_bit(struct scan *s, unsigned bit, bool set)
{
	bool known = bit < ARRAY_LEN(bits);

	row_begin(s);
	row_int(s, BIT, bit);
	row_bytes(s, LETTER, known ? &bits[bit].letter : "", known);
	row_text(s, NAME, known ? bits[bit].name : "unknown");
	row_int(s, SET, set);
	row_end(s);
}

static int taint_step(struct scan *s)
{
	uint64_t taint;
	struct buf b;
	bool known;

	buf_init(&b, ATTR_MAX);
	known = attr_uint(s, &b, &taint, TAINTED);
	buf_done(&b);
	for (unsigned bit = 0; known && bit < BITS_MAX; bit++)
		if (bit < ARRAY_LEN(bits) || taint >> bit & 1)
			put_bit(s, bit, taint >> bit & 1);
	return 0;
}

const struct table table_kernel_taint = {
	.name = "kernel_taint",
	.doc = "What the running kernel has been tainted by, a row for each possible reason.",
	.columns = columns,
	.step = taint_step,
};
