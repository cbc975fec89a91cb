/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/rows.h"
#include "common/log.h"
#include "common/text.h"
#include "console/command.h"

#include <string.h>
#include <unistd.h>

static void keep(struct rows *r, int result)
{
	if (result < 0 && r->error == 0)
		r->error = result;
}

static void begin(struct rows *r, const struct format *format, bool prose,
	const char *const *columns, size_t n)
{
	struct err err = {0};

	*r = (struct rows){.sink = sink_new(STDOUT_FILENO, true, &err)};
	if (r->sink)
		r->output = output_new(format, r->sink, &err);
	if (r->output && prose)
		output_prose(r->output);
	keep(r, r->output ? output_header(r->output, columns, n) : -err.code);
}

void rows_begin(struct rows *r, const struct format *format, const char *const *columns, size_t n)
{
	begin(r, format, false, columns, n);
}

void rows_begin_prose(
	struct rows *r, const struct format *format, const char *const *columns, size_t n)
{
	begin(r, format, true, columns, n);
}

void rows_add(struct rows *r, const struct cell *cells)
{
	if (r->error == 0)
		keep(r, output_row(r->output, cells));
}

int rows_end(struct rows *r)
{
	if (r->error == 0)
		keep(r, output_end(r->output));
	output_free(r->output);
	sink_free(r->sink);
	if (r->error == 0 || r->error == -EPIPE)
		return EXIT_ALL_GOOD;
	log_error("cannot write to %s: %s", sink_stdout_name(), strerror(-r->error));
	return EXIT_INCOMPLETE;
}

struct cell rows_text(const char *s)
{
	size_t n = s ? strlen(s) : 0;

	if (!s)
		return (struct cell){.type = CELL_NULL};
	return (struct cell){
		.type = utf8_valid(s, n) ? CELL_TEXT : CELL_BLOB, .n = (uint32_t)n, .p = s};
}
