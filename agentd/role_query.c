/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions to this machine, answered on the terminal. */
#include "agentd/engine.h"
#include "agentd/prompt.h"
#include "agentd/role.h"
#include "agentd/root.h"
#include "agentd/selfask.h"
#include "common/io.h"
#include "common/log.h"
#include "common/str.h"
#include "console/output.h"

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

/* Set by the handler: the reader's Ctrl-C ends the query, a second one the program. */
static atomic_bool interrupted;

static void on_interrupt(int signo)
{
	if (!atomic_exchange(&interrupted, true))
		return;
	signal(signo, SIG_DFL);
	raise(signo);
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

/* What is to be done with a question, or at the prompt. */
static int with_root(const struct root *root, const char *state_dir, const struct format *format,
	const json_t *params, const char *word)
{
	const struct selfask a = {.root = root,
		.state_dir = state_dir,
		.format = format,
		.params = params,
		.timeout_ms = (int64_t)(opts_given.timeout * 1e3),
		.max_rows = (int64_t)opts_given.max_rows,
		.cancelled = &interrupted};
	struct buf sql;
	struct err err;
	int r;

	if (!word)
		return prompt_run(&a);
	if (read_sql(word, &sql, &err) < 0) {
		log_error("query: %s", err.text);
		r = ROLE_REFUSED;
	} else if (opts_given.check) {
		r = selfask_check(buf_str(&sql), sql.len);
	} else {
		r = selfask_run(&a, buf_str(&sql), sql.len);
	}
	buf_done(&sql);
	return r;
}

static int check_words(int argc, const struct format *format, struct err *err)
{
	if (argc > 1)
		return err_set(err, EINVAL, "takes one argument, the SQL (%d given)", argc);
	if (argc == 0 && (opts_given.check || !isatty(STDIN_FILENO)))
		return err_set(err, EINVAL, "takes one argument, the SQL (\"-\": standard input)");
	if (!format)
		return err_set(err, EINVAL, "no format \"%s\"", opts_given.format);
	return 0;
}

static int run(const struct agent_options *o, int argc, char **argv)
{
	const struct format *format = format_find(opts_given.format);
	/* Not restarted: a line being read is given up as well. */
	const struct sigaction on_int = {.sa_handler = on_interrupt};
	struct root *root = NULL;
	json_t *params = NULL;
	struct err err;
	int r = check_words(argc, format, &err);

	if (r == 0)
		r = read_params(&opts_given.params, &params, &err);
	if (r == 0) {
		root = root_new(o->root, &err);
		r = root ? engine_init(&err) : -err.code;
	}
	if (r == 0) {
		sigaction(SIGINT, &on_int, NULL);
		r = with_root(root, o->state_dir, format, params, argc ? argv[0] : NULL);
	} else {
		log_error("query: %s", err.text);
		r = r == -ENOMEM ? ROLE_FAILED : ROLE_REFUSED;
	}
	root_free(root);
	json_decref(params);
	return r;
}

const struct role role_query = {
	.name = "query",
	.args = "[SQL]",
	.summary = "ask this machine one question, or many at a prompt",
	.help = "SQL \"-\" is read from standard input; without any there is a prompt on a "
		"terminal. Exit\nstatus: 0 answered, 2 refused, 3 failed.",
	.opts = query_opts,
	.values = &opts_given,
	.run = run,
};
