/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/units.h"

enum {
	ID,
	DESCRIPTION,
	LOAD_STATE,
	ACTIVE_STATE,
	SUB_STATE,
	UNIT_FILE_STATE,
	FOLLOWING,
	OBJECT_PATH,
	JOB_ID,
	JOB_TYPE,
	JOB_PATH,
	FRAGMENT_PATH,
	USER,
	SOURCE_PATH,
};

static const struct column columns[] = {
	{"id", COL_TEXT, 0, "Name of the unit"},
	{"description", COL_TEXT, 0, "What it says of itself"},
	{"load_state", COL_TEXT, 0, "loaded, not-found, masked, error …"},
	{"active_state", COL_TEXT, 0, "active, inactive, failed, activating …"},
	{"sub_state", COL_TEXT, 0, "The same in more detail: running, exited, mounted …"},
	{"unit_file_state", COL_TEXT, 0, "enabled, disabled, static, masked, generated, alias …"},
	{"following", COL_TEXT, 0, "The unit whose state it follows"},
	{"object_path", COL_TEXT, 0, "Its name on D-Bus"},
	{"job_id", COL_BIGINT, 0, "The job that waits for it; 0: none"},
	{"job_type", COL_TEXT, 0, "start, stop, restart …"},
	{"job_path", COL_TEXT, 0, "The job's name on D-Bus"},
	{"fragment_path", COL_TEXT, 0, "The unit file"},
	{"user", COL_TEXT, 0, "As whom the service runs, where it says so"},
	{"source_path", COL_TEXT, 0, "The file that the unit file was made from"},
	COL_END,
};

static int units_open_scan(struct scan *s)
{
	static const struct {
		unsigned col, want;
	} wants[] = {
		{UNIT_FILE_STATE, UNITS_FILE_STATE},
		{FRAGMENT_PATH, UNITS_FRAGMENT},
		{SOURCE_PATH, UNITS_SOURCE},
		{USER, UNITS_USER},
		{DESCRIPTION, UNITS_DESCRIPTION},
		{ACTIVE_STATE, UNITS_STATES},
		{SUB_STATE, UNITS_STATES},
	};
	unsigned want = 0;

	for (size_t i = 0; i < ARRAY_LEN(wants); i++)
		want |= scan_wants(s, wants[i].col) ? wants[i].want : 0;
	return units_open(scan_state(s), s, want);
}

static void units_close_scan(struct scan *s)
{
	units_close(scan_state(s));
}

static int units_step(struct scan *s)
{
	struct units *u = scan_state(s);
	struct unit e;
	int r = units_next(u, &e);

	if (r != 1)
		return r == 2 ? 1 : r;
	row_begin(s);
	row_text(s, ID, e.id);
	row_text(s, DESCRIPTION, e.description);
	row_text(s, LOAD_STATE, e.load_state);
	row_text(s, ACTIVE_STATE, e.active_state);
	row_text(s, SUB_STATE, e.sub_state);
	row_text(s, UNIT_FILE_STATE, e.unit_file_state);
	row_text(s, FOLLOWING, e.following);
	row_text(s, OBJECT_PATH, e.object_path);
	if (u->live)
		row_int(s, JOB_ID, e.job_id);
	row_text(s, JOB_TYPE, e.job_type);
	row_text(s, JOB_PATH, e.job_path);
	row_text(s, FRAGMENT_PATH, e.fragment_path);
	row_text(s, USER, e.user);
	row_text(s, SOURCE_PATH, e.source_path);
	row_end(s);
	return 1;
}

const struct table table_systemd_units = {
	.name = "systemd_units",
	.doc = "Units that systemd has loaded, as it tells over D-Bus. Where it does not answer: "
	       "those "
	       "that have a file, without their states.",
	.columns = columns,
	.open = units_open_scan,
	.step = units_step,
	.close = units_close_scan,
	.state_size = sizeof(struct units),
};
