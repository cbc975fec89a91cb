/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of a host that tables read line by line: the lines are those of the file whatever is in
 * it, and the readers of passwd, group, crontab and mount lines keep within them.
 */
#include "agentd/accounts.h"
#include "agentd/cronline.h"
#include "agentd/mounttab.h"
#include "agentd/textfile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void within(struct span inner, struct span outer)
{
	MUST(!inner.n || (inner.p >= outer.p && inner.p + inner.n <= outer.p + outer.n));
}

static void read_accounts(struct span line)
{
	struct passwd_line p;
	struct group_line g;

	if (passwd_line_read(line, &p) == 1) {
		within(p.name, line);
		within(p.gecos, line);
		within(p.dir, line);
		within(p.shell, line);
		MUST(p.uid >= ACCOUNT_NO_ID && p.uid <= UINT32_MAX);
		MUST(p.gid >= ACCOUNT_NO_ID && p.gid <= UINT32_MAX);
	}
	if (group_line_read(line, &g) == 1) {
		within(g.name, line);
		within(g.members, line);
		MUST(g.gid >= ACCOUNT_NO_ID && g.gid <= UINT32_MAX);
	}
}

static void read_cron(struct span line)
{
	struct cron_line c;
	struct buf command;

	buf_init(&command, TEXTFILE_LINE_MAX);
	if (cron_line_read(line, &c, &command) == 1) {
		within(c.event, line);
		for (size_t i = 0; i < ARRAY_LEN(c.when); i++)
			within(c.when[i], line);
		MUST(command.len > 0 && command.len <= line.n);
		MUST(command.p[0] != ' ' && command.p[command.len - 1] != ' ');
		MUST(!memmem(command.p, command.len, "  ", 2));
	}
	buf_done(&command);
}

static void read_mount(char *line, size_t len)
{
	struct mount_entry e;

	if (mount_entry_read(line, len, &e) < 0)
		return;
	MUST(e.device >= line && e.path > e.device && e.type > e.path && e.flags > e.type);
	MUST(e.flags + strlen(e.flags) <= line + len);
	MUST(e.path_len == strlen(e.path) || memchr(e.path, '\0', e.path_len));
	mount_type_remote(e.type);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *want = (const char *)data, *end = want + n;
	struct textfile t;
	char *line;
	size_t len;
	int fd = memfd_create("fuzz", MFD_CLOEXEC), r;

	MUST(fd >= 0 && (n == 0 || write(fd, data, n) == (ssize_t)n));
	MUST(lseek(fd, 0, SEEK_SET) == 0 && textfile_init(&t, fd) == 0);
	while ((r = textfile_next(&t, &line, &len)) == TEXTFILE_LINE) {
		MUST((size_t)(end - want) >= len && memcmp(line, want, len) == 0 && !line[len]);
		want += len;
		MUST(want == end || *want == '\n');
		want += want < end;
		read_accounts((struct span){line, len});
		read_cron((struct span){line, len});
		read_mount(line, len);
	}
	MUST(r == TEXTFILE_END && (want == end || n > TEXTFILE_LINE_MAX));
	textfile_done(&t);
	return 0;
}
