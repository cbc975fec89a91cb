/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/report.h"
#include "common/buf.h"
#include "common/io.h"
#include "common/json.h"
#include "common/str.h"
#include "console/newfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

/* Bytes of the whole report: every host's error at its longest fits. */
#define REPORT_MAX (1u << 30)

struct report {
	struct newfile file;
};

/* With the mode that a file has which a shell makes. */
int report_new(const char *path, struct report **ret, struct err *err)
{
	struct report *r = calloc(1, sizeof(*r));
	mode_t mask = umask(0);
	int result;

	umask(mask);
	if (!r)
		return err_sys(err, ENOMEM, "--report");
	result = newfile_open(&r->file, path, 0666 & ~mask);
	if (result < 0) {
		free(r);
		return err_sys(err, -result, "cannot write the report %s", path);
	}
	*ret = r;
	return 0;
}

void report_free(struct report *r)
{
	if (!r)
		return;
	newfile_done(&r->file);
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

int report_write(struct report *r, const struct report_run *run, const struct answers *answers,
	const struct host_config *hosts, struct err *err)
{
	struct buf b;
	int result;

	buf_init(&b, REPORT_MAX);
	result = put_report(&b, run, answers, hosts);
	if (result == 0)
		result = io_write_all(r->file.fd, b.p, b.len);
	if (result == 0)
		result = newfile_commit(&r->file);
	buf_done(&b);
	return result < 0 ? err_sys(err, -result, "cannot write the report %s", r->file.path) : 0;
}
