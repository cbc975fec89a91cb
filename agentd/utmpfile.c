/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/utmpfile.h"

#include "agentd/root.h"
#include "agentd/textfile.h"
#include "common/io.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void utmpfile_open(struct utmpfile *f, struct scan *s, const char *path)
{
	f->s = s;
	f->path = path;
	f->n = f->at = f->odd = 0;
	f->fd = root_open_file(scan_root(s), path);
	if (f->fd < 0 && f->fd != -ENOENT && f->fd != -ENOTDIR)
		scan_warn(s, "%s: %s", path, textfile_why(f->fd));
}

void utmpfile_close(struct utmpfile *f)
{
	if (!f->s)
		return;
	if (f->odd)
		scan_warn(f->s, "%s: its last record is not complete", f->path);
	f->fd = io_close(f->fd);
}

/* A read may end within a record: the beginning of that stays for the next one. */
static bool fill(struct utmpfile *f)
{
	ssize_t n;

	memmove(f->p, f->p + f->at, f->odd);
	f->at = 0;
	do {
		n = read(f->fd, f->p + f->odd, sizeof(f->p) - f->odd);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		scan_skipped(f->s, "records", "file", errno);
	if (n <= 0)
		return false;
	f->n = f->odd + (size_t)n;
	f->odd = f->n % sizeof(struct utmp);
	f->n -= f->odd;
	return true;
}

int utmpfile_next(struct utmpfile *f, struct utmp *ret)
{
	while (f->fd >= 0 && f->at == f->n) {
		if (fill(f))
			continue;
		f->fd = io_close(f->fd);
	}
	if (f->fd < 0)
		return 0;
	memcpy(ret, f->p + f->at, sizeof(*ret));
	f->at += sizeof(*ret);
	return 1;
}

int64_t utmp_time(const struct utmp *u)
{
	return (int64_t)(uint32_t)u->ut_tv.tv_sec;
}
