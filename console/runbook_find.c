/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/runbook_find.h"

#include "common/io.h"
#include "common/log.h"
#include "common/str.h"
#include "console/command.h"
#include "console/library.h"
#include "console/rows.h"
#include "console/runbook.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct library *load(struct err *err)
{
	struct library *l = library_new();

	if (l && library_load(l, err) == 0)
		return l;
	if (!l)
		err_sys(err, ENOMEM, "runbooks");
	library_free(l);
	return NULL;
}

/* ---- By name ---- */

static int find(const struct library *l, const char *word, const char **ret, struct err *err)
{
	const struct library_book *b = library_book_find(l, word);
	const char *near;

	*ret = b ? b->path : word;
	if (b || access(word, F_OK) == 0)
		return 0;
	near = library_book_nearest(l, word);
	return err_set(err, ENOENT, "no runbook `%s`, nor a file of that name%s%s", word,
		near ? "; did you mean " : "", near ? near : "");
}

int runbook_find(const char *word, char **ret, struct err *err)
{
	const char *path = word;
	struct library *l = NULL;
	char *copy;
	int r = 0;

	if (!str_eq(word, "-") && !strchr(word, '/') && !str_ends(word, ".runbook")) {
		l = load(err);
		r = l ? find(l, word, &path, err) : -ENOENT;
	}
	copy = r == 0 ? strdup(path) : NULL;
	library_free(l);
	if (r == 0 && !copy)
		return err_sys(err, ENOMEM, "runbook");
	*ret = copy;
	return r;
}

/* ---- All of them ---- */

/* The words of its first comment; "name=default" of each value it takes, as in its text. */
static void summarise(struct span text, struct buf *about, struct buf *params)
{
	struct span line, word;

	while (span_split(&text, '\n', &line)) {
		line = span_trim(line);
		if (about->len == 0 && span_skip(&line, "#")) {
			line = span_trim(line);
			(void)buf_add(about, line.p, line.n);
		}
		if (!span_word(&line, &word) || !span_eq(word, "param") || !span_word(&line, &word))
			continue;
		(void)buf_printf(params, "%s%.*s%s", params->len ? " " : "", (int)word.n, word.p,
			memchr(word.p, '=', word.n) ? "" : "=");
	}
}

/* For people without the path, and what it is about in as many lines as that takes. */
static void list_one(struct rows *rows, const struct library_book *b, bool people)
{
	struct buf text, about, params;
	int r;

	buf_init(&text, RUNBOOK_FILE_MAX);
	buf_init(&about, RUNBOOK_LINE_MAX);
	buf_init(&params, RUNBOOK_LINE_MAX);
	r = io_read_file(AT_FDCWD, b->path, &text);
	if (r < 0)
		log_note("%s: %s", b->path, strerror(-r));
	else
		summarise((struct span){buf_str(&text), text.len}, &about, &params);
	if (people)
		rows_add(rows, (struct cell[]){rows_text(b->name), rows_text(buf_str(&params)),
				       rows_text(buf_str(&about))});
	else
		rows_add(rows, (struct cell[]){rows_text(b->name), rows_text(buf_str(&about)),
				       rows_text(buf_str(&params)), rows_text(b->path)});
	buf_done(&text);
	buf_done(&about);
	buf_done(&params);
}

int runbook_list(const struct format *format)
{
	static const char *const columns[] = {"name", "about", "params", "path"};
	static const char *const short_columns[] = {"name", "params", "about"};
	bool people = str_eq(format->name, "table");
	struct rows rows;
	struct err err;
	struct library *l = load(&err);

	if (!l) {
		log_error("%s", err.text);
		return EXIT_NOTHING;
	}
	if (people)
		rows_begin_prose(&rows, format, short_columns, ARRAY_LEN(short_columns));
	else
		rows_begin(&rows, format, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < library_books_len(l); i++)
		list_one(&rows, library_book_at(l, i), people);
	library_free(l);
	return rows_end(&rows);
}
