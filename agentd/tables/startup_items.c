/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/fileset.h"
#include "agentd/unitfile.h"
#include "agentd/units.h"

#include <errno.h>
#include <string.h>

enum { NAME, PATH, ARGS, TYPE, SOURCE, STATUS, USERNAME };

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "Name of the unit, the program or the script"},
	{"path", COL_TEXT, 0, "The unit file, the script, or the command with its arguments"},
	{"args", COL_TEXT, 0, "Empty on Linux: see path"},
	{"type", COL_TEXT, 0, "systemd unit or Startup Item"},
	{"source", COL_TEXT, 0, "The directory; of a unit the file that its file was made from"},
	{"status", COL_TEXT, 0,
		"enabled; of a unit its active state, or what its file says where systemd does not "
		"answer"},
	{"username", COL_TEXT, 0, "Whose it is; of a unit as whom it runs"},
	COL_END,
};

static const char *const names[] = {
	".config/autostart/*",
	".config/autostart-scripts/*",
	"/etc/init.d/*",
	"/etc/xdg/autostart/*",
	NULL,
};
static const struct fileset_spec spec = {names, FILESET_NO_COLUMN, FILESET_NO_COLUMN, true};

struct state {
	struct fileset files;
	struct buf content;
	struct units units;
	bool at_units;
};

static void items_close(struct scan *s)
{
	struct state *st = scan_state(s);

	fileset_close(&st->files);
	buf_done(&st->content);
	units_close(&st->units);
}

static int items_open(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_init(&st->content, UNITFILE_MAX);
	return fileset_open(&st->files, s, &spec);
}

static void put_common(struct scan *s, const struct state *st)
{
	row_text(s, ARGS, "");
	row_text(s, TYPE, "Startup Item");
	row_printf(s, SOURCE, "%s/", fileset_dir(&st->files));
	row_text(s, STATUS, "enabled");
	row_text(s, USERNAME, st->files.user ? st->files.user : "");
}

static void put_text(struct scan *s, unsigned col, struct span v)
{
	if (v.p)
		row_bytes(s, col, v.p, v.n);
}

static int put_desktop_entry(struct scan *s, struct state *st)
{
	static const char section[] = "Desktop Entry";
	struct buf *b = &st->content;
	int r;

	buf_reset(b);
	r = fileset_read(&st->files, b);
	if (r < 0)
		return r == -ENOMEM ? r : 1;
	row_begin(s);
	if (b->len) {
		put_text(s, NAME, unitfile_get(b->p, b->len, section, "Name"));
		put_text(s, PATH, unitfile_get(b->p, b->len, section, "Exec"));
	}
	put_common(s, st);
	row_end(s);
	return 1;
}

static int put_script(struct scan *s, struct state *st)
{
	row_begin(s);
	row_text(s, NAME, strrchr(st->files.path, '/') + 1);
	row_text(s, PATH, st->files.path);
	put_common(s, st);
	row_end(s);
	return 1;
}

static int step_files(struct scan *s, struct state *st)
{
	int r = fileset_next(&st->files);

	if (r == FILESET_ONE)
		return str_ends(*st->files.which, "autostart/*") ? put_desktop_entry(s, st)
								 : put_script(s, st);
	if (r != FILESET_END)
		return r;
	st->at_units = true;
	r = units_open(
		&st->units, s, UNITS_FRAGMENT | UNITS_SOURCE | UNITS_USER | UNITS_FILE_STATE);
	return r < 0 ? r : 1;
}

static int step_units(struct scan *s, struct state *st)
{
	struct unit e;
	int r = units_next(&st->units, &e);

	if (r != 1)
		return r == 2 ? 1 : r;
	row_begin(s);
	row_text(s, NAME, e.id);
	row_text(s, PATH, e.fragment_path);
	row_text(s, ARGS, "");
	row_text(s, TYPE, "systemd unit");
	row_text(s, SOURCE, e.source_path);
	row_text(s, STATUS, st->units.live ? e.active_state : e.unit_file_state);
	row_text(s, USERNAME, e.user);
	row_end(s);
	return 1;
}

static int items_step(struct scan *s)
{
	struct state *st = scan_state(s);

	return st->at_units ? step_units(s, st) : step_files(s, st);
}

const struct table table_startup_items = {
	.name = "startup_items",
	.doc = "What is started with the machine or a session: units of systemd, scripts of "
	       "/etc/init.d, autostart entries of desktops.",
	.columns = columns,
	.open = items_open,
	.step = items_step,
	.close = items_close,
	.state_size = sizeof(struct state),
};
