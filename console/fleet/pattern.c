/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which hosts a pattern means, as with Ansible: first the plain parts add hosts, then the &parts
 * keep those in both, then the !parts take away.
 */
#include "console/fleet/hostname.h"
#include "console/fleet/inventory_nodes.h"
#include "console/fleet/match.h"

#include "common/buf.h"
#include "common/io.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a file of patterns (@FILE). */
#define PATTERN_FILE_MAX (64u << 20)

static int no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

#define SHOWN_MAX 100
#define SHOWN(s)  (int)((s).n < SHOWN_MAX ? (s).n : SHOWN_MAX), (s).p

/* ---- Parts ---- */

struct parts {
	struct span *v;
	size_t n, cap;
	struct buf file; /* what @FILE held; some parts point into it */
};

static int add_part(struct parts *parts, struct span part, struct err *err)
{
	part = span_trim(part);
	if (part.n == 0)
		return 0;
	if (array_grow(&parts->v, &parts->cap, parts->n + 1, sizeof(*parts->v), SIZE_MAX / 64) < 0)
		return no_memory(err);
	parts->v[parts->n++] = part;
	return 0;
}

/* The length of the part at the front: up to a blank, or a colon outside of brackets. */
static size_t part_len(struct span s)
{
	size_t i = 0;

	while (i < s.n && s.p[i] != ':' && s.p[i] != ' ' && s.p[i] != '\t') {
		const char *close = s.p[i] == '[' ? memchr(s.p + i, ']', s.n - i) : NULL;

		i = close ? (size_t)(close - s.p) + 1 : i + 1;
	}
	return i;
}

/*
 * With a comma in it commas part it; otherwise colons do, unless it is one host by itself, since
 * addresses and ports have colons, too.
 */
static int split(struct parts *parts, struct span pattern, struct err *err)
{
	struct span part, port;
	int r = 0;

	if (pattern.n && memchr(pattern.p, ',', pattern.n)) {
		while (r == 0 && span_split(&pattern, ',', &part))
			r = add_part(parts, part, err);
		return r;
	}
	if (hostname_parse(span_trim(pattern), &part, &port))
		return add_part(parts, pattern, err);
	while (r == 0 && pattern.n) {
		size_t n = part_len(pattern);

		r = add_part(parts, (struct span){pattern.p, n}, err);
		n += n < pattern.n;
		pattern.p += n;
		pattern.n -= n;
	}
	return r;
}

/* One pattern a line; all files of one pattern share the buffer, so that nothing may point yet. */
static int read_part_file(struct parts *parts, struct span name, struct err *err)
{
	char *path = span_dup(name);
	int r = path ? io_read_file(AT_FDCWD, path, &parts->file) : -ENOMEM;

	free(path);
	if (r == -EMSGSIZE)
		return err_set(err, EFBIG, "@%.*s: larger than %u MiB", SHOWN(name),
			PATTERN_FILE_MAX >> 20);
	if (r == 0)
		r = buf_putc(&parts->file, '\n');
	return r < 0 ? err_sys(err, -r, "@%.*s", SHOWN(name)) : 0;
}

/* Takes the parts that name files out and puts in what the files hold. */
static int read_files(struct parts *parts, struct err *err)
{
	struct span text, line;
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; i < parts->n && r == 0; i++) {
		struct span s = parts->v[i];

		if (s.p[0] == '@')
			r = read_part_file(parts, (struct span){s.p + 1, s.n - 1}, err);
		else
			parts->v[kept++] = s;
	}
	parts->n = kept;
	text = (struct span){buf_str(&parts->file), parts->file.len};
	while (r == 0 && span_split(&text, '\n', &line)) {
		line = span_trim(line);
		if (line.n && line.p[0] != '#')
			r = add_part(parts, line, err);
	}
	return r;
}

/* ---- What one part means ---- */

/*
 * What a subscript counts: as with Ansible a host counts once more for each group of it that a
 * wildcard fits, and for its own name.
 */
#define MATCHES_MAX (64u * INVENTORY_HOSTS_MAX)

/* The hosts a part means, in Ansible's order. */
struct matches {
	const struct inventory *inv;
	struct span name; /* without sign and subscript */
	struct list hosts;
	unsigned char *seen; /* per host */
	bool counted; /* there is a subscript: more than once where they match so; else once */
	bool any_group;
};

static int add_match(struct matches *m, uint32_t host)
{
	if (m->seen[host])
		return 0;
	m->seen[host] = 1;
	return list_add(&m->hosts, host, MATCHES_MAX);
}

static void forget_seen(struct matches *m, size_t from)
{
	for (size_t i = from; i < m->hosts.n; i++)
		m->seen[m->hosts.v[i]] = 0;
}

static int add_group(struct matches *m, uint32_t group)
{
	const struct list *groups = walk_descendants(m->inv, group);
	size_t before = m->hosts.n;
	int r = 0;

	m->any_group = true;
	for (size_t i = 0; i < groups->n; i++) {
		const struct list *hosts = &m->inv->groups[groups->v[i]].hosts;

		for (size_t j = 0; j < hosts->n && r == 0; j++)
			r = add_match(m, hosts->v[j]);
	}
	if (m->counted)
		forget_seen(m, before);
	return r;
}

static uint32_t find_host(const struct inventory *inv, struct span name)
{
	uintptr_t i = (uintptr_t)map_get_n(inv->host_map, name.p, name.n);

	return i ? (uint32_t)(i - 1) : UINT32_MAX;
}

static bool has_any(struct span s, const char *of)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] && strchr(of, s.p[i]))
			return true;
	}
	return false;
}

/* A name: the group, and the host unless there is such a group; with a dot in it both. */
static int match_name(struct matches *m)
{
	uint32_t group = node_find_group(m->inv, m->name), host = find_host(m->inv, m->name);
	int r = group == GROUP_NONE ? 0 : add_group(m, group);

	if (r == 0 && host != UINT32_MAX && (group == GROUP_NONE || has_any(m->name, ".")))
		r = add_match(m, host);
	return r;
}

struct matcher {
	struct span glob;
	struct regex *regex; /* NULL: the glob */
};

/* 1, 0 or -errno. */
static int matches(const struct matcher *x, const char *name)
{
	return x->regex ? regex_begins(x->regex, name) : glob_match(x->glob, span_str(name));
}

static int match_all(struct matches *m, const struct matcher *x)
{
	int r = 0;

	for (uint32_t i = 0; i < m->inv->n_groups && r >= 0; i++) {
		r = matches(x, m->inv->groups[i].name);
		if (r > 0)
			r = add_group(m, i);
	}
	for (uint32_t i = 0; i < m->inv->n_hosts && r >= 0; i++) {
		r = m->seen[i] ? 0 : matches(x, m->inv->hosts[i].name);
		if (r > 0)
			r = add_match(m, i);
	}
	return r < 0 ? r : 0;
}

static int match_regex(struct matches *m, struct err *err)
{
	struct span text = {m->name.p + 1, m->name.n - 1};
	struct matcher x = {.regex = NULL};
	int r = regex_new(&x.regex, text, err);

	if (r < 0)
		return r;
	r = match_all(m, &x);
	regex_free(x.regex);
	if (r == -E2BIG)
		return err_set(
			err, E2BIG, "`%.*s` takes too long to tell what it fits", SHOWN(m->name));
	return r < 0 ? no_memory(err) : 0;
}

/* Names that one may have meant are looked for among so many hosts. */
#define MEANT_MAX 10000

/* The group or host of the nearest name; NULL when none is near. */
static const char *nearest(const struct matches *m)
{
	const struct inventory *inv = m->inv;
	size_t n_hosts = inv->n_hosts < MEANT_MAX ? inv->n_hosts : MEANT_MAX, n = 0;
	const char **names = calloc(inv->n_groups + n_hosts + 1, sizeof(*names)), *near = NULL;
	char *name = span_dup(m->name);

	for (size_t i = 0; names && i < inv->n_groups; i++)
		names[n++] = inv->groups[i].name;
	for (size_t i = 0; names && i < n_hosts; i++)
		names[n++] = inv->hosts[i].name;
	if (names && name)
		near = str_nearest(name, names);
	free(names);
	free(name);
	return near;
}

static int unknown_name(const struct matches *m, struct err *err)
{
	const char *near;

	/* With a comma somewhere, colons part nothing. */
	if (memmem(m->name.p, m->name.n, ":&", 2) || memmem(m->name.p, m->name.n, ":!", 2))
		return err_set(err, ENOENT,
			"no host or group `%.*s`; put commas in place of all its colons",
			SHOWN(m->name));
	near = nearest(m);
	return err_set(err, ENOENT, "no host or group `%.*s`%s%s%s", SHOWN(m->name),
		near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
}

/* A [ that nothing closes would be itself, which no name has: !web[0 would let all in. */
static bool brackets_close(struct span name)
{
	const char *open = memrchr(name.p, '[', name.n);

	return !open || memchr(open, ']', (size_t)(name.p + name.n - open));
}

static int find_matches(struct matches *m, struct err *err)
{
	struct matcher x = {.glob = m->name};
	bool wild = has_any(m->name, "*?[");
	int r;

	if (m->name.p[0] == '~')
		return match_regex(m, err);
	if (!brackets_close(m->name))
		return err_set(err, EINVAL, "`%.*s` has a `[` without `]`", SHOWN(m->name));
	r = wild ? match_all(m, &x) : match_name(m);
	if (r < 0)
		return no_memory(err);
	if (m->hosts.n || m->any_group || wild || span_eq(m->name, "all"))
		return 0;
	return unknown_name(m, err);
}

/* ---- Subscripts ---- */

struct subscript {
	bool given, range;
	int64_t first, last; /* last -1: to the end */
};

static bool parse_bound(struct span s, int64_t *ret)
{
	bool negative = s.n && s.p[0] == '-';
	struct span digits = {s.p + negative, s.n - negative};
	uint64_t u;

	if (parse_span(digits, 10, INT32_MAX, &u) < 0)
		return false;
	*ret = negative ? -(int64_t)u : (int64_t)u;
	return true;
}

/* [3], [-1], [2:4], [2:], and [2-4] as of old. */
static bool parse_subscript(struct span s, struct subscript *ret)
{
	struct subscript x = {.given = true, .last = -1};
	size_t sep = 0;

	if (parse_bound(s, &x.first)) {
		*ret = x;
		return true;
	}
	while (sep < s.n && s.p[sep] != ':' && s.p[sep] != '-')
		sep++;
	if (sep == 0 || sep == s.n || !parse_bound((struct span){s.p, sep}, &x.first))
		return false;
	x.range = true;
	s.p += sep + 1;
	s.n -= sep + 1;
	if (s.n && (!parse_bound(s, &x.last) || x.last < 0))
		return false;
	*ret = x;
	return true;
}

/* Takes a subscript off the end of a name, if there is one. */
static void take_subscript(struct span *name, struct subscript *ret)
{
	const char *open;
	struct span inner;

	*ret = (struct subscript){.given = false};
	if (name->p[0] == '~' || name->n < 4 || name->p[name->n - 1] != ']')
		return;
	open = memrchr(name->p, '[', name->n);
	if (!open || open == name->p)
		return;
	inner = (struct span){open + 1, (size_t)(name->p + name->n - 1 - (open + 1))};
	if (parse_subscript(inner, ret))
		name->n = (size_t)(open - name->p);
}

static int apply_subscript(
	struct list *hosts, const struct subscript *x, struct span part, struct err *err)
{
	int64_t n = (int64_t)hosts->n, first = x->first, last = x->range ? x->last : x->first;

	if (!x->given || n == 0)
		return 0;
	if (first < 0)
		last = first += n;
	if (!x->range && (first < 0 || first >= n))
		return err_set(err, EINVAL, "`%.*s`: there are only %lld hosts", SHOWN(part),
			(long long)n);
	if (last < 0 || last >= n)
		last = n - 1;
	hosts->n = first > last ? 0 : (size_t)(last - first + 1);
	memmove(hosts->v, hosts->v + (hosts->n ? first : 0), hosts->n * sizeof(*hosts->v));
	return 0;
}

/* ---- All parts together ---- */

enum sign {
	SIGN_ADD,
	SIGN_BOTH,
	SIGN_WITHOUT,
};

static enum sign take_sign(struct span *part)
{
	char c = part->p[0];

	if (c != '&' && c != '!')
		return SIGN_ADD;
	*part = span_trim((struct span){part->p + 1, part->n - 1});
	return c == '&' ? SIGN_BOTH : SIGN_WITHOUT;
}

/* `chosen` and `seen` are per host; seen[] is all zero before and after. */
static void combine(const struct inventory *inv, unsigned char *chosen, enum sign sign,
	const struct list *hosts, unsigned char *seen)
{
	if (sign != SIGN_BOTH) {
		for (size_t i = 0; i < hosts->n; i++)
			chosen[hosts->v[i]] = sign == SIGN_ADD;
		return;
	}
	for (size_t i = 0; i < hosts->n; i++)
		seen[hosts->v[i]] = 1;
	for (size_t i = 0; i < inv->n_hosts; i++) {
		chosen[i] &= seen[i];
		seen[i] = 0;
	}
}

static int apply_part(struct matches *m, unsigned char *chosen, struct span part, struct err *err)
{
	enum sign sign = take_sign(&part);
	struct subscript subscript;
	uint32_t host;
	int r;

	if (part.n == 0)
		return err_set(err, EINVAL, "nothing behind `&` or `!`");
	host = find_host(m->inv, part);
	/* A host's own name wins over everything else that it could mean. */
	if (sign == SIGN_ADD && host != UINT32_MAX) {
		chosen[host] = 1;
		return 0;
	}
	m->name = part;
	m->any_group = false;
	m->hosts.n = 0;
	take_subscript(&m->name, &subscript);
	m->counted = subscript.given;
	r = find_matches(m, err);
	forget_seen(m, 0);
	if (r == 0)
		r = apply_subscript(&m->hosts, &subscript, part, err);
	if (r == 0)
		combine(m->inv, chosen, sign, &m->hosts, m->seen);
	return r;
}

static int apply_parts(
	struct matches *m, const struct parts *parts, unsigned char *chosen, struct err *err)
{
	bool any = false;
	int r = 0;

	for (size_t i = 0; i < parts->n; i++)
		any |= !strchr("&!", parts->v[i].p[0]);
	if (!any)
		r = apply_part(m, chosen, span_str("all"), err);
	for (enum sign sign = SIGN_ADD; sign <= SIGN_WITHOUT; sign++) {
		for (size_t i = 0; i < parts->n && r == 0; i++) {
			struct span part = parts->v[i];

			if (take_sign(&part) == sign)
				r = apply_part(m, chosen, parts->v[i], err);
		}
	}
	return r;
}

static int gather(
	const struct inventory *inv, const unsigned char *chosen, size_t **ret, size_t *ret_n)
{
	size_t *list = malloc((inv->n_hosts + 1) * sizeof(*list)), n = 0;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < inv->n_hosts; i++) {
		if (chosen[i])
			list[n++] = i;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

int inventory_select(const struct inventory *inv, const char *pattern, size_t **ret, size_t *ret_n,
	struct err *err)
{
	struct matches m = {.inv = inv, .seen = calloc(inv->n_hosts + 1, 1)};
	unsigned char *chosen = calloc(inv->n_hosts + 1, 1);
	struct parts parts = {.n = 0};
	int r;

	buf_init(&parts.file, PATTERN_FILE_MAX);
	r = chosen && m.seen ? split(&parts, span_str(pattern), err) : no_memory(err);
	if (r == 0)
		r = read_files(&parts, err);
	if (r == 0 && parts.n == 0)
		r = err_set(err, EINVAL, "an empty pattern");
	if (r == 0)
		r = apply_parts(&m, &parts, chosen, err);
	if (r == 0 && gather(inv, chosen, ret, ret_n) < 0)
		r = no_memory(err);
	free(parts.v);
	buf_done(&parts.file);
	free(m.hosts.v);
	free(m.seen);
	free(chosen);
	return r;
}
