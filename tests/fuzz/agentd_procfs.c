/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of /proc/PID say, true or not: nothing is read outside of them, a name in stat is
 * the bytes between the brackets, and the first byte chooses the file.
 */
#include "agentd/procfs.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool within(struct span part, struct span whole)
{
	return !part.n || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void fuzz_stat(struct span text)
{
	struct procfs_stat st;

	if (procfs_stat_parse(text, &st) < 0)
		return;
	MUST(within(st.comm, text));
	MUST(st.comm.p > text.p && st.comm.p[-1] == '(' && st.comm.p[st.comm.n] == ')');
	MUST(memchr(st.comm.p + st.comm.n + 1, ')',
		     (size_t)(text.p + text.n - st.comm.p - st.comm.n - 1)) == NULL);
}

static void fuzz_cmdline(struct span text)
{
	struct span args;
	struct buf b;

	buf_init(&b, PROCFS_CMDLINE_MAX);
	if (buf_add(&b, text.p, text.n) == 0) {
		args = procfs_cmdline_text(&b);
		MUST(within(args, (struct span){b.p, b.len}));
		MUST(!args.n || memchr(args.p, '\0', args.n) == NULL);
	}
	buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct procfs fs = {.hz = 100};
	struct procfs_status status;
	struct procfs_io io;
	struct span text;
	uint64_t number;
	char *copy; /* exactly as long as the text, so that the sanitizer sees a byte too far */

	if (!n)
		return 0;
	copy = malloc(n);
	MUST(copy != NULL);
	memcpy(copy, data, n);
	text = (struct span){copy + 1, n - 1};
	switch (data[0] % 6) {
	case 0:
		fuzz_stat(text);
		break;
	case 1:
		if (procfs_status_parse(text, &status) == 0)
			MUST(status.tgid >= 0 && status.tgid <= INT32_MAX);
		break;
	case 2:
		if (procfs_io_parse(text, &io) == 0)
			MUST(io.read_bytes <= INT64_MAX && io.write_bytes <= INT64_MAX &&
				io.cancelled_write_bytes <= INT64_MAX);
		break;
	case 3:
		MUST(within(procfs_cgroup_path(text), text));
		break;
	case 4:
		fuzz_cmdline(text);
		break;
	default:
		procfs_link_number(text, "socket", &number);
		if (text.n >= sizeof(number)) {
			memcpy(&number, text.p, sizeof(number));
			MUST(procfs_ms(&fs, number) >= 0);
		}
	}
	free(copy);
	return 0;
}
