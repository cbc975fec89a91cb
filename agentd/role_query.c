/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One question to this machine, answered on the terminal. */
#include "agentd/engine.h"
#include "agentd/role.h"
#include "agentd/root.h"
#include "common/io.h"
#include "common/log.h"
#include "common/str.h"
#include "console/output.h"

#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define QUERY_TIMEOUT_MAX_S (24 * 3600)
#define QUERY_ROWS_MAX	    1000000000

static struct query_options {
	const char *format;
	double timeout;
	uint64_t max_rows;
	struct opt_list params;
	bool check;
} opts_given = {.format = "table", .timeout = WIRE_TIMEOUT_MS / 1e3, .max_rows = WIRE_ANSWER_ROWS};

static const struct opt query_opts[] = {
	{'o', "output", "FORMAT", OPT_STRING, offsetof(struct query_options, format),
		.doc = "table (default), json, ndjson, csv, tsv or markdown"},
	{0, "timeout", "S", OPT_SECONDS, offsetof(struct query_options, timeout), .min = 0.001,
		.max = QUERY_TIMEOUT_MAX_S, .doc = "give up after S seconds (30)"},
	{0, "max-rows", "N", OPT_UINT, offsetof(struct query_options, max_rows), .min = 1,
		.max = QUERY_ROWS_MAX, .doc = "stop after N rows (100000)"},
	{0, "param", "NAME=VALUE", OPT_LIST, offsetof(struct query_options, params),
		.doc = "a value for :NAME in the SQL; repeatable"},
	{0, "check", NULL, OPT_FLAG, offsetof(struct query_options, check),
		.doc = "ask nothing, only tell whether the SQL could be asked"},
	OPT_END,
};

/* Set by the handler: the reader's Ctrl-C ends the query, not the program. */
static atomic_bool interrupted;

static void on_interrupt(int signo)
{
	(void)signo;
	atomic_store(&interrupted, true);
}

struct query {
	struct output *output;
	int error; /* of the output, -errno */
};

static int put_header(void *arg, const struct wire_column *cols, size_t n)
{
	struct query *q = arg;
	const char **names = calloc(n + 1, sizeof(*names));

	if (!names)
		return q->error = -ENOMEM;
	for (size_t i = 0; i < n; i++)
		names[i] = cols[i].name;
	q->error = output_header(q->output, names, n);
	free(names);
	return q->error;
}

static int put_row(void *arg, const struct cell *cells, size_t n)
{
	struct query *q = arg;

	(void)n;
	q->error = output_row(q->output, cells);
	return q->error;
}

static int add_param(json_t *params, const char *item, struct err *err)
{
	const char *eq = strchr(item, '=');
	char *name;
	int r;

	if (!eq || eq == item)
		return err_set(err, EINVAL, "--param: \"%s\" is not NAME=VALUE", item);
	name = span_dup((struct span){item, (size_t)(eq - item)});
	r = name ? json_object_set_new(params, name, json_string(eq + 1)) : -1;
	free(name);
	return r ? err_set(err, EINVAL, "--param: \"%s\" is not UTF-8", item) : 0;
}

static int read_params(const struct opt_list *list, json_t **ret, struct err *err)
{
	json_t *params = json_object();
	int r = params ? 0 : err_sys(err, ENOMEM, "--param");

	for (size_t i = 0; !r && i < list->n; i++)
		r = add_param(params, list->items[i], err);
	if (r)
		json_decref(params);
	else
		*ret = params;
	return r;
}

static int read_sql(const char *word, struct buf *sql, struct err *err)
{
	int r;

	buf_init(sql, WIRE_REQUEST_MAX);
	r = str_eq(word, "-") ? io_read_all(STDIN_FILENO, sql) : buf_puts(sql, word);
	return r < 0 ? err_sys(err, -r, "cannot read the SQL") : 0;
}

/* The exit status of what the engine said; the reader that went away is none of its errors. */
static int status_of(int r, const struct query *q, const struct engine_result *res)
{
	if (q->error)
		return q->error == -EPIPE ? ROLE_GOOD : ROLE_FAILED;
	if (r == 0)
		return ROLE_GOOD;
	if (res->code == WIRE_CODE_SQL || res->code == WIRE_CODE_DENIED ||
		res->code == WIRE_CODE_USAGE)
		return ROLE_REFUSED;
	return ROLE_FAILED;
}

static int ask(
	struct query *q, const struct root *root, const struct buf *sql, const json_t *params)
{
	struct engine_query eq = {
		.root = root,
		.sql = buf_str(sql),
		.sql_len = sql->len,
		.params = params,
		.timeout_ms = (int64_t)(opts_given.timeout * 1e3),
		.max_rows = (int64_t)opts_given.max_rows,
		.cancelled = &interrupted,
		.columns = put_header,
		.row = put_row,
		.arg = q,
	};
	struct engine_result res = {.code = WIRE_CODE_INTERNAL};
	struct err err;
	int r = engine_run(&eq, &res, &err), end = output_end(q->output);

	if (!q->error)
		q->error = end;
	if (q->error && q->error != -EPIPE)
		log_error("query: cannot write the answer: %s", strerror(-q->error));
	else if (!q->error && r < 0)
		log_error("query: %s", err.text);
	for (size_t i = 0; i < res.n_warnings; i++)
		log_note("warning: %s", res.warnings[i]);
	if (res.truncated)
		log_note("warning: the answer is truncated after %" PRId64 " rows", res.rows);
	r = status_of(r, q, &res);
	engine_result_done(&res);
	return r;
}

/* Without values for its parameters, and without an answer. */
static int check(const struct buf *sql, struct err *err)
{
	struct engine_query eq = {.sql = buf_str(sql), .sql_len = sql->len, .prepare_only = true};
	struct engine_result res = {.code = WIRE_CODE_INTERNAL};
	struct query nothing_written = {0};
	int r = engine_init(err);

	if (r < 0)
		return r;
	r = engine_run(&eq, &res, err);
	if (r < 0)
		log_error("query: %s", err->text);
	r = status_of(r, &nothing_written, &res);
	engine_result_done(&res);
	return r;
}

static int answer(const struct agent_options *o, const struct format *format, const struct buf *sql,
	const json_t *params, struct err *err)
{
	struct root *root = root_new(o->root, err);
	struct sink *sink = root ? sink_new(STDOUT_FILENO, true, err) : NULL;
	struct query q = {.output = sink ? output_new(format, sink, err) : NULL};
	int r = q.output ? engine_init(err) : -err->code;

	if (r == 0)
		r = ask(&q, root, sql, params);
	output_free(q.output);
	sink_free(sink);
	root_free(root);
	return r;
}

static int run(const struct agent_options *o, int argc, char **argv)
{
	const struct format *format = format_find(opts_given.format);
	struct sigaction on_int = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
	struct buf sql = {.p = NULL};
	json_t *params = NULL;
	struct err err;
	int r = -EINVAL;

	if (argc != 1)
		err_set(&err, EINVAL, "takes one argument, the SQL (%d given)", argc);
	else if (!format)
		err_set(&err, EINVAL, "no format \"%s\"", opts_given.format);
	else
		r = read_params(&opts_given.params, &params, &err);
	if (r == 0)
		r = read_sql(argv[0], &sql, &err);
	if (r == 0) {
		sigaction(SIGINT, &on_int, NULL);
		r = opts_given.check ? check(&sql, &err) : answer(o, format, &sql, params, &err);
	}
	if (r < 0) {
		log_error("query: %s", err.text);
		r = r == -ENOMEM ? ROLE_FAILED : ROLE_REFUSED;
	}
	buf_done(&sql);
	json_decref(params);
	return r;
}

const struct role role_query = {
	.name = "query",
	.args = "SQL",
	.summary = "ask this machine one question",
	.help = "SQL \"-\" is read from standard input. Exit status: 0 answered, 2 refused, 3 "
		"failed.",
	.opts = query_opts,
	.values = &opts_given,
	.run = run,
};
