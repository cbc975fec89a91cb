/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/cronline.h"
#include "agentd/nsroot.h"
#include "agentd/root.h"
#include "agentd/table.h"
#include "agentd/textfile.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

enum {
	EVENT,
	MINUTE,
	HOUR,
	DAY_OF_MONTH,
	MONTH,
	DAY_OF_WEEK,
	COMMAND,
	PATH,
	PID_WITH_NAMESPACE,
};

static const struct column columns[] = {
	{"event", COL_TEXT, 0, "@reboot, @daily … where the line has no times"},
	{"minute", COL_TEXT, 0, "Minutes at which it runs, as written"},
	{"hour", COL_TEXT, 0, "Hours at which it runs, as written"},
	{"day_of_month", COL_TEXT, 0, "Days of the month, as written"},
	{"month", COL_TEXT, 0, "Months, as written"},
	{"day_of_week", COL_TEXT, 0, "Days of the week, as written"},
	{"command", COL_TEXT, 0,
		"What is run; in /etc/crontab and /etc/cron.d the user comes first"},
	{"path", COL_TEXT, 0, "The crontab"},
	NSROOT_PID_COLUMN,
	COL_END,
};

/* One file, then what is in the directories: packages', users' (Red Hat), users' (Debian). */
static const char *const places[] = {
	"/etc/crontab", "/etc/cron.d", "/var/spool/cron", "/var/spool/cron/crontabs"};

struct state {
	struct nsroot ns;
	size_t place; /* the next one */
	DIR *dir;     /* of places[place - 1] */
	struct textfile file;
	bool open; /* the file is */
	char path[PATH_MAX];
	struct buf command;
};

static void close_file(struct scan *s, struct state *st)
{
	if (!st->open)
		return;
	textfile_told(&st->file, s, st->path);
	textfile_done(&st->file);
	st->open = false;
}

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	close_file(s, st);
	if (st->dir)
		closedir(st->dir);
	buf_done(&st->command);
	nsroot_done(&st->ns);
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_init(&st->command, TEXTFILE_LINE_MAX);
	return nsroot_open(&st->ns, s, PID_WITH_NAMESPACE);
}

/* st->path; a directory in a crontab's place is none. */
static int open_file(struct scan *s, struct state *st)
{
	int r = textfile_open(&st->file, st->ns.root, st->path);

	st->open = r == 0;
	if (r < 0 && r != -ENOENT && r != -EISDIR && r != -ENOMEM)
		scan_skipped(s, "jobs", "crontab", -r);
	return r == -ENOMEM ? r : 1;
}

static int next_place(struct scan *s, struct state *st)
{
	const char *place;

	if (st->place == ARRAY_LEN(places))
		return 0;
	place = places[st->place++];
	if (st->place == 1) {
		str_copy(st->path, sizeof(st->path), place);
		return open_file(s, st);
	}
	st->dir = root_opendir(st->ns.root, place);
	if (!st->dir && errno != ENOENT && errno != ENOTDIR)
		scan_skipped(s, "entries", "directory", errno);
	return 1;
}

static int next_in_dir(struct scan *s, struct state *st)
{
	const struct dirent *d = readdir(st->dir);

	if (!d) {
		closedir(st->dir);
		st->dir = NULL;
		return 1;
	}
	/* cron does not read these either. */
	if (d->d_name[0] == '.')
		return 1;
	snprintf(st->path, sizeof(st->path), "%s/%s", places[st->place - 1], d->d_name);
	return open_file(s, st);
}

static void put_job(struct scan *s, const struct state *st, const struct cron_line *c)
{
	row_begin(s);
	if (c->event.n)
		row_bytes(s, EVENT, c->event.p, c->event.n);
	for (unsigned i = 0; !c->event.n && i < ARRAY_LEN(c->when); i++)
		row_bytes(s, MINUTE + i, c->when[i].p, c->when[i].n);
	row_bytes(s, COMMAND, buf_str(&st->command), st->command.len);
	row_text(s, PATH, st->path);
	row_int(s, PID_WITH_NAMESPACE, st->ns.pid);
	row_end(s);
}

static int next_line(struct scan *s, struct state *st)
{
	struct cron_line c;
	char *line;
	size_t len;
	int r = textfile_next(&st->file, &line, &len);

	if (r < 0)
		scan_skipped(s, "jobs", "crontab", -r);
	if (r < 0 || r == TEXTFILE_END) {
		close_file(s, st);
		return 1;
	}
	if (r == TEXTFILE_AGAIN)
		return 1;
	r = cron_line_read((struct span){line, len}, &c, &st->command);
	if (r == 1)
		put_job(s, st, &c);
	return r < 0 ? r : 1;
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);

	if (!st->ns.root)
		return 0;
	if (st->open)
		return next_line(s, st);
	return st->dir ? next_in_dir(s, st) : next_place(s, st);
}

const struct table table_crontab = {
	.name = "crontab",
	.doc = "Jobs of cron: of the system, of packages and of users.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
