/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/policy.h"

#include "agentd/conf.h"
#include "common/str.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a group with all its members. */
#define GROUP_MAX (4u << 20)

static const char *const right_names[] = {"query", "get", "kill", "suspend", "resume", "delete",
	"restore", "quarantine", "release", "force", "audit"};
_Static_assert(RIGHT_ALL == (1u << ARRAY_LEN(right_names)) - 1, "a name for every right");

uint32_t right_of(const char *word)
{
	if (str_eq(word, "all"))
		return RIGHT_ALL;
	for (size_t i = 0; i < ARRAY_LEN(right_names); i++)
		if (str_eq(word, right_names[i]))
			return 1u << i;
	return 0;
}

const char *right_name(enum right right)
{
	for (size_t i = 0; i < ARRAY_LEN(right_names); i++)
		if ((uint32_t)right == 1u << i)
			return right_names[i];
	return "";
}

/* ---- Whom a role names ---- */

/* -1 itself is no id. */
static bool is_id(const char *word, uint64_t *ret)
{
	return parse_uint(word, 0, UINT32_MAX - 1, ret) == 0;
}

static bool names_user(char *const *users, const struct subject *who)
{
	uint64_t id;

	for (size_t i = 0; users && users[i]; i++) {
		if (*who->user && str_eq(users[i], who->user))
			return true;
		if (is_id(users[i], &id) && id == who->uid)
			return true;
	}
	return false;
}

static bool has_group(const struct subject *who, gid_t gid)
{
	for (size_t i = 0; i < who->n_groups; i++)
		if (who->groups[i] == gid)
			return true;
	return who->gid == gid;
}

/* 1 with the group's number, 0 for no such group, -errno. */
static int group_id(const char *name, gid_t *ret)
{
	struct group group, *found = NULL;
	size_t size = 4096;
	int r;

	for (;;) {
		char *text = malloc(size);

		if (!text)
			return -ENOMEM;
		r = getgrnam_r(name, &group, text, size, &found);
		if (found)
			*ret = found->gr_gid;
		free(text);
		if (r != ERANGE || size >= GROUP_MAX)
			break;
		size *= 4;
	}
	if (found)
		return 1;
	/* Sources of names differ in how they say that there is none. */
	return r == 0 || r == ENOENT || r == ESRCH || r == EBADF || r == EPERM ? 0 : -r;
}

/* 1, 0, or -errno. */
static int in_group(const struct subject *who, const char *word)
{
	gid_t gid = 0;
	uint64_t id;
	int r = group_id(word, &gid);

	if (r == 0 && is_id(word, &id)) {
		gid = (gid_t)id;
		r = 1;
	}
	return r > 0 ? has_group(who, gid) : r;
}

static int role_names(const struct conf_role *role, const struct subject *who)
{
	if (names_user(role->users, who))
		return 1;
	for (size_t i = 0; role->groups && role->groups[i]; i++) {
		int r = in_group(who, role->groups[i]);

		if (r)
			return r;
	}
	return 0;
}

/* ---- Rights ---- */

struct size {
	size_t tables, paths, bytes; /* words, words, bytes of text */
};

static size_t words_size(char *const *list, size_t *words)
{
	size_t bytes = 0;

	for (size_t i = 0; list && list[i]; i++) {
		bytes += strlen(list[i]) + 1;
		++*words;
	}
	return bytes;
}

static const char **put_words(const char **to, char **text, char *const *list)
{
	for (size_t i = 0; list && list[i]; i++) {
		size_t n = strlen(list[i]) + 1;

		memcpy(*text, list[i], n);
		*to++ = *text;
		*text += n;
	}
	return to;
}

static void put_name(char **text, const char *start, const char *name)
{
	size_t n = strlen(name);

	if (*text > start)
		*(*text)++ = ',';
	memcpy(*text, name, n);
	*text += n;
}

/* What was denied in its own place may lie in the vault, deleted or captured. */
static bool is_vault_closed(const struct conf *c, const struct size *denied)
{
	return c->vault && (denied->tables || denied->paths);
}

/* Paths that are denied without being listed, ended by NULL. */
static void find_closed(const struct conf *c, uint32_t allow, const struct size *denied, char **ret)
{
	if (is_vault_closed(c, denied))
		*ret++ = (char *)c->vault;
	if (c->audit_files && !(allow & RIGHT_AUDIT))
		*ret++ = (char *)c->audit_files;
	*ret = NULL;
}

/* One block: the two lists, the words they point to, the names of the roles. */
static int gather(const struct conf *c, uint64_t roles, uint32_t allow, struct rights *ret)
{
	struct size size = {.bytes = 1};
	const char **tables, **paths, *start;
	char *closed[3], *text;

	for (size_t i = 0; i < c->n_roles; i++) {
		if (!(roles >> i & 1))
			continue;
		size.bytes += words_size(c->roles[i].deny_tables, &size.tables);
		size.bytes += words_size(c->roles[i].deny_paths, &size.paths);
		size.bytes += strlen(c->roles[i].name) + 1;
	}
	find_closed(c, allow, &size, closed);
	size.bytes += words_size(closed, &size.paths);
	ret->memory = calloc(1, (size.tables + size.paths + 2) * sizeof(char *) + size.bytes);
	if (!ret->memory)
		return -ENOMEM;
	tables = (const char **)(void *)ret->memory;
	paths = tables + size.tables + 1;
	text = (char *)(paths + size.paths + 1);
	ret->deny_tables = tables;
	ret->deny_paths = paths;
	ret->role = start = text;
	for (size_t i = 0; i < c->n_roles; i++)
		if (roles >> i & 1)
			put_name(&text, start, c->roles[i].name);
	text++;
	for (size_t i = 0; i < c->n_roles; i++) {
		if (!(roles >> i & 1))
			continue;
		tables = put_words(tables, &text, c->roles[i].deny_tables);
		paths = put_words(paths, &text, c->roles[i].deny_paths);
	}
	put_words(paths, &text, closed);
	return 0;
}

_Static_assert(CONF_ROLES_MAX <= 64, "a set of roles is one word");

static int of_roles(const struct conf *c, const struct subject *who, struct rights *ret)
{
	uint64_t roles = 0;
	uint32_t allow = 0;
	int r;

	for (size_t i = 0; i < c->n_roles; i++) {
		r = role_names(&c->roles[i], who);
		if (r < 0)
			return r;
		if (!r)
			continue;
		roles |= UINT64_C(1) << i;
		allow |= c->roles[i].allow;
	}
	r = gather(c, roles, allow, ret);
	if (r == 0)
		ret->allow = allow;
	return r;
}

static int without_roles(const struct subject *who, struct rights *ret)
{
	int r = who->uid == 0 ? 1 : in_group(who, POLICY_GROUP);

	if (r < 0)
		return r;
	ret->allow = r ? RIGHT_ALL : RIGHT_QUERY;
	ret->as_user = !r;
	return 0;
}

int policy_rights(const struct conf *c, const struct subject *who, struct rights *ret)
{
	static const char *const none[] = {NULL};
	struct rights rights = {.deny_tables = none, .deny_paths = none, .role = ""};
	int r = c->n_roles ? of_roles(c, who, &rights) : without_roles(who, &rights);

	if (r == 0)
		*ret = rights;
	return r;
}

void rights_done(struct rights *r)
{
	if (!r)
		return;
	free(r->memory);
	*r = (struct rights){.role = ""};
}

/* ---- Patterns of paths ---- */

/*
 * `[…]` at p, which is behind the bracket: is `c` one of it? *ret_end: behind its end, or NULL
 * where it has none and so is a bracket like any other character.
 */
static bool in_class(const char *p, const char *end, char c, const char **ret_end)
{
	bool negated = p < end && (*p == '!' || *p == '^'), hit = false;
	const char *first = p += negated;

	for (; p < end && (*p != ']' || p == first); p++) {
		unsigned char from = (unsigned char)*p, to = from;

		if (end - p > 2 && p[1] == '-' && p[2] != ']') {
			to = (unsigned char)p[2];
			p += 2;
		}
		hit |= from <= (unsigned char)c && (unsigned char)c <= to;
	}
	*ret_end = p < end ? p + 1 : NULL;
	return hit != negated;
}

/* One character of a pattern against `c`: behind it, or NULL. */
static const char *match_one(const char *p, const char *end, char c)
{
	const char *behind = NULL;

	if (*p == '?')
		return p + 1;
	if (*p == '[') {
		bool hit = in_class(p + 1, end, c, &behind);

		if (behind)
			return hit ? behind : NULL;
	}
	if (*p == '\\' && end - p > 1)
		p++;
	return *p == c ? p + 1 : NULL;
}

/* A name against the pattern for it. What fails behind a star is tried one character later. */
static bool match_name(struct span pattern, struct span name)
{
	const char *p = pattern.p, *end = p + pattern.n, *s = name.p, *s_end = s + name.n;
	const char *star = NULL, *star_s = NULL;

	while (s < s_end) {
		const char *next = NULL;

		if (p < end && *p == '*') {
			star = ++p;
			star_s = s;
			continue;
		}
		if (p < end)
			next = match_one(p, end, *s);
		if (next) {
			p = next;
			s++;
			continue;
		}
		if (!star)
			return false;
		p = star;
		s = ++star_s;
	}
	while (p < end && *p == '*')
		p++;
	return p == end;
}

/* The next name of a path; false at its end. */
static bool next_name(struct span *rest, struct span *ret)
{
	while (span_split(rest, '/', ret))
		if (ret->n && !span_eq(*ret, "."))
			return true;
	return false;
}

static bool covers(const char *pattern, const char *path)
{
	struct span want = span_str(pattern), have = span_str(path), p, s;

	while (next_name(&want, &p))
		if (!next_name(&have, &s) || !match_name(p, s))
			return false;
	return true;
}

bool policy_path_in(const char *const *patterns, const char *path)
{
	for (size_t i = 0; patterns && patterns[i]; i++)
		if (covers(patterns[i], path))
			return true;
	return false;
}
