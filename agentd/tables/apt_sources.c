/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/control.h"
#include "agentd/places.h"
#include "agentd/root.h"
#include "agentd/table.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

/* Bytes of the name of a file in apt's lists. */
#define LIST_NAME_MAX 250

enum {
	NAME,
	SOURCE,
	BASE_URI,
	RELEASE,
	VERSION,
	MAINTAINER,
	COMPONENTS,
	ARCHITECTURES,
	PID_WITH_NAMESPACE,
};

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "Host, path and suite"},
	{"source", COL_TEXT, 0, "The file it is written in"},
	{"base_uri", COL_TEXT, 0, "Address of the repository"},
	{"release", COL_TEXT, 0,
		"Code name of the release, from the lists that apt has fetched; NULL when it has "
		"not"},
	{"version", COL_TEXT, 0, "Version of the release, likewise"},
	{"maintainer", COL_TEXT, 0, "Who publishes it, likewise"},
	{"components", COL_TEXT, 0, "Components that there are, likewise"},
	{"architectures", COL_TEXT, 0, "Architectures that there are, likewise"},
	NSROOT_PID_COLUMN,
	COL_END,
};

static const char *const patterns[] = {"/etc/apt/sources.list", "/etc/apt/sources.list.d/*.list",
	"/etc/apt/sources.list.d/*.sources", NULL};

enum field { F_TYPES, F_URIS, F_SUITES, F_ENABLED };
static const char *const fields[] = {"Types", "URIs", "Suites", "Enabled", NULL};

static const char *const release_fields[] = {
	"Codename", "Version", "Origin", "Components", "Architectures", NULL};
static const unsigned release_columns[] = {RELEASE, VERSION, MAINTAINER, COMPONENTS, ARCHITECTURES};

struct state {
	struct nsroot ns;
	struct placelines lines;
	struct control control; /* the stanza at hand of a .sources file */
	struct control release;
};

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	placelines_done(&st->lines);
	control_done(&st->control);
	control_done(&st->release);
	nsroot_done(&st->ns);
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	int r = nsroot_open(&st->ns, s, PID_WITH_NAMESPACE);

	control_init(&st->control, ':', fields);
	control_init(&st->release, ':', release_fields);
	placelines_init(&st->lines, s, st->ns.root, nsroot_mounts(&st->ns), patterns);
	if (r < 0)
		close_scan(s);
	return r;
}

/* ---- The release file that apt keeps for a source ---- */

/* As apt makes names of files from addresses. */
static int add_quoted(struct buf *b, struct span text)
{
	int r = 0;

	for (size_t i = 0; !r && i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c == '/')
			r = buf_putc(b, '_');
		else if (c <= ' ' || c >= 0x7f || strchr("\\|{}[]<>\"^~_=!@#$%^&*", c))
			r = buf_printf(b, "%%%02x", c);
		else
			r = buf_putc(b, (char)c);
	}
	return r;
}

/* Reads its head into st->release. 0 or -errno. */
static int read_release(struct state *st, const char *path)
{
	struct textfile file;
	char *line;
	size_t len;
	int r = textfile_open(&file, st->ns.root, path), took = 1;

	if (r < 0)
		return r;
	control_reset(&st->release);
	while (took >= 0 && (r = textfile_next(&file, &line, &len)) == TEXTFILE_LINE) {
		/* The digests of all its lists come behind the facts. */
		if (str_starts(line, "MD5Sum:") || str_starts(line, "SHA256:") ||
			str_starts(line, "-----BEGIN PGP SIGNATURE"))
			break;
		took = control_line(&st->release, (struct span){line, len});
	}
	textfile_done(&file);
	return took < 0 ? took : r < 0 ? r : 0;
}

static int find_release(struct scan *s, struct state *st, struct span site, struct span suite)
{
	static const char *const kinds[] = {"_InRelease", "_Release"};
	bool flat = suite.n && suite.p[suite.n - 1] == '/';
	struct buf path;
	size_t len;
	int r;

	buf_init(&path, sizeof("/var/lib/apt/lists/") + LIST_NAME_MAX);
	if (flat)
		suite.n--;
	if ((r = buf_puts(&path, "/var/lib/apt/lists/")) || (r = add_quoted(&path, site)) ||
		(r = buf_puts(&path, flat ? "_" : "_dists_")) || (r = add_quoted(&path, suite)))
		goto out;
	len = path.len;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		buf_cut(&path, len);
		r = buf_puts(&path, kinds[i]);
		if (!r)
			r = read_release(st, buf_str(&path));
		if (r != -ENOENT)
			break;
	}
	if (r < 0 && r != -ENOENT && r != -ENOTDIR && r != -EMSGSIZE && r != -ENOMEM)
		scan_skipped(s, "facts", "release", -r);
out:
	buf_done(&path);
	return r == -ENOMEM ? r : 0;
}

/* ---- Rows ---- */

/* "https://user:word@host/path" is "host/path" in names. */
static struct span site_of(struct span uri)
{
	const char *colon = memmem(uri.p, uri.n, "://", 3), *at;
	size_t skip = colon ? 3 : 1;

	if (!colon)
		colon = memchr(uri.p, ':', uri.n);
	if (!colon)
		return uri;
	uri.n -= (size_t)(colon + skip - uri.p);
	uri.p = colon + skip;
	at = memchr(uri.p, '@', uri.n);
	if (at && !memchr(uri.p, '/', (size_t)(at - uri.p))) {
		uri.n -= (size_t)(at + 1 - uri.p);
		uri.p = at + 1;
	}
	return uri;
}

static int put_source(struct scan *s, struct state *st, struct span uri, struct span suite)
{
	struct span site;
	int r;

	if (!memchr(uri.p, ':', uri.n))
		return 0;
	while (uri.n && uri.p[uri.n - 1] == '/')
		uri.n--;
	site = site_of(uri);
	control_reset(&st->release);
	r = find_release(s, st, site, suite);
	if (r < 0)
		return r;
	row_begin(s);
	row_printf(s, NAME, "%.*s %.*s", (int)site.n, site.p, (int)suite.n, suite.p);
	row_text(s, SOURCE, st->lines.path);
	row_bytes(s, BASE_URI, uri.p, uri.n);
	for (unsigned i = 0; i < ARRAY_LEN(release_columns); i++) {
		struct span value = control_get(&st->release, i);

		if (value.p)
			row_bytes(s, release_columns[i], value.p, value.n);
	}
	row_int(s, PID_WITH_NAMESPACE, st->ns.pid);
	row_end(s);
	return 0;
}

/* The next word; blanks within brackets do not end one. */
static bool next_word(struct span *rest, struct span *ret)
{
	bool inside = false;
	size_t n = 0;

	*rest = span_trim(*rest);
	if (!rest->n)
		return false;
	for (; n < rest->n && (inside || !isspace((unsigned char)rest->p[n])); n++)
		inside = rest->p[n] == '[' || (inside && rest->p[n] != ']');
	*ret = (struct span){rest->p, n};
	rest->p += n;
	rest->n -= n;
	return true;
}

/* deb [option=value …] URI SUITE [COMPONENT …] */
static int take_line(struct scan *s, struct state *st, struct span line)
{
	const char *comment = memchr(line.p, '#', line.n);
	struct span word, uri, suite;

	if (comment)
		line.n = (size_t)(comment - line.p);
	if (!next_word(&line, &word) || !span_eq(word, "deb") || !next_word(&line, &uri))
		return 0;
	if (uri.p[0] == '[' && !next_word(&line, &uri))
		return 0;
	return next_word(&line, &suite) ? put_source(s, st, uri, suite) : 0;
}

static bool has_word(struct span list, const char *word)
{
	struct span one;

	while (next_word(&list, &one))
		if (span_eq(one, word))
			return true;
	return false;
}

static bool is_off(struct span value)
{
	static const char *const words[] = {"no", "false", "without", "off", "disable", "0"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i]) == value.n && strncasecmp(words[i], value.p, value.n) == 0)
			return true;
	return false;
}

static int end_stanza(struct scan *s, struct state *st)
{
	struct span uris = control_get(&st->control, F_URIS), uri, suites, suite;
	bool used = has_word(control_get(&st->control, F_TYPES), "deb") &&
		    !is_off(control_get(&st->control, F_ENABLED));
	int r = 0;

	while (used && !r && next_word(&uris, &uri)) {
		suites = control_get(&st->control, F_SUITES);
		while (!r && next_word(&suites, &suite))
			r = put_source(s, st, uri, suite);
	}
	control_reset(&st->control);
	return r;
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	char *line;
	size_t len;
	int r = placelines_next(&st->lines, &line, &len), took = 0;

	if (r < 0)
		return r;
	if (r == PLACELINES_LINE && str_ends(st->lines.path, ".sources")) {
		took = control_line(&st->control, (struct span){line, len});
		if (took == 0)
			took = end_stanza(s, st);
	} else if (r == PLACELINES_LINE) {
		took = take_line(s, st, (struct span){line, len});
	} else if (r == PLACELINES_FILE_END) {
		took = end_stanza(s, st);
	}
	return took < 0 ? took : r != PLACELINES_END;
}

const struct table table_apt_sources = {
	.name = "apt_sources",
	.doc = "Where apt gets packages from, also what it has not fetched yet; entries that are "
	       "switched off are left out.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
