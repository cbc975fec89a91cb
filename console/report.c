/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/report.h"
#include "common/buf.h"
#include "common/io.h"
#include "common/json.h"
#include "common/str.h"
#include "console/interrupt.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Bytes of the whole report: every host's error at its longest fits. */
#define REPORT_MAX (1u << 30)

struct report {
	char *path; /* links followed */
	char *temp; /* NULL: written in place */
	int fd;
};

/* Beside the file, so that renaming is atomic; with the mode that a new file would have. */
static int open_temp(struct report *r, struct err *err)
{
	mode_t mask = umask(0);

	umask(mask);
	r->temp = str_printf("%s.XXXXXX", r->path);
	if (!r->temp)
		return err_sys(err, ENOMEM, "--report");
	r->fd = mkostemp(r->temp, O_CLOEXEC);
	if (r->fd < 0 || fchmod(r->fd, 0666 & ~mask) < 0)
		return err_sys(err, errno, "cannot write the report %s", r->path);
	interrupt_unlinks(r->temp);
	return 0;
}

int report_new(const char *path, struct report **ret, struct err *err)
{
	struct report *r = calloc(1, sizeof(*r));
	struct stat st;
	int result;

	if (!r)
		return err_sys(err, ENOMEM, "--report");
	r->fd = -1;
	r->path = realpath(path, NULL);
	if (!r->path)
		r->path = strdup(path);
	if (!r->path) {
		result = err_sys(err, ENOMEM, "--report");
	} else if (stat(r->path, &st) == 0 && !S_ISREG(st.st_mode)) {
		r->fd = open(r->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		result = r->fd < 0 ? err_sys(err, errno, "cannot write the report %s", path) : 0;
	} else {
		result = open_temp(r, err);
	}
	if (result < 0) {
		report_free(r);
		return result;
	}
	*ret = r;
	return 0;
}

void report_free(struct report *r)
{
	if (!r)
		return;
	interrupt_unlinks(NULL);
	if (r->fd >= 0 && r->temp)
		unlink(r->temp);
	io_close(r->fd);
	free(r->temp);
	free(r->path);
	free(r);
}

/* ---- JSON ---- */

static int put_member(struct buf *b, const char *name, const char *value)
{
	int r = buf_printf(b, "\"%s\":", name);

	if (r < 0)
		return r;
	return value ? json_put_str(b, value) : buf_puts(b, "null");
}

static int put_run(struct buf *b, const struct report_run *run, int64_t rows)
{
	time_t at = (time_t)(run->started_us / 1000000);
	char started[32] = "";
	struct tm tm;
	int r = buf_puts(b, "{\"run\":{");

	if (gmtime_r(&at, &tm))
		strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (r == 0)
		r = put_member(b, "command", run->command);
	if (r == 0)
		r = buf_putc(b, ',');
	if (r == 0)
		r = put_member(b, "question", run->question);
	if (r == 0)
		r = buf_putc(b, ',');
	if (r == 0)
		r = put_member(b, "target", run->target);
	if (r == 0)
		r = buf_printf(b,
			",\"started\":\"%s\",\"ms\":%lld,\"rows\":%lld,\"interrupted\":%s},"
			"\n\"hosts\":[",
			started, (long long)run->ms, (long long)rows,
			run->interrupted ? "true" : "false");
	return r;
}

static int put_host(struct buf *b, const char *name, const struct answer *h)
{
	int r = buf_putc(b, '{');

	if (r == 0)
		r = put_member(b, "host", name);
	if (r == 0)
		r = buf_printf(b, ",\"state\":\"%s\",", host_state_name(h->state));
	if (r == 0)
		r = put_member(b, "error", h->error);
	if (r == 0)
		r = buf_printf(b, ",\"rows\":%lld,\"ms\":%lld,\"truncated\":%s}",
			(long long)h->rows, (long long)h->ms, h->truncated ? "true" : "false");
	return r;
}

static int put_report(struct buf *b, const struct report_run *run, const struct answers *answers,
	const struct host_config *hosts)
{
	int r = put_run(b, run, answers->rows);

	for (size_t i = 0; r == 0 && i < answers->n; i++) {
		r = buf_puts(b, i ? ",\n" : "\n");
		if (r == 0)
			r = put_host(b, hosts[i].name, &answers->of[i]);
	}
	return r < 0 ? r : buf_puts(b, "\n]}\n");
}

/* ---- Writing ---- */

static int put_in_place(struct report *r)
{
	if (!r->temp)
		return 0;
	if (fsync(r->fd) < 0 || rename(r->temp, r->path) < 0)
		return -errno;
	r->fd = io_close(r->fd);
	return 0;
}

int report_write(struct report *r, const struct report_run *run, const struct answers *answers,
	const struct host_config *hosts, struct err *err)
{
	struct buf b;
	int result;

	buf_init(&b, REPORT_MAX);
	result = put_report(&b, run, answers, hosts);
	if (result == 0)
		result = io_write_all(r->fd, b.p, b.len);
	if (result == 0)
		result = put_in_place(r);
	buf_done(&b);
	return result < 0 ? err_sys(err, -result, "cannot write the report %s", r->path) : 0;
}
