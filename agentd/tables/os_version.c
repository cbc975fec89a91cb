/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/hostinfo.h"
#include "agentd/proctable.h"
#include "agentd/textfile.h"

#include <errno.h>
#include <inttypes.h>
#include <regex.h>

#define RELEASE_MAX (64u << 10)
/* /etc/redhat-release and its like: one line. */
#define BANNER_MAX 512

enum {
	NAME,
	VERSION,
	MAJOR,
	MINOR,
	PATCH,
	BUILD,
	PLATFORM,
	PLATFORM_LIKE,
	CODENAME,
	ARCH,
	PID_WITH_NAMESPACE,
	MOUNT_NAMESPACE_ID,
	TEXTS = ARCH, /* the columns that os-release fills come first */
};

static const struct column columns[] = {
	[NAME] = {"name", COL_TEXT, 0, "Name of the distribution"},
	[VERSION] = {"version", COL_TEXT, 0, "Version as the distribution writes it"},
	[MAJOR] = {"major", COL_INTEGER, 0, "First number of the version"},
	[MINOR] = {"minor", COL_INTEGER, 0, "Second number of the version"},
	[PATCH] = {"patch", COL_INTEGER, 0, "Third number of the version"},
	[BUILD] = {"build", COL_TEXT, 0, "Build of the image"},
	[PLATFORM] = {"platform", COL_TEXT, 0, "Short name: debian, rhel, ubuntu …"},
	[PLATFORM_LIKE] = {"platform_like", COL_TEXT, 0, "Short names of what it is derived from"},
	[CODENAME] = {"codename", COL_TEXT, 0, "Code name of the version"},
	[ARCH] = {"arch", COL_TEXT, 0, "Architecture"},
	[PID_WITH_NAMESPACE] = {"pid_with_namespace", COL_INTEGER, COL_ADDITIONAL | COL_HIDDEN,
		"Asks for the system in this process's mount namespace (a container)"},
	[MOUNT_NAMESPACE_ID] = {"mount_namespace_id", COL_TEXT, COL_HIDDEN,
		"Number of that mount namespace"},
	COL_END,
};

struct release {
	char *texts[TEXTS]; /* heap */
};

static void release_done(struct release *rel)
{
	for (size_t i = 0; i < TEXTS; i++)
		free(rel->texts[i]);
}

static int release_set(struct release *rel, unsigned col, struct span value)
{
	char *copy = span_dup(value);

	if (!copy)
		return -ENOMEM;
	free(rel->texts[col]);
	rel->texts[col] = copy;
	return 0;
}

/* ---- os-release(5) ---- */

/* Takes quotes and backslashes away in place, as a shell would. */
static struct span unquote(char *p, size_t n)
{
	size_t out = 0;
	char quote = n >= 2 && (p[0] == '"' || p[0] == '\'') && p[n - 1] == p[0] ? p[0] : '\0';

	for (size_t i = quote != '\0'; i < n - (quote != '\0'); i++) {
		if (p[i] == '\\' && quote != '\'' && i + 1 < n - (quote != '\0'))
			i++;
		p[out++] = p[i];
	}
	return (struct span){p, out};
}

/* "12.4" fills major and minor. */
static int set_numbers(struct release *rel, struct span id)
{
	struct span part;
	int r = 0;

	for (unsigned col = MAJOR; !r && col <= PATCH && span_split(&id, '.', &part); col++)
		r = release_set(rel, col, part);
	return r;
}

static int set_key(struct release *rel, struct span key, struct span value)
{
	static const struct {
		const char *key;
		unsigned col;
	} keys[] = {
		{"NAME", NAME},
		{"VERSION", VERSION},
		{"BUILD_ID", BUILD},
		{"ID", PLATFORM},
		{"ID_LIKE", PLATFORM_LIKE},
		{"VERSION_CODENAME", CODENAME},
	};

	if (span_eq(key, "VERSION_ID"))
		return set_numbers(rel, value);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (span_eq(key, keys[i].key))
			return release_set(rel, keys[i].col, value);
	/* Some have a code name under a key of their own. */
	if (!rel->texts[CODENAME] && key.n >= 8 && memcmp(key.p + key.n - 8, "CODENAME", 8) == 0)
		return release_set(rel, CODENAME, value);
	return 0;
}

/* What is not there is no matter: one of several files tells. */
static int read_whole(struct scan *s, const struct root *root, const char *path, struct buf *b)
{
	int r = root_read(root, path, b);

	if (r < 0 && r != -ENOENT && r != -ENOTDIR && r != -ENOMEM)
		scan_warn(s, "%s: %s", path,
			r == -EMSGSIZE ? "only its beginning was read" : textfile_why(r));
	return r;
}

static int read_release(struct scan *s, struct release *rel, const struct root *root)
{
	struct span rest, key;
	struct buf b;
	int r;

	buf_init(&b, RELEASE_MAX);
	r = read_whole(s, root, "/etc/os-release", &b);
	if (r < 0 && r != -EMSGSIZE)
		r = read_whole(s, root, "/usr/lib/os-release", &b);
	rest = (struct span){b.p, b.len};
	for (struct span line; r != -ENOMEM && span_split(&rest, '\n', &line);) {
		line = span_trim(line);
		r = 0;
		if (line.n && line.p[0] != '#' && span_split(&line, '=', &key) && line.p)
			r = set_key(rel, key, unquote(b.p + (line.p - b.p), line.n));
	}
	buf_done(&b);
	return r == -ENOMEM ? r : 0;
}

/* ---- The banners of Red Hat and its like ---- */

static int set_match(struct release *rel, unsigned col, const char *line, const regmatch_t *m)
{
	if (m->rm_so < 0 || m->rm_so == m->rm_eo)
		return 0;
	return release_set(rel, col, (struct span){line + m->rm_so, (size_t)(m->rm_eo - m->rm_so)});
}

/* "CentOS Linux release 7.9.2009 (Core)" */
static int parse_banner(struct release *rel, struct span banner)
{
	regmatch_t m[5];
	regex_t re;
	char *line;
	int r = release_set(rel, VERSION, banner);

	if (!r)
		r = release_set(rel, BUILD, (struct span){"", 0});
	if (r < 0)
		return r;
	line = rel->texts[VERSION];
	if (regcomp(&re, "([[:alnum:]_+[:space:]]+) .* ([0-9]+)\\.([0-9]+)\\.?([[:alnum:]_]+)?",
		    REG_EXTENDED) != 0)
		return -ENOMEM;
	if (regexec(&re, line, ARRAY_LEN(m), m, 0) == 0) {
		r = set_match(rel, NAME, line, &m[1]);
		for (unsigned i = 0; !r && i < 3; i++)
			r = set_match(rel, MAJOR + i, line, &m[2 + i]);
	}
	regfree(&re);
	return r;
}

static int read_banner(struct scan *s, struct release *rel, const struct root *root)
{
	static const struct {
		const char *path, *platform;
	} banners[] = {
		{"/etc/oracle-release", NULL}, /* has a redhat-release beside it */
		{"/etc/redhat-release", "rhel"},
		{"/etc/gentoo-release", "gentoo"},
	};
	struct buf b;
	int r = 0;

	buf_init(&b, BANNER_MAX);
	for (size_t i = 0; i < ARRAY_LEN(banners) && !b.len; i++) {
		r = read_whole(s, root, banners[i].path, &b);
		if (r == -ENOMEM || !b.len)
			continue;
		r = parse_banner(rel, span_trim((struct span){b.p, b.len}));
		if (!r && banners[i].platform)
			r = release_set(rel, PLATFORM, span_str(banners[i].platform));
		if (!r && banners[i].platform)
			r = release_set(rel, PLATFORM_LIKE, span_str(banners[i].platform));
	}
	buf_done(&b);
	return r == -ENOMEM ? r : 0;
}

/* ---- The row ---- */

static void put_row(struct scan *s, const struct release *rel, int64_t pid, uint64_t mnt)
{
	struct hostinfo host;

	row_begin(s);
	for (unsigned i = 0; i < TEXTS; i++) {
		const char *text = rel->texts[i];
		int64_t n;

		if (i >= MAJOR && i <= PATCH)
			row_int(s, i, text && parse_int(text, 0, INT64_MAX, &n) == 0 ? n : 0);
		else
			row_text(s, i,
				text		? text
				: i == NAME	? "Unknown"
				: i == PLATFORM ? "posix"
						: "");
	}
	if (scan_wants(s, ARCH)) {
		hostinfo_read(scan_root(s), &host);
		row_text(s, ARCH, host.arch);
	}
	row_int(s, PID_WITH_NAMESPACE, pid);
	row_text(s, MOUNT_NAMESPACE_ID, "");
	if (mnt)
		row_printf(s, MOUNT_NAMESPACE_ID, "%" PRIu64, mnt);
	row_end(s);
}

static int put_system(struct scan *s, const struct root *root, int64_t pid, uint64_t mnt)
{
	struct release rel = {0};
	int r = read_release(s, &rel, root);

	if (!r)
		r = read_banner(s, &rel, root);
	if (!r)
		put_row(s, &rel, pid, mnt);
	release_done(&rel);
	return r;
}

static int put_system_of(struct scan *s, int32_t pid)
{
	struct proc_shared *shared;
	struct procfs_proc p;
	struct root *root;
	struct err err;
	uint64_t mnt = 0;
	char dir[32];
	int r;

	shared = proc_shared(s, &r);
	if (!shared)
		return r;
	r = procfs_open_process(&shared->fs, pid, &p);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = procfs_namespace(&p, "mnt", &mnt);
	procfs_close(&p);
	snprintf(dir, sizeof(dir), "/proc/%d/root", pid);
	root = r == 0 ? root_new(dir, &err) : NULL;
	if (root)
		r = put_system(s, root, pid, mnt);
	else
		proc_skipped(s, "root directory", r < 0 ? r : -err.code);
	root_free(root);
	return r == -ENOMEM ? r : 0;
}

static int os_version_step(struct scan *s)
{
	bool never = false;
	int64_t pid = 0;

	scan_eq_int(s, PID_WITH_NAMESPACE, &pid, &never);
	if (never || pid < 0 || pid > INT32_MAX)
		return 0;
	if (!pid)
		return put_system(s, scan_root(s), 0, 0);
	if (!root_is_live(scan_root(s))) {
		scan_warn(s, "namespaces of processes are there on the machine itself only");
		return 0;
	}
	return put_system_of(s, (int32_t)pid);
}

const struct table table_os_version = {
	.name = "os_version",
	.doc = "The operating system, from os-release(5).",
	.columns = columns,
	.step = os_version_step,
};
