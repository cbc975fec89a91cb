/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/atjob.h"
#include "agentd/fileset.h"

#include <errno.h>
#include <string.h>

enum { ID, QUEUE, RUN_AT, RUNNING, UID, GID, MAIL_TO, COMMAND, PATH };

static const struct column columns[] = {
	{"id", COL_BIGINT, 0, "Number of the job, as atq shows it"},
	{"queue", COL_TEXT, 0, "a for at, b for batch, or another letter"},
	{"run_at", COL_BIGINT, 0, "When it is to run, seconds since 1970"},
	{"running", COL_INTEGER, 0, "1 while it runs"},
	{"uid", COL_BIGINT, 0, "As whom; NULL where the job does not say"},
	{"gid", COL_BIGINT, 0, "With which group; likewise"},
	{"mail_to", COL_TEXT, 0, "Who gets its output"},
	{"command", COL_TEXT, 0, "What is run"},
	{"path", COL_TEXT, 0, "The file with the job and its environment"},
	COL_END,
};

/* Debian's, Red Hat's, SUSE's. */
static const char *const names[] = {
	"/var/spool/cron/atjobs/*", "/var/spool/at/*", "/var/spool/atjobs/*", NULL};
static const struct fileset_spec spec = {names, FILESET_NO_COLUMN, FILESET_NO_COLUMN, true};

struct state {
	struct fileset files;
	struct buf content;
};

static int jobs_open(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_init(&st->content, ATJOB_MAX);
	return fileset_open(&st->files, s, &spec);
}

static void jobs_close(struct scan *s)
{
	struct state *st = scan_state(s);

	fileset_close(&st->files);
	buf_done(&st->content);
}

static void put(struct scan *s, const struct state *st, const struct atjob_name *name)
{
	struct atjob job;

	atjob_read((struct span){buf_str(&st->content), st->content.len}, &job);
	row_begin(s);
	row_int(s, ID, name->number);
	row_bytes(s, QUEUE, &name->queue, 1);
	row_int(s, RUN_AT, name->run_at);
	row_int(s, RUNNING, name->running);
	if (job.uid >= 0)
		row_int(s, UID, job.uid);
	if (job.gid >= 0)
		row_int(s, GID, job.gid);
	row_bytes(s, MAIL_TO, job.mail.p, job.mail.n);
	row_bytes(s, COMMAND, job.command.p, job.command.n);
	row_text(s, PATH, st->files.path);
	row_end(s);
}

static int jobs_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct atjob_name name;
	int r = fileset_next(&st->files);

	if (r != FILESET_ONE)
		return r;
	if (!atjob_name_read(span_str(strrchr(st->files.path, '/') + 1), &name))
		return 1;
	buf_reset(&st->content);
	r = fileset_read(&st->files, &st->content);
	if (r == -EMSGSIZE)
		scan_warn(
			s, "%s: only the first %u KiB were read", st->files.path, ATJOB_MAX >> 10);
	if (r == -ENOMEM)
		return r;
	put(s, st, &name);
	return 1;
}

const struct table table_at_jobs = {
	.name = "at_jobs",
	.doc = "Jobs of at and batch that wait for their time.",
	.columns = columns,
	.open = jobs_open,
	.step = jobs_step,
	.close = jobs_close,
	.state_size = sizeof(struct state),
};
