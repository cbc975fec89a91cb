/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/places.h"
#include "agentd/root.h"
#include "agentd/rowdigest.h"
#include "agentd/table.h"

#include <errno.h>

enum { NAME, SIZE, MD5 };

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "Name of the table, such as DSDT"},
	{"size", COL_INTEGER, 0, "Bytes; -1 where it could not be read"},
	{"md5", COL_TEXT, 0, "Digest of its content"},
	COL_END,
};

/* Those loaded later and the data that some refer to have folders of their own. */
static const char *const patterns[] = {
	"/sys/firmware/acpi/tables/*", "/sys/firmware/acpi/tables/*/*", NULL};

struct state {
	struct places places;
	struct buf content;
};

static int acpi_open(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_init(&st->content, ROOT_FILE_MAX);
	places_init(&st->places, s, scan_root(s), NULL, patterns);
	return 0;
}

static void acpi_close(struct scan *s)
{
	struct state *st = scan_state(s);

	places_done(&st->places);
	buf_done(&st->content);
}

static void put_table(struct scan *s, struct state *st, const struct pathwalk_entry *e)
{
	int r;

	buf_reset(&st->content);
	r = root_read(scan_root(s), e->path, &st->content);
	if (r == -EISDIR)
		return;
	if (r < 0)
		scan_skipped(s, "content", "table", -r);
	row_begin(s);
	row_bytes(s, NAME, e->name, e->name_len);
	row_int(s, SIZE, r < 0 ? -1 : (int64_t)st->content.len);
	if (r == 0)
		row_md5(s, MD5, buf_str(&st->content), st->content.len);
	row_end(s);
}

static int acpi_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct pathwalk_entry e;
	int r = places_next(&st->places, &e);

	if (r == PATHWALK_ENTRY && e.type != DT_DIR)
		put_table(s, st, &e);
	return r < 0 ? r : r != PATHWALK_END;
}

const struct table table_acpi_tables = {
	.name = "acpi_tables",
	.doc = "Tables in which the firmware describes the machine's devices to the kernel (ACPI); "
	       "their contents for root.",
	.columns = columns,
	.open = acpi_open,
	.step = acpi_step,
	.close = acpi_close,
	.state_size = sizeof(struct state),
};
