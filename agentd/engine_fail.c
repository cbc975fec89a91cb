/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words and wire codes for what went wrong with a question. */
#include "agentd/engine_run.h"
#include "agentd/table.h"
#include "common/str.h"

#include <strings.h>

int run_fail(struct run *r, enum wire_code code, int errnum, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->result->code = code;
	return err_set(r->err, errnum, "%s", text);
}

int run_fail_memory(struct run *r)
{
	return run_fail(
		r, WIRE_CODE_LIMIT, ENOMEM, "more memory than %u MiB", ENGINE_MEMORY_MAX >> 20);
}

int run_fail_stopped(struct run *r)
{
	if (r->scans.stopped == SCAN_CANCELLED)
		return run_fail(r, WIRE_CODE_CANCELLED, ECANCELED, "cancelled");
	return run_fail(r, WIRE_CODE_TIMEOUT, ETIMEDOUT, "no answer within %.*f s",
		r->query->timeout_ms < 9950 ? 1 : 0, (double)r->query->timeout_ms / 1000);
}

/* What a table said by scan_error. */
static int fail_table(struct run *r)
{
	const struct err *e = &r->scans.err;

	switch (e->code) {
	case E2BIG:
	case ENOMEM:
	case EMSGSIZE:
		return run_fail(r, WIRE_CODE_LIMIT, e->code, "%s", e->text);
	case EINVAL:
		return run_fail(r, WIRE_CODE_USAGE, e->code, "%s", e->text);
	case EPERM:
	case EACCES:
		return run_fail(r, WIRE_CODE_DENIED, e->code, "%s", e->text);
	default:
		return run_fail(r, WIRE_CODE_INTERNAL, e->code, "%s", e->text);
	}
}

/* The table's name that is nearest to an unknown one, or NULL. */
static const char *nearest_table(const struct run *r, const char *name)
{
	const char **names = calloc(r->n_sources + 1, sizeof(*names)), *near;

	if (!names)
		return NULL;
	for (size_t i = 0; i < r->n_sources; i++)
		names[i] = r->sources[i].name;
	near = str_nearest(name, names);
	free(names);
	return near;
}

/* Likewise of the columns of the tables that the statement names. */
static const char *nearest_column(const struct run *r, const char *name)
{
	const char **names = calloc(r->n_sources * TABLE_COLUMNS_MAX + 1, sizeof(*names)), *near;
	const char *dot = strrchr(name, '.');
	size_t n = 0;

	if (!names)
		return NULL;
	for (size_t i = 0; i < r->n_sources; i++) {
		const struct column *c = r->sources[i].table->columns;

		for (; r->sources[i].named && c->name; c++)
			names[n++] = c->name;
	}
	near = str_nearest(dot ? dot + 1 : name, names);
	free(names);
	return near;
}

/* What an error about an unknown name may have meant, or NULL. */
static const char *nearest(const struct run *r, const char *text)
{
	static const char no_table[] = "no such table: ", no_column[] = "no such column: ";

	if (str_starts(text, no_table))
		return nearest_table(r, text + strlen(no_table));
	if (str_starts(text, no_column))
		return nearest_column(r, text + strlen(no_column));
	return NULL;
}

/* A table that is there, but not for this asker. */
static const char *denied_table(const struct run *r, const char *text)
{
	static const char no_table[] = "no such table: ";
	const char *const *denied = r->query->denied;

	if (!str_starts(text, no_table))
		return NULL;
	for (size_t i = 0; denied && denied[i]; i++)
		if (strcasecmp(denied[i], text + strlen(no_table)) == 0)
			return denied[i];
	return NULL;
}

static int fail_sql(struct run *r)
{
	static const char *const limits[] = {
		"too many ",
		"Expression tree is too large",
		"parser stack overflow",
		"at most ",
		"LIKE or GLOB pattern too complex",
		"string or blob too big",
	};
	const char *text = sqlite3_errmsg(r->db), *near;

	if (r->scans.unconstrained && str_eq(text, "no query solution")) {
		vtab_unconstrained(r->scans.unconstrained, r->err);
		r->result->code = WIRE_CODE_SQL;
		return -EINVAL;
	}
	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		if (str_starts(text, limits[i]))
			return run_fail(r, WIRE_CODE_LIMIT, E2BIG, "%s", text);
	if (denied_table(r, text))
		return run_fail(r, WIRE_CODE_DENIED, EACCES,
			"the agent's policy denies you the table %s", denied_table(r, text));
	near = nearest(r, text);
	if (near)
		return run_fail(r, WIRE_CODE_SQL, EINVAL, "%s (did you mean %s?)", text, near);
	return run_fail(r, WIRE_CODE_SQL, EINVAL, "%s", text);
}

int run_fail_sqlite(struct run *r, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_INTERRUPT:
		if (r->scans.stopped)
			return run_fail_stopped(r);
		return fail_sql(r);
	case SQLITE_NOMEM:
		return run_fail_memory(r);
	case SQLITE_TOOBIG:
		return run_fail(r, WIRE_CODE_LIMIT, E2BIG, "a value is longer than %d MiB",
			ENGINE_VALUE_MAX >> 20);
	default:
		if (r->denied[0])
			return run_fail(r, WIRE_CODE_SQL, EACCES, "%s", r->denied);
		return r->scans.err.code ? fail_table(r) : fail_sql(r);
	}
}
