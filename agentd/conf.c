/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/conf.h"

#include "agentd/netaddr.h"
#include "agentd/policy.h"
#include "agentd/table.h"
#include "common/buf.h"
#include "common/io.h"
#include "common/str.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Memory ---- */

static void free_list(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

static void role_done(struct conf_role *role)
{
	free(role->name);
	free_list(role->users);
	free_list(role->groups);
	free_list(role->deny_tables);
	free_list(role->deny_paths);
}

struct conf *conf_new(void)
{
	struct conf *c = malloc(sizeof(*c));

	if (c)
		*c = (struct conf){
			.quarantine_confirm_s = 60,
			.vault_max_mb = 4096,
			.audit_max_mb = 64,
			.audit_keep = 16,
			.sessions_max = 16,
			.query_timeout_s = 30,
			.worker_memory_mb = 256,
			.worker_cpu_s = 30,
		};
	return c;
}

void conf_free(struct conf *c)
{
	if (!c)
		return;
	free_list(c->quarantine_allow);
	free_list(c->protect_paths);
	for (size_t i = 0; i < c->n_roles; i++)
		role_done(&c->roles[i]);
	free(c->roles);
	free(c);
}

/* ---- What may be written ---- */

/* A word of a list: 0, or -EINVAL with what is wrong about it. */
typedef int word_check(struct span word, struct err *err);

static int check_address(struct span word, struct err *err)
{
	struct netaddr a;

	if (netaddr_parse(word, &a) == 0)
		return 0;
	return err_set(err, EINVAL, "\"%.*s\" is no address, network or address:port", (int)word.n,
		word.p);
}

static int check_path(struct span word, struct err *err)
{
	if (word.p[0] == '/')
		return 0;
	return err_set(err, EINVAL, "\"%.*s\" does not begin with a slash", (int)word.n, word.p);
}

/* A misspelt denial would deny nothing. */
static int check_table(struct span word, struct err *err)
{
	for (size_t i = 0; tables_all[i]; i++)
		if (span_eq(word, tables_all[i]->name))
			return 0;
	return err_set(err, EINVAL, "there is no table \"%.*s\"", (int)word.n, word.p);
}

enum kind {
	UNSIGNED, /* unsigned */
	SIZE,	  /* uint64_t */
	BOOL,	  /* yes or no */
	LIST,	  /* char ** */
	RIGHTS,	  /* uint32_t */
};

struct setting {
	const char *name;
	enum kind kind;
	size_t offset;
	uint64_t min, max;
	word_check *check;
};

#define IN_CONF(member) offsetof(struct conf, member)
#define IN_ROLE(member) offsetof(struct conf_role, member)

static const struct setting conf_settings[] = {
	{"quarantine_confirm_s", UNSIGNED, IN_CONF(quarantine_confirm_s), 5, 3600},
	{"quarantine_allow", LIST, IN_CONF(quarantine_allow), .check = check_address},
	{"quarantine_dns", BOOL, IN_CONF(quarantine_dns)},
	{"protect_paths", LIST, IN_CONF(protect_paths), .check = check_path},
	{"vault_max_mb", SIZE, IN_CONF(vault_max_mb), 1, 1u << 30},
	{"audit_max_mb", SIZE, IN_CONF(audit_max_mb), 1, 1u << 20},
	{"audit_keep", UNSIGNED, IN_CONF(audit_keep), 1, 1000},
	{"sessions_max", UNSIGNED, IN_CONF(sessions_max), 1, 1024},
	{"sessions_user_max", UNSIGNED, IN_CONF(sessions_user_max), 1, 1024},
	{"query_timeout_s", UNSIGNED, IN_CONF(query_timeout_s), 1, 3600},
	{"worker_memory_mb", UNSIGNED, IN_CONF(worker_memory_mb), 64, 65536},
	{"worker_cpu_s", UNSIGNED, IN_CONF(worker_cpu_s), 1, 3600},
	{NULL},
};

static const struct setting role_settings[] = {
	{"users", LIST, IN_ROLE(users)},
	{"groups", LIST, IN_ROLE(groups)},
	{"allow", RIGHTS, IN_ROLE(allow)},
	{"deny_tables", LIST, IN_ROLE(deny_tables), .check = check_table},
	{"deny_paths", LIST, IN_ROLE(deny_paths), .check = check_path},
	{NULL},
};
#define SETTINGS_MAX 16
_Static_assert(
	ARRAY_LEN(conf_settings) <= SETTINGS_MAX && ARRAY_LEN(role_settings) <= SETTINGS_MAX, "");

/* ---- Values ---- */

static int read_number(const struct setting *s, struct span value, void *to, struct err *err)
{
	uint64_t v;

	if (parse_span(value, 10, s->max, &v) < 0 || v < s->min)
		return err_set(err, EINVAL, "%s is not a number from %llu to %llu", s->name,
			(unsigned long long)s->min, (unsigned long long)s->max);
	if (s->kind == UNSIGNED)
		*(unsigned *)to = (unsigned)v;
	else
		*(uint64_t *)to = v;
	return 0;
}

static int read_bool(const struct setting *s, struct span value, bool *to, struct err *err)
{
	if (!span_eq(value, "yes") && !span_eq(value, "no"))
		return err_set(err, EINVAL, "%s is neither yes nor no", s->name);
	*to = span_eq(value, "yes");
	return 0;
}

static int read_words(const struct setting *s, struct span rest, char **list, struct err *err)
{
	struct span word;
	size_t n = 0;

	while (span_word(&rest, &word)) {
		int r = s->check ? s->check(word, err) : 0;

		if (r < 0) {
			err_prefix(err, "%s", s->name);
			return r;
		}
		if (n == CONF_LIST_MAX)
			return err_set(
				err, E2BIG, "%s has more than %d words", s->name, CONF_LIST_MAX);
		list[n] = span_dup(word);
		if (!list[n++])
			return err_set(err, ENOMEM, "out of memory");
	}
	return 0;
}

static int read_list(const struct setting *s, struct span value, char ***to, struct err *err)
{
	char **list = calloc(CONF_LIST_MAX + 1, sizeof(*list));
	int r = list ? read_words(s, value, list, err) : err_set(err, ENOMEM, "out of memory");

	if (r < 0)
		free_list(list);
	else
		*to = list;
	return r;
}

static int read_rights(struct span value, uint32_t *to, struct err *err)
{
	struct span word;
	uint32_t rights = 0;

	while (span_word(&value, &word)) {
		char *name = span_dup(word);
		uint32_t right = name ? right_of(name) : 0;

		free(name);
		if (!name)
			return err_set(err, ENOMEM, "out of memory");
		if (!right)
			return err_set(
				err, EINVAL, "allow: no right \"%.*s\"", (int)word.n, word.p);
		rights |= right;
	}
	*to = rights;
	return 0;
}

static int read_value(const struct setting *s, struct span value, void *to, struct err *err)
{
	switch (s->kind) {
	case BOOL:
		return read_bool(s, value, to, err);
	case LIST:
		return read_list(s, value, to, err);
	case RIGHTS:
		return read_rights(value, to, err);
	default:
		return read_number(s, value, to, err);
	}
}

/* ---- Lines ---- */

struct reading {
	struct conf *conf;
	struct conf_role *role; /* the section's, NULL before the first */
	unsigned line, role_line;
	unsigned seen[SETTINGS_MAX]; /* the line of each setting of the section, 0: none */
};

static int unknown(const struct setting *all, struct span name, struct err *err)
{
	const char *names[SETTINGS_MAX + 1] = {NULL}, *near = NULL;
	char *text = span_dup(name);

	for (size_t i = 0; all[i].name; i++)
		names[i] = all[i].name;
	if (text)
		near = str_nearest(text, names);
	free(text);
	return err_set(err, EINVAL, "no setting \"%.*s\"%s%s%s", (int)name.n, name.p,
		near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static int read_setting(struct reading *r, struct span line, struct err *err)
{
	const struct setting *all = r->role ? role_settings : conf_settings;
	char *base = r->role ? (char *)r->role : (char *)r->conf;
	const char *equals = memchr(line.p, '=', line.n);
	struct span name, value;

	if (!equals)
		return err_set(err, EINVAL, "neither \"name = value\" nor \"[role NAME]\"");
	name = span_trim((struct span){line.p, (size_t)(equals - line.p)});
	value = span_trim((struct span){equals + 1, (size_t)(line.p + line.n - equals - 1)});
	for (size_t i = 0; all[i].name; i++) {
		if (!span_eq(name, all[i].name))
			continue;
		if (r->seen[i])
			return err_set(err, EINVAL, "%s stands in line %u already", all[i].name,
				r->seen[i]);
		r->seen[i] = r->line;
		return read_value(&all[i], value, base + all[i].offset, err);
	}
	return unknown(all, name, err);
}

/* A role that names nobody or allows nothing was meant otherwise. */
static int end_section(const struct reading *r, struct err *err)
{
	const struct conf_role *role = r->role;

	if (!role)
		return 0;
	if (!(role->users && *role->users) && !(role->groups && *role->groups))
		return err_set(err, EINVAL, "role %s (line %u) has neither users nor groups",
			role->name, r->role_line);
	if (!role->allow)
		return err_set(
			err, EINVAL, "role %s (line %u) allows nothing", role->name, r->role_line);
	return 0;
}

static bool is_role_name(struct span name)
{
	static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-_.";

	for (size_t i = 0; i < name.n; i++)
		if (!memchr(chars, name.p[i], sizeof(chars) - 1))
			return false;
	return name.n > 0 && name.n <= CONF_ROLE_NAME_MAX;
}

static int add_role(struct reading *r, struct span name, struct err *err)
{
	struct conf *c = r->conf;

	for (size_t i = 0; i < c->n_roles; i++)
		if (span_eq(name, c->roles[i].name))
			return err_set(err, EINVAL, "role %s stands twice", c->roles[i].name);
	if (c->n_roles == CONF_ROLES_MAX)
		return err_set(err, E2BIG, "more than %d roles", CONF_ROLES_MAX);
	if (!c->roles)
		c->roles = calloc(CONF_ROLES_MAX, sizeof(*c->roles));
	if (!c->roles)
		return err_set(err, ENOMEM, "out of memory");
	r->role = &c->roles[c->n_roles];
	r->role->name = span_dup(name);
	if (!r->role->name)
		return err_set(err, ENOMEM, "out of memory");
	c->n_roles++;
	r->role_line = r->line;
	memset(r->seen, 0, sizeof(r->seen));
	return 0;
}

static int read_section(struct reading *r, struct span line, struct err *err)
{
	struct span inside = {line.p + 1, line.n - 1}, word, name, more;
	int end = end_section(r, err);

	if (end < 0)
		return end;
	if (inside.n == 0 || inside.p[inside.n - 1] != ']')
		return err_set(err, EINVAL, "a section's name ends with \"]\"");
	inside.n--;
	if (!span_word(&inside, &word) || !span_eq(word, "role") || !span_word(&inside, &name) ||
		span_word(&inside, &more))
		return err_set(err, EINVAL, "the only sections are [role NAME]");
	if (!is_role_name(name))
		return err_set(err, EINVAL,
			"a role's name has letters, digits, \"-\", \"_\" and \".\", at most %d",
			CONF_ROLE_NAME_MAX);
	return add_role(r, name, err);
}

static bool has_control(struct span line)
{
	for (size_t i = 0; i < line.n; i++)
		if (((unsigned char)line.p[i] < 0x20 && line.p[i] != '\t') || line.p[i] == 0x7f)
			return true;
	return false;
}

static int read_line(struct reading *r, struct span line, struct err *err)
{
	line = span_trim(line);
	if (has_control(line))
		return err_set(err, EINVAL, "a control character");
	if (!line.n || line.p[0] == '#' || line.p[0] == ';')
		return 0;
	return line.p[0] == '[' ? read_section(r, line, err) : read_setting(r, line, err);
}

struct conf *conf_parse(const char *name, const char *p, size_t n, struct err *err)
{
	struct reading r = {.conf = conf_new()};
	struct span rest = {p ? p : "", n}, line;
	int e = 0;

	if (!r.conf) {
		err_set(err, ENOMEM, "%s: out of memory", name);
		return NULL;
	}
	while (e == 0 && span_split(&rest, '\n', &line)) {
		r.line++;
		e = read_line(&r, line, err);
	}
	if (e == 0)
		e = end_section(&r, err);
	if (e == 0)
		return r.conf;
	err_prefix(err, "%s:%u", name, r.line);
	conf_free(r.conf);
	return NULL;
}

/* ---- The file ---- */

/* With an ACL the group's bits are its mask, so that they tell of every other writer as well. */
static int check_file(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s: not a regular file", path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return err_set(err, EPERM, "%s: its owner, uid %u, is not root", path, st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, EPERM, "%s: writable for %s (mode %04o)", path,
			st.st_mode & S_IWOTH ? "everybody" : "its group", st.st_mode & 07777);
	return 0;
}

static struct conf *read_open(int fd, const char *path, struct err *err)
{
	struct conf *c = NULL;
	struct buf text;
	int r = check_file(fd, path, err);

	if (r < 0)
		return NULL;
	buf_init(&text, CONF_FILE_MAX);
	r = io_read_all(fd, &text);
	if (r == -EMSGSIZE)
		err_set(err, EFBIG, "%s: longer than %u bytes", path, CONF_FILE_MAX);
	else if (r < 0)
		err_sys(err, -r, "%s", path);
	else
		c = conf_parse(path, text.p, text.len, err);
	buf_done(&text);
	return c;
}

struct conf *conf_read(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct conf *c;

	if (fd < 0 && errno == ENOENT) {
		c = conf_new();
		if (!c)
			err_set(err, ENOMEM, "%s: out of memory", path);
		return c;
	}
	if (fd < 0) {
		err_sys(err, errno, "%s", path);
		return NULL;
	}
	c = read_open(fd, path, err);
	io_close(fd);
	return c;
}
