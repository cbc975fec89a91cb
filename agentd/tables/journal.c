/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/journalfiles.h"
#include "common/clock.h"

#include <errno.h>
#include <string.h>

#define ENTRIES_PER_STEP 64
#define SECOND		 1000000
/* Times behind this one do not come. */
#define SECONDS_MAX (INT64_C(1) << 40)
/* Seconds back, where the statement does not say since when. */
#define SINCE_DEFAULT (24 * 60 * 60)

enum {
	TIME,
	TIME_US,
	UNIT,
	IDENTIFIER,
	PID,
	UID,
	PRIORITY,
	MESSAGE,
	EXE,
	CMDLINE,
	TRANSPORT,
	HOSTNAME,
	BOOT_ID,
};

static const struct column columns[] = {
	{"time", COL_BIGINT, COL_INDEX | COL_RANGE,
		"When, seconds since 1970; without a lower bound it goes 24 hours back"},
	{"time_us", COL_BIGINT, 0, "When, microseconds since 1970"},
	{"unit", COL_TEXT, COL_INDEX, "The unit that said it, or of which systemd says it"},
	{"identifier", COL_TEXT, 0, "The program, as it calls itself"},
	{"pid", COL_BIGINT, 0, "Process that said it"},
	{"uid", COL_BIGINT, 0, "As whom it ran"},
	{"priority", COL_INTEGER, 0, "0 emergency … 3 error, 4 warning, 6 info, 7 debug"},
	{"message", COL_TEXT, 0, "What it said, cut at 64 KiB"},
	{"exe", COL_TEXT, 0, "Program file of the process"},
	{"cmdline", COL_TEXT, 0, "Its command line"},
	{"transport", COL_TEXT, 0, "How it got here: syslog, journal, stdout, kernel, audit"},
	{"hostname", COL_TEXT, 0, "Name of the machine"},
	{"boot_id", COL_TEXT, 0, "During which run of the machine"},
	COL_END,
};

struct state {
	struct journalfiles files;
	uint64_t since, until; /* microseconds, both within */
};

static void narrow(struct state *st, const struct scan_constraint *c)
{
	int64_t second = c->i < 0 ? 0 : c->i > SECONDS_MAX ? SECONDS_MAX : c->i;
	uint64_t first = (uint64_t)second * SECOND, last = first + SECOND - 1;
	bool from = c->op == SCAN_EQ || c->op == SCAN_GE || c->op == SCAN_GT;
	bool to = c->op == SCAN_EQ || c->op == SCAN_LE || c->op == SCAN_LT;

	if (!c->is_int)
		return;
	if (from && first > st->since)
		st->since = first;
	if (to && last < st->until)
		st->until = last;
}

static void read_times(struct scan *s, struct state *st)
{
	const struct scan_constraint *c;

	st->since = 0;
	st->until = UINT64_MAX;
	for (size_t i = 0; (c = scan_constraint(s, i)); i++)
		if (c->col == TIME)
			narrow(st, c);
	if (st->since)
		return;
	st->since = (uint64_t)clock_real_us();
	if (st->until < st->since)
		st->since = st->until;
	st->since -= (uint64_t)SINCE_DEFAULT * SECOND < st->since ? (uint64_t)SINCE_DEFAULT * SECOND
								  : st->since;
	scan_warn(s, "24 hours back; a condition such as time > 1700000000 gives more");
}

static int journal_open(struct scan *s)
{
	struct state *st = scan_state(s);
	const char *unit = scan_eq_text(s, UNIT);
	int r = journalfiles_open(&st->files, s);

	if (r < 0)
		return r;
	read_times(s, st);
	if (unit)
		r = journalfiles_only_unit(&st->files, unit);
	if (!r)
		r = journalfiles_since(&st->files, st->since);
	if (r < 0 && r != -ENOMEM) {
		scan_warn(s, "the journal cannot be searched: %s", strerror(-r));
		r = 0;
		st->until = 0;
	}
	if (r < 0)
		journalfiles_close(&st->files);
	return r;
}

static void journal_close(struct scan *s)
{
	struct state *st = scan_state(s);

	journalfiles_close(&st->files);
}

static void put_text(struct scan *s, struct state *st, unsigned col, const char *field)
{
	struct span v;

	if (scan_wants(s, col) && journalfiles_field(&st->files, field, &v))
		row_bytes(s, col, v.p, v.n);
}

static void put_number(struct scan *s, struct state *st, unsigned col, const char *field)
{
	struct span v;
	uint64_t n;

	if (scan_wants(s, col) && journalfiles_field(&st->files, field, &v) &&
		!parse_span(v, 10, INT64_MAX, &n))
		row_int(s, col, (int64_t)n);
}

/* What systemd says of a unit belongs to that, though it comes from init.scope. */
static void put_unit(struct scan *s, struct state *st)
{
	struct span pid;

	if (!scan_wants(s, UNIT))
		return;
	put_text(s, st, UNIT, "_SYSTEMD_UNIT");
	if (journalfiles_field(&st->files, "_PID", &pid) && span_eq(pid, "1"))
		put_text(s, st, UNIT, "UNIT");
}

static void put(struct scan *s, struct state *st, uint64_t us)
{
	row_begin(s);
	row_int(s, TIME, (int64_t)(us / SECOND));
	row_int(s, TIME_US, (int64_t)us);
	put_unit(s, st);
	put_text(s, st, IDENTIFIER, "SYSLOG_IDENTIFIER");
	put_number(s, st, PID, "_PID");
	put_number(s, st, UID, "_UID");
	put_number(s, st, PRIORITY, "PRIORITY");
	put_text(s, st, MESSAGE, "MESSAGE");
	put_text(s, st, EXE, "_EXE");
	put_text(s, st, CMDLINE, "_CMDLINE");
	put_text(s, st, TRANSPORT, "_TRANSPORT");
	put_text(s, st, HOSTNAME, "_HOSTNAME");
	put_text(s, st, BOOT_ID, "_BOOT_ID");
	row_end(s);
}

static int journal_step(struct scan *s)
{
	struct state *st = scan_state(s);

	for (unsigned i = 0; i < ENTRIES_PER_STEP; i++) {
		uint64_t us;
		int r = journalfiles_next(&st->files, &us);

		if (r == -ENOMEM)
			return r;
		if (r < 0)
			scan_warn(s, "the journal cannot be read further: %s", strerror(-r));
		if (r <= 0 || us > st->until)
			return 0;
		if (us >= st->since)
			put(s, st, us);
	}
	return 1;
}

const struct table table_journal = {
	.name = "journal",
	.doc = "Entries of systemd's journal, by libsystemd where it is installed. Ask by time and "
	       "unit: both make it quick.",
	.columns = columns,
	.open = journal_open,
	.step = journal_step,
	.close = journal_close,
	.state_size = sizeof(struct state),
};
