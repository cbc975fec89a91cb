/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One question in SQL to every target host. */
#include "common/io.h"
#include "common/str.h"
#include "console/command.h"
#include "console/params.h"
#include "console/questions.h"

#include <string.h>
#include <unistd.h>

struct query_values {
	struct opt_list params;
	struct gather gather;
};

static const struct opt query_opts[] = {
	{0, "param", "NAME=VALUE", OPT_LIST, offsetof(struct query_values, params),
		.doc = "what :NAME in the SQL stands for (repeatable)"},
	GATHER_OPTS(struct query_values, gather),
	OPT_END,
};

static int read_sql(const char *word, struct buf *sql, struct err *err)
{
	bool from_stdin = str_eq(word, "-");
	int r = from_stdin ? io_read_all(STDIN_FILENO, sql) : buf_puts(sql, word);

	if (r == -EMSGSIZE)
		return err_set(
			err, EMSGSIZE, "the SQL is longer than %u KiB", WIRE_REQUEST_MAX >> 10);
	if (r < 0)
		return err_sys(err, -r, "cannot read the SQL");
	if (memchr(buf_str(sql), '\0', sql->len))
		return err_set(err, EINVAL, "the SQL holds a NUL");
	if (span_trim((struct span){buf_str(sql), sql->len}).n == 0)
		return err_set(err, EINVAL, "there is no SQL to ask");
	return 0;
}

static int ask(struct app *app, const void *values, int argc, char **argv, struct questions *ret,
	struct err *err)
{
	const struct query_values *v = values;
	struct params params = {0};
	struct buf sql;
	int r = 0;

	(void)app;
	(void)argc;
	ret->gather = v->gather;
	buf_init(&sql, WIRE_REQUEST_MAX);
	for (size_t i = 0; r == 0 && i < v->params.n; i++)
		r = params_add(&params, v->params.items[i], err);
	if (r == 0)
		r = read_sql(argv[0], &sql, err);
	if (r == 0)
		r = questions_add_sql(ret, buf_str(&sql), &params, err);
	if (r == 0)
		r = questions_set_words(ret, buf_str(&sql), err);
	buf_done(&sql);
	params_done(&params);
	return r;
}

const struct command command_query = {
	.name = "query",
	.args = "SQL",
	.summary = "ask every target host a question in SQL",
	.help = "The hosts' tables and columns have osquery's names; `tocsin tables` lists them.\n"
		"With - the SQL is read from standard input. Values are never pasted into the "
		"SQL:\n"
		"write :name in it and give --param name=value.\n\n"
		"  tocsin query 'select pid, name from processes where uid = :uid' --param uid=0",
	.min_args = 1,
	.max_args = 1,
	.opts = query_opts,
	.values_size = sizeof(struct query_values),
	.ask = ask,
};
