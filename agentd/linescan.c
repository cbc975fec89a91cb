/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/linescan.h"

#include <errno.h>

int linescan_open(struct linescan *l, struct scan *s, const char *path)
{
	int r;

	*l = (struct linescan){.path = path};
	r = textfile_open(&l->file, scan_root(s), path);
	l->open = r == 0;
	if (r < 0 && r != -ENOENT && r != -ENOTDIR && r != -ENOMEM)
		scan_warn(s, "%s: %s", path, textfile_why(r));
	return r == -ENOMEM ? r : 0;
}

int linescan_open_fd(struct linescan *l, int fd, const char *path)
{
	int r;

	*l = (struct linescan){.path = path};
	r = textfile_init(&l->file, fd);
	l->open = r == 0;
	return r;
}

enum linescan_got linescan_next(struct linescan *l, struct scan *s, struct span *ret)
{
	char *line;
	size_t len;
	int r = l->open ? textfile_next(&l->file, &line, &len) : TEXTFILE_END;

	if (r == TEXTFILE_LINE) {
		*ret = (struct span){line, len};
		return LINESCAN_LINE;
	}
	if (r < 0 && r != -ESRCH)
		scan_warn(s, "%s: %s", l->path, textfile_why(r));
	return r == TEXTFILE_AGAIN ? LINESCAN_AGAIN : LINESCAN_END;
}

void linescan_close(struct linescan *l, struct scan *s)
{
	if (!l->open)
		return;
	textfile_told(&l->file, s, l->path);
	if (l->bad)
		scan_warn(s, "%s: lines that are not understood: %zu", l->path, l->bad);
	textfile_done(&l->file);
	l->open = false;
}
