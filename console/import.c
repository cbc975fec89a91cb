/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/import.h"

#include "common/buf.h"
#include "common/io.h"
#include "common/text.h"
#include "console/importhead.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- Systems ---- */

static bool is_other_system(struct span word)
{
	static const char *const others[] = {"darwin", "macos", "osx", "windows", "win32",
		"freebsd", "chrome", "chromeos", "ios", "ipados", "android"};

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (word.n == strlen(others[i]) && strncasecmp(word.p, others[i], word.n) == 0)
			return true;
	return false;
}

/* Are all systems that are named others than Linux? A name nobody knows may be a distribution. */
static bool is_for_others(struct span platform)
{
	bool any = false;

	while (platform.n) {
		size_t n = 0;

		while (n < platform.n && !strchr(", |\t\r\n", platform.p[n]))
			n++;
		if (n && !is_other_system((struct span){platform.p, n}))
			return false;
		any |= n > 0;
		n += n < platform.n;
		platform = (struct span){platform.p + n, platform.n - n};
	}
	return any;
}

/* ---- One query ---- */

static void imported_done(struct imported *q)
{
	free(q->pack);
	free(q->name);
	free(q->text);
	free(q->sql);
	free(q->skipped);
	free(q->problem);
	*q = (struct imported){0};
}

static char *safe_name(struct span name)
{
	char *ret = NULL;
	struct buf b;

	buf_init(&b, SAVED_NAME_MAX);
	if (importhead_put_name(&b, name) == 0)
		ret = buf_steal(&b);
	buf_done(&b);
	return ret;
}

/* What is wrong with the text as a saved query, in `q->problem`, and its SQL. 0 or -ENOMEM. */
static int check_saved(struct imported *q)
{
	struct saved saved;
	int r = saved_parse(q->name, q->pack, q->text, strlen(q->text), &saved);

	if (r == 0) {
		q->problem = saved.problem;
		q->sql = saved.sql;
		saved.problem = saved.sql = NULL;
	}
	saved_done(&saved);
	return r;
}

static int make_text(struct imported *q, const struct import_text *t)
{
	struct buf b;
	int r;

	if (!utf8_valid(t->sql.p, t->sql.n) || memchr(t->sql.p, '\0', t->sql.n)) {
		q->problem = strdup("the SQL is not UTF-8 text");
		return q->problem ? 0 : -ENOMEM;
	}
	buf_init(&b, SAVED_FILE_MAX);
	r = importhead_put(&b, t);
	if (r == 0) {
		free(q->text);
		q->text = buf_steal(&b);
		r = q->text ? check_saved(q) : -ENOMEM;
	} else if (r == -EMSGSIZE) {
		q->problem = strdup("larger than 256 KiB");
		r = q->problem ? 0 : -ENOMEM;
	}
	buf_done(&b);
	return r;
}

static int make(struct imported *q, const struct import_text *t)
{
	struct span platform = t->platform.p ? t->platform : import_head_value(t->sql, "platform");

	*q = (struct imported){
		.pack = safe_name(t->pack), .name = safe_name(t->name), .text = strdup("")};
	if (!q->pack || !q->name || !q->text)
		return -ENOMEM;
	if (t->elsewhere) {
		q->skipped = strdup(t->elsewhere);
		return q->skipped ? 0 : -ENOMEM;
	}
	if (is_for_others(platform)) {
		q->skipped = str_printf(
			"for %.*s", (int)(platform.n < 80 ? platform.n : 80), platform.p);
		return q->skipped ? 0 : -ENOMEM;
	}
	if (t->problem || !span_trim(t->sql).n) {
		q->problem = strdup(t->problem ? t->problem : "there is no SQL in it");
		return q->problem ? 0 : -ENOMEM;
	}
	return make_text(q, t);
}

/* A name stands for one query of its pack: the second one becomes NAME-2. 0, -ENOMEM, -E2BIG. */
static int make_unique(struct imports *to, struct imported *q)
{
	static char taken;
	char key[2 * SAVED_NAME_MAX + 2];
	char *plain = NULL;
	int r = 0;

	if (!to->names)
		to->names = map_new(IMPORT_QUERIES_MAX);
	if (!to->names)
		return -ENOMEM;
	snprintf(key, sizeof(key), "%s/%s", q->pack, q->name);
	for (int number = 2; r == 0 && map_get(to->names, key); number++) {
		if (!plain) {
			plain = q->name;
			q->name = NULL;
		}
		free(q->name);
		q->name = str_printf("%.*s-%d", SAVED_NAME_MAX - 5, plain, number);
		if (q->name)
			snprintf(key, sizeof(key), "%s/%s", q->pack, q->name);
		else
			r = -ENOMEM;
	}
	free(plain);
	return r < 0 ? r : map_put(to->names, key, &taken, NULL);
}

int imports_add(struct imports *to, const struct import_text *t, struct err *err)
{
	struct imported q;
	int r;

	if (to->n == IMPORT_QUERIES_MAX)
		return err_set(err, E2BIG, "more than %d queries", IMPORT_QUERIES_MAX);
	r = make(&q, t);
	if (r == 0 && !q.skipped && !q.problem)
		r = make_unique(to, &q);
	if (r == 0)
		r = array_grow(&to->all, &to->cap, to->n + 1, sizeof(*to->all), IMPORT_QUERIES_MAX);
	if (r < 0) {
		imported_done(&q);
		return err_sys(err, -r, "import");
	}
	to->all[to->n++] = q;
	return 0;
}

void imports_done(struct imports *i)
{
	for (size_t k = 0; k < i->n; k++)
		imported_done(&i->all[k]);
	free(i->all);
	map_free(i->names, NULL);
	*i = (struct imports){0};
}

/* ---- Files ---- */

static struct span stem_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');

	return (struct span){base, dot && dot > base ? (size_t)(dot - base) : strlen(base)};
}

static const struct import_format *format_of(const char *path, struct span text)
{
	for (size_t i = 0; import_formats_all[i]; i++)
		for (const char *const *s = import_formats_all[i]->suffixes; *s; s++)
			if (str_ends(path, *s))
				return import_formats_all[i];
	for (size_t i = 0; import_formats_all[i]; i++)
		if (import_formats_all[i]->looks(text))
			return import_formats_all[i];
	return NULL;
}

static int read_text(
	struct imports *to, const char *path, const char *pack, struct span text, struct err *err)
{
	const struct import_format *format = format_of(path, text);
	char *stem = span_dup(stem_of(path));
	const struct import_source from = {.path = path, .stem = stem, .pack = pack};
	int r;

	if (!stem)
		r = err_sys(err, ENOMEM, "import");
	else if (!format)
		r = err_set(
			err, EINVAL, "%s: neither an osquery pack nor Fleet's YAML nor SQL", path);
	else
		r = format->read(to, &from, text, err);
	free(stem);
	return r;
}

int import_read(struct imports *to, const char *path, const char *pack, struct err *err)
{
	struct buf text;
	int r;

	buf_init(&text, IMPORT_FILE_MAX);
	r = io_read_file(AT_FDCWD, path, &text);
	if (r == -EMSGSIZE)
		r = err_set(err, E2BIG, "%s: larger than %u MiB", path, IMPORT_FILE_MAX >> 20);
	else if (r < 0)
		r = err_sys(err, -r, "%s", path);
	else
		r = read_text(to, path, pack, (struct span){buf_str(&text), text.len}, err);
	buf_done(&text);
	return r;
}
