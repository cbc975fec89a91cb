/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables and columns this agent has. */
#include "agentd/role.h"
#include "agentd/tableslist.h"
#include "common/err.h"
#include "common/log.h"
#include "common/str.h"
#include "console/output.h"

#include <unistd.h>

static struct tables_options {
	const char *format;
} opts_given;

static const struct opt tables_opts[] = {
	{'o', "output", "FORMAT", OPT_STRING, offsetof(struct tables_options, format),
		.doc = "table, json, ndjson, csv, tsv or markdown"},
	OPT_END,
};

static int run(const struct agent_options *o, int argc, char **argv)
{
	const char *name = opts_given.format ? opts_given.format : "table";
	const struct format *format = format_find(name);
	const struct table *table = NULL;
	struct sink *sink;
	struct err err;
	int r;

	(void)o;
	if (argc > 1 || !format) {
		if (argc > 1)
			log_error("tables: takes one table at most (%d given)", argc);
		else
			log_error("tables: no format \"%s\"", name);
		return ROLE_REFUSED;
	}
	if (argc == 1 && !(table = tableslist_find("tables", argv[0])))
		return ROLE_REFUSED;
	sink = sink_new(STDOUT_FILENO, true, &err);
	r = sink ? tableslist_put(format, sink, table, NULL) : -err.code;
	if (sink && !r)
		r = sink_end(sink);
	sink_free(sink);
	if (r && r != -EPIPE)
		log_error("tables: cannot write: %s", strerror(-r));
	return r && r != -EPIPE ? ROLE_FAILED : ROLE_GOOD;
}

const struct role role_tables = {
	.name = "tables",
	.args = "[TABLE]",
	.summary = "list the tables, or one table's columns",
	.help = "-o tsv prints a line \"table<TAB>column<TAB>type\" for every column, hidden ones "
		"too.",
	.opts = tables_opts,
	.values = &opts_given,
	.run = run,
};
