/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nsroot.h"
#include "agentd/rpmdb.h"
#include "agentd/rpmheader.h"
#include "agentd/table.h"

enum {
	NAME,
	VERSION,
	RELEASE,
	SOURCE,
	SIZE,
	SHA1,
	ARCH,
	EPOCH,
	INSTALL_TIME,
	VENDOR,
	PACKAGE_GROUP,
	PID_WITH_NAMESPACE,
	MOUNT_NAMESPACE_ID,
};

static const struct column columns[] = {
	{"name", COL_TEXT, COL_INDEX, "Name of the package"},
	{"version", COL_TEXT, COL_INDEX, "Version"},
	{"release", COL_TEXT, COL_INDEX, "Release of the version"},
	{"source", COL_TEXT, 0, "File name of the source package it was built from"},
	{"size", COL_BIGINT, 0, "Bytes that it takes when installed"},
	{"sha1", COL_TEXT, 0, "SHA-1 of the package's header"},
	{"arch", COL_TEXT, COL_INDEX, "Architecture"},
	{"epoch", COL_INTEGER, COL_INDEX, "Epoch; NULL when it has none"},
	{"install_time", COL_INTEGER, 0, "Unix time of its installation"},
	{"vendor", COL_TEXT, 0, "Who made it"},
	{"package_group", COL_TEXT, 0, "Group that its maker puts it in"},
	NSROOT_COLUMNS,
	COL_END,
};

static const struct {
	unsigned col;
	enum rpm_tag tag;
} texts[] = {{NAME, RPM_NAME}, {VERSION, RPM_VERSION}, {RELEASE, RPM_RELEASE},
	{SOURCE, RPM_SOURCERPM}, {SHA1, RPM_SHA1HEADER}, {ARCH, RPM_ARCH}, {VENDOR, RPM_VENDOR},
	{PACKAGE_GROUP, RPM_GROUP}},
  numbers[] = {{SIZE, RPM_SIZE}, {SIZE, RPM_LONGSIZE}, {EPOCH, RPM_EPOCH},
	  {INSTALL_TIME, RPM_INSTALLTIME}};

struct state {
	struct nsroot ns;
	struct rpmdb db;
	size_t broken; /* headers that are none */
};

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->broken)
		scan_warn(s, "packages whose header is broken: %zu", st->broken);
	rpmdb_close(&st->db);
	nsroot_done(&st->ns);
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	const char *name = scan_eq_text(s, NAME);
	int r = nsroot_open(&st->ns, s, PID_WITH_NAMESPACE);

	if (!r && st->ns.root)
		r = rpmdb_open(&st->db, s, st->ns.root, name ? RPMDB_BY_NAME : RPMDB_ALL, name);
	if (r < 0)
		close_scan(s);
	return r;
}

static void put_package(struct scan *s, const struct state *st, const struct rpm_header *h)
{
	struct rpm_value value;
	struct span text;
	uint64_t number;

	row_begin(s);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		text = (struct span){"", 0};
		if (scan_wants(s, texts[i].col) && rpm_header_find(h, texts[i].tag, &value))
			rpm_value_string(&value, &text);
		row_bytes(s, texts[i].col, text.p, text.n);
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (scan_wants(s, numbers[i].col) && rpm_header_find(h, numbers[i].tag, &value) &&
			rpm_value_int(&value, 0, &number))
			row_int(s, numbers[i].col, (int64_t)number);
	row_int(s, PID_WITH_NAMESPACE, st->ns.pid);
	if (st->ns.mnt_ns[0])
		row_text(s, MOUNT_NAMESPACE_ID, st->ns.mnt_ns);
	row_end(s);
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct rpm_header h;
	const void *p;
	size_t n;
	int r = rpmdb_next(&st->db, &p, &n);

	if (r <= 0)
		return r;
	if (rpm_header_read(p, n, &h) < 0)
		st->broken++;
	else
		put_package(s, st, &h);
	return 1;
}

const struct table table_rpm_packages = {
	.name = "rpm_packages",
	.doc = "Packages of rpm that are installed.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
