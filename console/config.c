/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/config.h"

#include "common/buf.h"
#include "common/io.h"
#include "common/opts.h"
#include "common/str.h"
#include "console/paths.h"
#include "console/store_keep.h"
#include "console/store_record.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define DAYS_MAX 36500
#define MB_MAX	 (1024 * 1024)

const struct config_setting config_settings[] = {
	{"history_days", "N", "days that runs are remembered (default: 90)"},
	{"history_max_mb", "N", "megabytes that all that is remembered may take (default: 2048)"},
	{"remember", "yes|no", "whether runs are remembered at all (default: yes)"},
	{"theme", "NAME", "colours of the screen: dark, light or mono (default: dark)"},
	{"mouse", "yes|no", "whether clicks are the screen's (default: no)"},
	{NULL, NULL, NULL},
};

/* What one says anew each time, and lists, which the command line would only add to. */
bool config_takes(const struct opt *opt)
{
	static const char *const never[] = {"yes", "dry-run", "reason", "help", "version", "report",
		"verbose", "quiet", "inventory", "known-hosts"};

	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		if (str_eq(never[i], opt->name))
			return false;
	return true;
}

/* 1, 0, or -EINVAL. */
static int read_flag(const char *value)
{
	if (str_eq(value, "yes") || str_eq(value, "true") || str_eq(value, "on"))
		return 1;
	return str_eq(value, "no") || str_eq(value, "false") || str_eq(value, "off") ? 0 : -EINVAL;
}

/* ---- Settings ---- */

struct settings {
	uint64_t days, max_mb;
};

static int read_number(
	const char *name, const char *value, uint64_t max, uint64_t *ret, struct err *err)
{
	if (parse_uint(value, 1, max, ret) == 0)
		return 0;
	return err_set(err, EINVAL, "%s is a number from 1 to %llu", name, (unsigned long long)max);
}

static int set_setting(
	struct app *app, struct settings *s, const char *name, const char *value, struct err *err)
{
	int flag;

	if (str_eq(name, "history_days"))
		return read_number(name, value, DAYS_MAX, &s->days, err);
	if (str_eq(name, "history_max_mb"))
		return read_number(name, value, MB_MAX, &s->max_mb, err);
	if (str_eq(name, "theme")) {
		app->theme = value;
		return 0;
	}
	if (!str_eq(name, "remember") && !str_eq(name, "mouse"))
		return err_set(err, EINVAL, "there is no setting `%s`", name);
	flag = read_flag(value);
	if (flag < 0)
		return err_set(err, EINVAL, "%s is yes or no", name);
	if (str_eq(name, "mouse"))
		app->mouse = flag;
	else
		recorder_switch(flag);
	return 0;
}

/* ---- Options ---- */

static const struct opt *find_option(const char *name)
{
	for (const struct opt *o = app_opts; o->letter || o->name; o++)
		if (o->name && str_eq(o->name, name) && config_takes(o))
			return o;
	return NULL;
}

/* By the parser of the command line. The value stays where it is: the option points to it. */
static int set_option(struct app *app, const struct opt *o, char *value, struct err *err)
{
	const struct opt_set sets[] = {{app_opts, &app->o}, {NULL, NULL}};
	char *name = str_printf("--%s", o->name);
	char *words[] = {name, value, NULL};
	int flag = o->kind == OPT_FLAG ? read_flag(value) : 1;
	int rest, r = 0;

	if (!name)
		return err_sys(err, ENOMEM, "options");
	if (flag < 0)
		r = err_set(err, EINVAL, "%s is yes or no", o->name);
	else if (flag)
		r = opts_parse(sets, o->kind == OPT_FLAG ? 1 : 2, words, false, &rest, err);
	free(name);
	return r;
}

/* ---- Lines ---- */

/* `line` has a NUL behind it once it is trimmed: what was there is a blank, CR or newline. */
static char *end_text(struct span s)
{
	char *p = (char *)s.p;

	p[s.n] = '\0';
	return p;
}

static int read_line(struct app *app, struct settings *s, struct span line, struct err *err)
{
	const struct opt *o;
	struct span name, rest = line;
	char *key, *value;

	line = span_trim(line);
	if (line.n == 0 || *line.p == '#' || *line.p == ';')
		return 0;
	if (memchr(line.p, '\0', line.n))
		return err_set(err, EINVAL, "a NUL");
	if (!span_split(&rest, '=', &name) || !rest.p)
		return err_set(err, EINVAL, "neither `name = value` nor a comment");
	rest = span_trim(rest);
	value = end_text(rest);
	key = end_text(span_trim(name));
	o = find_option(key);
	return o ? set_option(app, o, value, err) : set_setting(app, s, key, value, err);
}

/* One byte behind the text is free. */
int config_parse(struct app *app, const char *file, char *text, size_t n, struct err *err)
{
	struct settings s = {.days = KEEP_DAYS, .max_mb = KEEP_MAX_MB};
	struct span rest = {text, n}, line;

	for (size_t number = 1; span_split(&rest, '\n', &line); number++)
		if (read_line(app, &s, line, err) < 0)
			return err_prefix(err, "%s:%zu", file, number);
	keep_set((int64_t)s.days, (int64_t)s.max_mb);
	return 0;
}

int config_load(struct app *app, char **ret_text, struct err *err)
{
	char path[PATH_TEXT_MAX];
	struct buf b;
	int r = paths_config(path, sizeof(path), "config");

	if (r < 0)
		return 0;
	buf_init(&b, CONFIG_FILE_MAX);
	r = io_read_file(AT_FDCWD, path, &b);
	if (r == -ENOENT || r == -ENOTDIR || (r == 0 && b.len == 0)) {
		buf_done(&b);
		return 0;
	}
	if (r < 0) {
		buf_done(&b);
		return err_sys(err, -r, "%s", path);
	}
	*ret_text = b.p;
	return config_parse(app, path, b.p, b.len, err);
}
