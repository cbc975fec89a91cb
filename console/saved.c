/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/saved.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/str.h"
#include "common/text.h"
#include "console/sqltext.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- Names ---- */

static bool good_name(struct span s, const char *others)
{
	if (s.n == 0 || s.n > SAVED_NAME_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) && !strchr(others, s.p[i]))
			return false;
	return true;
}

/* The file's name without folders and ".sql". */
static struct span name_of_path(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct span s = span_str(slash ? slash + 1 : path);

	if (str_ends(path, ".sql"))
		s.n -= strlen(".sql");
	return s;
}

/* ---- The comments at the head ---- */

struct parser {
	struct saved *q;
	size_t line;	   /* of the file, from 1 */
	struct buf *value; /* of the key being read; continued lines are added to it */
	char key[SAVED_NAME_MAX];
	size_t key_line;
};

static int problem(struct saved *q, size_t line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Keeps the first problem only; returns -EINVAL, or -ENOMEM. */
static int problem(struct saved *q, size_t line, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	if (q->problem)
		return -EINVAL;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	q->problem = str_printf("%s:%zu: %s", q->path, line, text);
	return q->problem ? -EINVAL : -ENOMEM;
}

static int set_text(char **to, struct span s)
{
	char *copy = span_dup(s);

	if (!copy)
		return -ENOMEM;
	free(*to);
	*to = copy;
	return 0;
}

/* "name=default  doc": the default ends at two blanks. */
static int add_param(struct parser *p, struct span text)
{
	struct saved *q = p->q;
	struct saved_param *param = &q->params[q->n_params];
	const char *gap = memmem(text.p, text.n, "  ", 2);
	struct span head = {text.p, gap ? (size_t)(gap - text.p) : text.n};
	struct span doc = span_trim((struct span){text.p + head.n, text.n - head.n});
	const char *eq = memchr(head.p, '=', head.n);
	struct span name = {head.p, eq ? (size_t)(eq - head.p) : head.n};

	if (q->n_params == SAVED_PARAMS_MAX)
		return problem(q, p->key_line, "too many parameters");
	if (!good_name(name, "_") || isdigit((unsigned char)name.p[0]))
		return problem(q, p->key_line,
			"a parameter is written name=default  meaning, or name  meaning");
	for (size_t i = 0; i < q->n_params; i++)
		if (span_eq(name, q->params[i].name))
			return problem(
				q, p->key_line, "parameter %s is there twice", q->params[i].name);
	q->n_params++;
	param->name = span_dup(name);
	param->doc = span_dup(doc);
	if (eq)
		param->value = span_dup((struct span){eq + 1, head.n - name.n - 1});
	return param->name && param->doc && (param->value || !eq) ? 0 : -ENOMEM;
}

static void list_done(struct saved_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->names[i]);
	free(l->names);
	*l = (struct saved_list){0};
}

static int list_add(struct parser *p, struct saved_list *l, struct span name, const char *others)
{
	if (!good_name(name, others))
		return problem(p->q, p->key_line, "`%s:` is a list of names: a, b, c", p->key);
	if (l->n == SAVED_LIST_MAX)
		return problem(p->q, p->key_line, "too many names");
	l->names[l->n] = span_dup(name);
	return l->names[l->n++] ? 0 : -ENOMEM;
}

/* "a, b, c"; what an earlier line of the same key said is forgotten. */
static int set_list(struct parser *p, struct saved_list *l, struct span text, const char *others)
{
	struct span part, name;
	int r = 0;

	list_done(l);
	l->names = calloc(SAVED_LIST_MAX, sizeof(*l->names));
	if (!l->names)
		return -ENOMEM;
	while (r == 0 && span_split(&text, ',', &part))
		while (r == 0 && span_word(&part, &name))
			r = list_add(p, l, name, others);
	return r;
}

/* The key read before is complete. Keys that are not known are comments. */
static int end_key(struct parser *p)
{
	struct span value = span_trim((struct span){buf_str(p->value), p->value->len});
	struct saved *q = p->q;
	const struct {
		const char *key;
		char **to;
	} texts[] = {{"title", &q->title}, {"tags", &q->tags}, {"attack", &q->attack},
		{"about", &q->about}};
	const struct {
		const char *key, *others;
		struct saved_list *to;
	} lists[] = {{"packs", "_-./", &q->packs}, {"key", "_", &q->key},
		{"diff-ignore", "_", &q->diff_ignore}};
	const char *key = p->key;

	if (str_eq(key, "param"))
		return add_param(p, value);
	if (str_eq(key, "name") && !good_name(value, "_-."))
		return problem(
			q, p->key_line, "a name is made of letters, digits, '_', '-' and '.'");
	if (str_eq(key, "name"))
		return set_text(&q->name, value);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (str_eq(key, texts[i].key))
			return set_text(texts[i].to, value);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (str_eq(key, lists[i].key))
			return set_list(p, lists[i].to, value, lists[i].others);
	return 0;
}

/* "key: value" behind the dashes; false: it is not of that form. */
static bool split_key(struct span s, struct span *ret_key, struct span *ret_value)
{
	size_t n = 0;

	while (n < s.n && (islower((unsigned char)s.p[n]) || s.p[n] == '_' || s.p[n] == '-'))
		n++;
	if (n == 0 || n >= SAVED_NAME_MAX || n == s.n || s.p[n] != ':')
		return false;
	*ret_key = (struct span){s.p, n};
	*ret_value = (struct span){s.p + n + 1, s.n - n - 1};
	return true;
}

/* A comment line, without its dashes. */
static int take_comment(struct parser *p, struct span s)
{
	bool continued = s.n >= 2 && s.p[0] == ' ' && isblank((unsigned char)s.p[1]);
	struct span key, value, text = span_trim(s);
	int r;

	if (continued && p->key[0]) {
		r = buf_putc(p->value, ' ');
		return r < 0 ? r : buf_add(p->value, text.p, text.n);
	}
	r = p->key[0] ? end_key(p) : 0;
	p->key[0] = '\0';
	if (r < 0 || !split_key(text, &key, &value))
		return r;
	memcpy(p->key, key.p, key.n);
	p->key[key.n] = '\0';
	p->key_line = p->line;
	buf_reset(p->value);
	return buf_add(p->value, value.p, value.n);
}

/* Reads comment lines and empty lines; *text is then what follows them. */
static int read_head(struct parser *p, struct span *text)
{
	struct span rest = *text, line;

	while (span_split(&rest, '\n', &line)) {
		struct span trimmed = span_trim(line);
		bool comment = trimmed.n >= 2 && trimmed.p[0] == '-' && trimmed.p[1] == '-';
		int r = 0;

		if (!comment && trimmed.n > 0)
			break;
		p->line++;
		if (comment)
			r = take_comment(p, (struct span){trimmed.p + 2, trimmed.n - 2});
		if (r < 0)
			return r;
		*text = rest.p ? rest : (struct span){line.p + line.n, 0};
	}
	return p->key[0] ? end_key(p) : 0;
}

/* ---- Parameters in the SQL ---- */

static struct saved_param *find_param(const struct saved *q, struct span name)
{
	for (size_t i = 0; i < q->n_params; i++)
		if (span_eq(name, q->params[i].name))
			return &q->params[i];
	return NULL;
}

/* Every :name of the SQL must be declared, and the other way round. */
static int check_params(struct saved *q, struct span sql, size_t line)
{
	bool used[SAVED_PARAMS_MAX] = {false};

	for (size_t skip; sql.n > 0; sql.p += skip, sql.n -= skip) {
		struct span name = {sql.p + 1, 0};
		const struct saved_param *param;

		skip = sqltext_quoted(sql);
		for (size_t i = 0; i < skip; i++)
			line += sql.p[i] == '\n';
		if (skip > 0)
			continue;
		skip = 1;
		line += sql.p[0] == '\n';
		if (sql.p[0] != ':')
			continue;
		while (1 + name.n < sql.n &&
			(isalnum((unsigned char)name.p[name.n]) || name.p[name.n] == '_'))
			name.n++;
		skip += name.n;
		param = find_param(q, name);
		if (!param)
			return problem(q, line, "a :parameter has no `-- param:` line");
		used[param - q->params] = true;
	}
	for (size_t i = 0; i < q->n_params; i++)
		if (!used[i])
			return problem(
				q, 1, "parameter %s is not used by the SQL", q->params[i].name);
	return 0;
}

/* ---- A file ---- */

static int start(struct saved *q, const char *path, const char *pack)
{
	struct span name = name_of_path(path);

	*q = (struct saved){.name = span_dup(name),
		.pack = strdup(pack),
		.path = strdup(path),
		.title = strdup(""),
		.tags = strdup(""),
		.attack = strdup(""),
		.about = strdup(""),
		.sql = strdup(""),
		.params = calloc(SAVED_PARAMS_MAX, sizeof(*q->params))};
	if (!q->name || !q->pack || !q->path || !q->title || !q->tags || !q->attack || !q->about ||
		!q->sql || !q->params)
		return -ENOMEM;
	return 0;
}

static int parse(struct saved *q, struct span text)
{
	struct buf value;
	struct parser p = {.q = q, .value = &value};
	int r;

	if (text.n > SAVED_FILE_MAX)
		return problem(q, 1, "the file is larger than 256 KiB");
	if (!utf8_valid(text.p, text.n) || memchr(text.p, '\0', text.n))
		return problem(q, 1, "not UTF-8 text");
	buf_init(&value, SAVED_FILE_MAX);
	r = read_head(&p, &text);
	buf_done(&value);
	if (r < 0)
		return r;
	text = span_trim(text);
	if (text.n == 0)
		return problem(q, p.line, "there is no SQL in it");
	if (!good_name(span_str(q->name), "_-."))
		return problem(q, 1, "needs `-- name:`, of letters, digits, '_', '-' and '.'");
	r = check_params(q, text, p.line + 1);
	return r < 0 ? r : set_text(&q->sql, text);
}

int saved_parse(const char *path, const char *pack, const char *text, size_t n, struct saved *ret)
{
	int r = start(ret, path, pack);

	if (r == 0)
		r = parse(ret, (struct span){text, n});
	return r == -ENOMEM ? r : 0;
}

void saved_done(struct saved *q)
{
	char *texts[] = {q->name, q->pack, q->path, q->title, q->tags, q->attack, q->about, q->sql,
		q->problem};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		free(texts[i]);
	list_done(&q->packs);
	list_done(&q->key);
	list_done(&q->diff_ignore);
	for (size_t i = 0; i < q->n_params; i++) {
		free(q->params[i].name);
		free(q->params[i].doc);
		free(q->params[i].value);
	}
	free(q->params);
	*q = (struct saved){0};
}

static bool is_or_is_in(const char *pack, const char *outer)
{
	size_t n = strlen(outer);

	return strncmp(pack, outer, n) == 0 && (pack[n] == '\0' || pack[n] == '/');
}

bool saved_in_pack(const struct saved *q, const char *pack)
{
	for (size_t i = 0; i < q->packs.n; i++)
		if (is_or_is_in(q->packs.names[i], pack))
			return true;
	return is_or_is_in(q->pack, pack);
}
