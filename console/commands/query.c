/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One question in SQL to every target host. */
#include "common/io.h"
#include "common/log.h"
#include "common/str.h"
#include "console/ask.h"
#include "console/params.h"

#include <string.h>
#include <unistd.h>

struct query_values {
	struct opt_list params;
};

static const struct opt query_opts[] = {
	{0, "param", "NAME=VALUE", OPT_LIST, offsetof(struct query_values, params),
		.doc = "what :NAME in the SQL stands for (repeatable)"},
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

static int ask(struct app *app, const char *sql, const struct params *params)
{
	struct ask_question q = {.fleet = {.sql = sql,
					 .params = params->all,
					 .n_params = params->n,
					 .max_rows = (int64_t)app->o.max_rows}};
	const struct ask_options options = {.command = "query", .question = sql};
	struct ask *a;
	enum exit_status status = ask_begin(app, &options, &a);

	if (status != EXIT_ALL_GOOD)
		return status;
	ask_put(a, &q);
	return ask_end(a);
}

static int run(struct app *app, const void *values, int argc, char **argv)
{
	const struct query_values *v = values;
	int status = EXIT_NOTHING, r = 0;
	struct params params = {0};
	struct buf sql;
	struct err err;

	(void)argc;
	buf_init(&sql, WIRE_REQUEST_MAX);
	for (size_t i = 0; r == 0 && i < v->params.n; i++)
		r = params_add(&params, v->params.items[i], &err);
	if (r == 0)
		r = read_sql(argv[0], &sql, &err);
	if (r < 0)
		log_error("%s", err.text);
	else
		status = ask(app, buf_str(&sql), &params);
	buf_done(&sql);
	params_done(&params);
	return status;
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
	.run = run,
};
