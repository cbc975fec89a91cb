/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/oncalendar.h"
#include "agentd/root.h"
#include "agentd/unitfile.h"
#include "agentd/units.h"
#include "common/clock.h"

#include <errno.h>
#include <string.h>

/* Bytes of the settings of one timer, joined. */
#define TEXT_MAX (64u << 10)
#define SECOND	 1000000
#define TIMER	 "org.freedesktop.systemd1.Timer"

enum {
	ID,
	ACTIVATES,
	NEXT,
	LAST,
	ON_CALENDAR,
	ON_OTHER,
	ACTIVE_STATE,
	UNIT_FILE_STATE,
	FRAGMENT_PATH,
};

static const struct column columns[] = {
	{"id", COL_TEXT, 0, "Name of the timer"},
	{"activates", COL_TEXT, 0, "The unit that it starts"},
	{"next", COL_BIGINT, 0,
		"When it comes next, seconds since 1970; NULL where that is not known"},
	{"last", COL_BIGINT, 0, "When it came last, likewise"},
	{"on_calendar", COL_TEXT, 0, "Its calendar expressions, as written, separated by \"; \""},
	{"on_other", COL_TEXT, 0, "Its other settings: OnBootSec=, OnUnitActiveSec= …"},
	{"active_state", COL_TEXT, 0, "active when it runs; NULL where systemd does not answer"},
	{"unit_file_state", COL_TEXT, 0, "enabled, disabled, static …"},
	{"fragment_path", COL_TEXT, 0, "The unit file"},
	COL_END,
};

struct state {
	struct units units;
	struct buf content, calendar, other, activates;
};

static int timers_open(struct scan *s)
{
	struct state *st = scan_state(s);
	unsigned want = UNITS_FRAGMENT;

	if (scan_wants(s, UNIT_FILE_STATE) || scan_wants(s, NEXT))
		want |= UNITS_FILE_STATE;
	buf_init(&st->content, UNITFILE_MAX);
	buf_init(&st->calendar, TEXT_MAX);
	buf_init(&st->other, TEXT_MAX);
	buf_init(&st->activates, NAME_MAX + sizeof(".service"));
	return units_open(&st->units, s, want);
}

static void timers_close(struct scan *s)
{
	struct state *st = scan_state(s);

	units_close(&st->units);
	buf_done(&st->content);
	buf_done(&st->calendar);
	buf_done(&st->other);
	buf_done(&st->activates);
}

/* ---- What the file says ---- */

static int add(struct buf *b, struct span text)
{
	int r = b->len ? buf_puts(b, "; ") : 0;

	return r < 0 ? r : buf_add(b, text.p, text.n);
}

static int take_setting(struct state *st, const struct unitfile_line *l)
{
	struct span whole = {l->key.p, (size_t)(l->value.p + l->value.n - l->key.p)};

	if (span_eq(l->key, "OnCalendar")) {
		/* An empty one forgets those before. */
		if (!l->value.n)
			buf_reset(&st->calendar);
		return l->value.n ? add(&st->calendar, l->value) : 0;
	}
	if (span_eq(l->key, "Unit") && l->value.n) {
		buf_reset(&st->activates);
		return buf_add(&st->activates, l->value.p, l->value.n);
	}
	if (l->value.n && l->key.n > 2 && memcmp(l->key.p, "On", 2) == 0)
		return add(&st->other, whole);
	return 0;
}

/* Without Unit= it is the service of the same name. What is too long is cut short. */
static int read_settings(struct scan *s, struct state *st, const struct unit *e)
{
	struct unitfile_line l;
	struct unitfile u;
	int r;

	buf_reset(&st->content);
	buf_reset(&st->calendar);
	buf_reset(&st->other);
	buf_reset(&st->activates);
	r = buf_printf(
		&st->activates, "%.*s.service", (int)(strlen(e->id) - strlen(".timer")), e->id);
	if (!r && e->fragment_path && e->fragment_path[0] == '/')
		r = root_read(scan_root(s), e->fragment_path, &st->content);
	if (r == -ENOMEM || !st->content.len)
		return r == -ENOMEM ? r : 0;
	unitfile_init(&u, st->content.p, st->content.len);
	while (unitfile_next(&u, &l))
		if (span_eq(l.section, "Timer") && take_setting(st, &l) == -ENOMEM)
			return -ENOMEM;
	return 0;
}

/* ---- When ---- */

static bool is_time(uint64_t us)
{
	return us && us != UINT64_MAX;
}

/* On the monotonic clock where the timer has no calendar. */
static void put_live_times(struct scan *s, struct state *st, const struct unit *e)
{
	uint64_t us;

	if (scan_wants(s, LAST) &&
		!units_get_time(&st->units, e->object_path, TIMER, "LastTriggerUSec", &us) &&
		is_time(us))
		row_int(s, LAST, (int64_t)(us / SECOND));
	if (!scan_wants(s, NEXT))
		return;
	if (!units_get_time(&st->units, e->object_path, TIMER, "NextElapseUSecRealtime", &us) &&
		is_time(us))
		row_int(s, NEXT, (int64_t)(us / SECOND));
	else if (!units_get_time(
			 &st->units, e->object_path, TIMER, "NextElapseUSecMonotonic", &us) &&
		 is_time(us) && us < INT64_MAX)
		row_int(s, NEXT, (clock_real_us() - clock_mono_us() + (int64_t)us) / SECOND);
}

/* The local time of another root is not known here. */
static bool next_of(struct scan *s, struct span text, int64_t *ret)
{
	struct oncalendar c;

	return !oncalendar_read(text, &c) && (c.utc || root_is_live(scan_root(s))) &&
	       !oncalendar_next(&c, clock_real_us() / SECOND, ret);
}

static bool may_run(const struct unit *e)
{
	const char *state = e->unit_file_state ? e->unit_file_state : "";

	return !strchr(e->id, '@') && !str_eq(state, "disabled") && !str_starts(state, "masked") &&
	       !str_eq(state, "indirect");
}

static void put_computed_next(struct scan *s, const struct state *st, const struct unit *e)
{
	struct span rest = {buf_str(&st->calendar), st->calendar.len}, text;
	int64_t first = INT64_MAX, t;

	if (!scan_wants(s, NEXT) || !may_run(e))
		return;
	while (rest.n && span_split(&rest, ';', &text))
		if (next_of(s, text, &t) && t < first)
			first = t;
	if (first != INT64_MAX)
		row_int(s, NEXT, first);
}

/* Timers that are to catch up leave a file behind each time. */
static void put_stamp(struct scan *s, const struct unit *e)
{
	char path[PATH_MAX];
	struct stat sb;

	snprintf(path, sizeof(path), "/var/lib/systemd/timers/stamp-%s", e->id);
	if (scan_wants(s, LAST) && root_stat(scan_root(s), path, false, &sb) == 0)
		row_int(s, LAST, sb.st_mtime);
}

static int timers_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct unit e;
	int r = units_next(&st->units, &e);

	if (r != 1)
		return r == 2 ? 1 : r;
	if (!str_ends(e.id, ".timer"))
		return 1;
	r = read_settings(s, st, &e);
	if (r < 0)
		return r;
	row_begin(s);
	row_text(s, ID, e.id);
	row_bytes(s, ACTIVATES, buf_str(&st->activates), st->activates.len);
	row_bytes(s, ON_CALENDAR, buf_str(&st->calendar), st->calendar.len);
	row_bytes(s, ON_OTHER, buf_str(&st->other), st->other.len);
	row_text(s, ACTIVE_STATE, e.active_state);
	row_text(s, UNIT_FILE_STATE, e.unit_file_state);
	row_text(s, FRAGMENT_PATH, e.fragment_path);
	if (st->units.live) {
		put_live_times(s, st, &e);
	} else {
		put_computed_next(s, st, &e);
		put_stamp(s, &e);
	}
	row_end(s);
	return 1;
}

const struct table table_systemd_timers = {
	.name = "systemd_timers",
	.doc = "Timers of systemd. Where it does not answer, the next time is computed from the "
	       "unit "
	       "file, without drop-ins and random delays.",
	.columns = columns,
	.open = timers_open,
	.step = timers_step,
	.close = timers_close,
	.state_size = sizeof(struct state),
};
