/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/control.h"
#include "agentd/nsroot.h"
#include "agentd/places.h"
#include "agentd/root.h"
#include "agentd/table.h"
#include "agentd/textfile.h"

#include <errno.h>
#include <string.h>

#define ADMINDIR_DEFAULT "/var/lib/dpkg"

enum {
	NAME,
	VERSION,
	SOURCE,
	SIZE,
	ARCH,
	REVISION,
	STATUS,
	MAINTAINER,
	SECTION,
	PRIORITY,
	ADMINDIR,
	PID_WITH_NAMESPACE,
	MOUNT_NAMESPACE_ID,
};

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "Name of the package"},
	{"version", COL_TEXT, 0, "Version, with epoch and revision"},
	{"source", COL_TEXT, 0,
		"Source package, with its version where that differs; empty where it has the same "
		"name"},
	{"size", COL_BIGINT, 0, "KiB that it takes when installed"},
	{"arch", COL_TEXT, 0, "Architecture"},
	{"revision", COL_TEXT, 0, "The revision at the version's end"},
	{"status", COL_TEXT, 0,
		"What is wanted, whether something is wrong, and what it is: install ok installed"},
	{"maintainer", COL_TEXT, 0, "Who looks after it"},
	{"section", COL_TEXT, 0, "Section of the archive"},
	{"priority", COL_TEXT, 0, "Priority"},
	{"admindir", COL_TEXT, COL_ADDITIONAL,
		"Folder of dpkg's database, /var/lib/dpkg unless given"},
	NSROOT_COLUMNS,
	COL_END,
};

enum field {
	F_NAME,
	F_VERSION,
	F_SOURCE,
	F_SIZE,
	F_ARCH,
	F_STATUS,
	F_MAINTAINER,
	F_SECTION,
	F_PRIORITY
};
static const char *const fields[] = {"Package", "Version", "Source", "Installed-Size",
	"Architecture", "Status", "Maintainer", "Section", "Priority", NULL};
static const unsigned columns_of[] = {
	NAME, VERSION, SOURCE, SIZE, ARCH, STATUS, MAINTAINER, SECTION, PRIORITY};

struct state {
	struct nsroot ns;
	const char *admindir;
	char path[PATH_MAX]; /* its status file */
	struct textfile file;
	bool open;
	struct control control;
};

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->open) {
		textfile_told(&st->file, s, st->path);
		textfile_done(&st->file);
	}
	control_done(&st->control);
	nsroot_done(&st->ns);
}

static int open_status(struct scan *s, struct state *st)
{
	int r;

	if (snprintf(st->path, sizeof(st->path), "%s/status", st->admindir) >=
			(int)sizeof(st->path) ||
		st->path[0] != '/')
		return 0;
	r = textfile_open(&st->file, st->ns.root, st->path);
	st->open = r == 0;
	if (r < 0 && r != -ENOENT && r != -ENOTDIR && r != -ENOMEM)
		scan_warn(s, "%s: %s", st->path, textfile_why(r));
	return r == -ENOMEM ? r : 0;
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	int r = nsroot_open(&st->ns, s, PID_WITH_NAMESPACE);

	control_init(&st->control, ':', fields);
	st->admindir = scan_eq_text(s, ADMINDIR);
	if (!st->admindir)
		st->admindir = ADMINDIR_DEFAULT;
	if (!r && st->ns.root)
		r = open_status(s, st);
	if (r < 0)
		close_scan(s);
	return r;
}

static bool is_not_installed(struct span status)
{
	struct span word = {0}, last = {0};

	while (span_split(&status, ' ', &word))
		last = word;
	return span_eq(last, "not-installed");
}

static void put_package(struct scan *s, const struct state *st)
{
	const struct control *c = &st->control;
	struct span version = control_get(c, F_VERSION), revision = {"", 0};
	const char *dash = version.n ? memrchr(version.p, '-', version.n) : NULL;

	/* Known, but neither installed nor a rest of it. */
	if (!control_get(c, F_NAME).n || is_not_installed(control_get(c, F_STATUS)))
		return;
	if (dash)
		revision = (struct span){dash + 1, (size_t)(version.p + version.n - dash) - 1};
	row_begin(s);
	for (unsigned i = 0; i < ARRAY_LEN(columns_of); i++) {
		struct span value = control_get(c, i);

		row_bytes(s, columns_of[i], value.p ? value.p : "", value.n);
	}
	row_bytes(s, REVISION, revision.p, revision.n);
	row_text(s, ADMINDIR, st->admindir);
	row_int(s, PID_WITH_NAMESPACE, st->ns.pid);
	if (st->ns.mnt_ns[0])
		row_text(s, MOUNT_NAMESPACE_ID, st->ns.mnt_ns);
	row_end(s);
}

/* One stanza. */
static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	char *line;
	size_t len;
	int r = TEXTFILE_END, took = 1;

	while (st->open && took > 0 &&
		(r = textfile_next(&st->file, &line, &len)) == TEXTFILE_LINE) {
		took = control_line(&st->control, (struct span){line, len});
		if (took < 0)
			return took;
		if (took == 0 && !st->control.any)
			took = 1;
	}
	if (r < 0)
		scan_skipped(s, "packages", "database", -r);
	/* The stanza goes on. */
	if (r == TEXTFILE_AGAIN)
		return 1;
	put_package(s, st);
	control_reset(&st->control);
	return r == TEXTFILE_LINE;
}

const struct table table_deb_packages = {
	.name = "deb_packages",
	.doc = "Packages of dpkg, installed or removed with something left behind.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
