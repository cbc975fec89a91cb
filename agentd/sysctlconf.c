/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/sysctlconf.h"

#include "agentd/attr.h"
#include "agentd/linescan.h"
#include "common/map.h"

#include <errno.h>
#include <limits.h>

#define MAIN_FILE "/etc/sysctl.conf"
/* Bytes of a name. */
#define NAME_LEN_MAX 512

static const char *const dirs[] = {"/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d",
	"/usr/lib/sysctl.d", "/lib/sysctl.d"};

struct sysctlconf {
	struct map *values; /* name with dots -> heap string */
};

bool sysctlconf_line(struct span line, struct span *ret_name, struct span *ret_value)
{
	struct span name, value = span_trim(line);

	if (!value.n || value.p[0] == '#' || value.p[0] == ';')
		return false;
	/* "-": never mind when it cannot be set. */
	span_skip(&value, "-");
	if (!span_split(&value, '=', &name) || !value.p)
		return false;
	*ret_name = span_trim(name);
	*ret_value = span_trim(value);
	return ret_name->n > 0;
}

/* "net/ipv4/conf/eth0.1/forwarding" is the other way to write a name. */
static bool dotted(struct span name, char out[NAME_LEN_MAX])
{
	bool slashes = false;

	if (name.n >= NAME_LEN_MAX || memchr(name.p, '\0', name.n))
		return false;
	for (size_t i = 0; i < name.n && !slashes; i++) {
		if (name.p[i] == '.')
			break;
		slashes = name.p[i] == '/';
	}
	for (size_t i = 0; i < name.n; i++)
		out[i] = slashes && name.p[i] == '/' ? '.' : name.p[i];
	out[name.n] = '\0';
	return true;
}

static int set_value(struct sysctlconf *c, struct span name, struct span value)
{
	char key[NAME_LEN_MAX];
	char *copy;
	void *old = NULL;
	int r;

	if (!dotted(name, key))
		return 0;
	copy = span_dup(value);
	if (!copy)
		return -ENOMEM;
	r = map_put(c->values, key, copy, &old);
	free(r < 0 ? copy : old);
	return r == -ENOMEM ? r : 0;
}

static int read_file(struct scan *s, struct sysctlconf *c, const char *path)
{
	struct span line, name, value;
	enum linescan_got got;
	struct linescan l;
	int r = linescan_open(&l, s, path);

	while (!r && (got = linescan_next(&l, s, &line)) != LINESCAN_END && !scan_stop(s))
		if (got == LINESCAN_LINE && sysctlconf_line(line, &name, &value))
			r = set_value(c, name, value);
	linescan_close(&l, s);
	return r;
}

/* Names of the files, each with the directory that counts. */
static int list_dir(struct scan *s, struct map *files, const char *dir)
{
	DIR *d = attr_opendir(s, "%s", dir);
	const char *name;
	int r = 0;

	while (r >= 0 && (name = attr_next(d)))
		if (str_ends(name, ".conf") && !map_get(files, name))
			r = map_put(files, name, (void *)dir, NULL);
	attr_closedir(d);
	return r == -ENOMEM ? r : 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int read_files(struct scan *s, struct sysctlconf *c, const struct map *files)
{
	size_t n = map_len(files);
	const char **names = calloc(n + 1, sizeof(*names));
	char path[PATH_MAX];
	int r = names ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < n; i++)
		names[i] = map_key(files, i);
	if (!r)
		qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; !r && i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", (const char *)map_get(files, names[i]),
			names[i]);
		r = read_file(s, c, path);
	}
	free(names);
	return r;
}

static int read_all(struct scan *s, struct sysctlconf *c)
{
	struct map *files = map_new(SYSCTLCONF_MAX);
	int r = files ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < ARRAY_LEN(dirs); i++)
		r = list_dir(s, files, dirs[i]);
	if (!r)
		r = read_files(s, c, files);
	if (!r)
		r = read_file(s, c, MAIN_FILE);
	map_free(files, NULL);
	return r;
}

struct sysctlconf *sysctlconf_read(struct scan *s)
{
	struct sysctlconf *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->values = map_new(SYSCTLCONF_MAX);
	if (c->values && read_all(s, c) == 0)
		return c;
	sysctlconf_free(c);
	return NULL;
}

void sysctlconf_free(struct sysctlconf *c)
{
	if (c)
		map_free(c->values, free);
	free(c);
}

const char *sysctlconf_value(const struct sysctlconf *c, const char *name)
{
	return c ? map_get(c->values, name) : NULL;
}
