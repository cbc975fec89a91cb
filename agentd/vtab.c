/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a statement becomes scans. While SQLite plans, it proposes sets of constraints to
 * best_index, some of them not usable because their right-hand side comes from a table further
 * inside the join. best_index chooses those that the table takes, says what that plan would cost,
 * and writes its choice down in idxStr, which comes back to filter, together with the values, for
 * each scan that is run:
 *
 *	idxStr = 16 hexadecimal digits: the columns that are used, a bit each
 *		 then two characters per value: operator and column, as '0' + number
 *
 * Behind a table's own columns stand those of othernames.h, which the table knows nothing of.
 *
 * `omit` is never set: SQLite checks every constraint again, so a table may return too many rows,
 * but never too few.
 */
#include "agentd/vtab.h"

#include "agentd/othernames.h"
#include "common/str.h"

#define USED_DIGITS 16
#define TERM_CHARS  2
#define CODE_FIRST  '0'
/* Added to the operator's number for IS in place of =. */
#define CODE_IS 16

/*
 * Rows and costs are guesses, of which only the order matters: a look-up by key is so much cheaper
 * than a whole scan that the keyed table ends up inside the join, below the one giving the key.
 */
#define ROWS_ALL     1000
#define ROWS_RANGE   300
#define ROWS_PATTERN 200
#define ROWS_KEY     5
#define ROWS_KEYS    2
/* Starting a scan costs about as much as this many rows. */
#define COST_START 10.0
/* A table with required columns reads files: dearer than one that lists something. */
#define COST_REQUIRED 10.0
/* An input that arrives too late would change the answer: such an order is the last resort. */
#define COST_LATE_INPUT 1e12

struct vtab {
	sqlite3_vtab base; /* first */
	const struct table *table;
	struct scan_query *query;
	unsigned n_columns; /* the table's own */
	/* The columns behind those: the own one that each is another name of, or NO_COLUMN. */
	unsigned n_others;
	unsigned char other_of[OTHERNAMES_MAX];
	bool requires; /* has COL_REQUIRED columns */
};
#define NO_COLUMN 0xff
/* The bit of SQLite's set of used columns that stands for all columns from the 64th on. */
#define USED_BEYOND 63

/* ---- Planning ---- */

/* What best_index has found out about one proposal. */
struct plan {
	struct scan_plan_term terms[SCAN_CONSTRAINTS_MAX];
	size_t n_terms;
	uint64_t keys;	   /* index columns with = */
	bool pattern;	   /* LIKE or GLOB */
	bool range;	   /* < <= > >= */
	bool required_met; /* a required column has =, LIKE or GLOB */
	bool late_input;   /* an input column has = with a value that is not there yet */
};

/* The scan_op of an SQLite constraint, or -1. */
static int op_of(unsigned char op)
{
	switch (op) {
	case SQLITE_INDEX_CONSTRAINT_EQ:
	case SQLITE_INDEX_CONSTRAINT_IS:
		return SCAN_EQ;
	case SQLITE_INDEX_CONSTRAINT_LIKE:
		return SCAN_LIKE;
	case SQLITE_INDEX_CONSTRAINT_GLOB:
		return SCAN_GLOB;
	case SQLITE_INDEX_CONSTRAINT_LT:
		return SCAN_LT;
	case SQLITE_INDEX_CONSTRAINT_LE:
		return SCAN_LE;
	case SQLITE_INDEX_CONSTRAINT_GT:
		return SCAN_GT;
	case SQLITE_INDEX_CONSTRAINT_GE:
		return SCAN_GE;
	default:
		return -1;
	}
}

/* Does the table take this operator on a column with these flags? */
static bool takes(unsigned flags, int op)
{
	switch (op) {
	case SCAN_EQ:
		return flags & (COL_INDEX | COL_ADDITIONAL | COL_REQUIRED);
	case SCAN_LIKE:
	case SCAN_GLOB:
		return flags & COL_LIKE;
	case SCAN_LT:
	case SCAN_LE:
	case SCAN_GT:
	case SCAN_GE:
		return flags & COL_RANGE;
	default:
		return false;
	}
}

static void plan_add(struct plan *p, unsigned col, unsigned flags, int op, bool is)
{
	p->terms[p->n_terms++] =
		(struct scan_plan_term){.col = col, .op = (enum scan_op)op, .is = is};
	if (op == SCAN_EQ && (flags & (COL_INDEX | COL_REQUIRED)))
		p->keys |= UINT64_C(1) << col;
	if (op == SCAN_LIKE || op == SCAN_GLOB)
		p->pattern = true;
	if (op >= SCAN_LT)
		p->range = true;
	if ((op == SCAN_EQ || op == SCAN_LIKE || op == SCAN_GLOB) && (flags & COL_REQUIRED))
		p->required_met = true;
}

/* Goes over the proposal and takes what the table wants, = (`equal`) or everything else. */
static void plan_pass(const struct vtab *v, sqlite3_index_info *info, struct plan *p, bool equal)
{
	for (int i = 0; i < info->nConstraint; i++) {
		const struct sqlite3_index_constraint *c = &info->aConstraint[i];
		int op = op_of(c->op);
		unsigned flags;

		/* LIMIT and OFFSET come with a column that means nothing, the rowid as -1. */
		if (op < 0 || (op == SCAN_EQ) != equal || c->iColumn < 0 ||
			(unsigned)c->iColumn >= v->n_columns)
			continue;
		flags = v->table->columns[c->iColumn].flags;
		if (!takes(flags, op))
			continue;
		if (!c->usable) {
			p->late_input |= equal && (flags & COL_ADDITIONAL);
		} else if (p->n_terms < SCAN_CONSTRAINTS_MAX) {
			plan_add(p, (unsigned)c->iColumn, flags, op,
				c->op == SQLITE_INDEX_CONSTRAINT_IS);
			info->aConstraintUsage[i].argvIndex = (int)p->n_terms;
		}
	}
}

static void plan_cost(const struct vtab *v, const struct plan *p, sqlite3_index_info *info)
{
	int keys = __builtin_popcountll(p->keys);
	int rows = keys > 1	? ROWS_KEYS
		   : keys	? ROWS_KEY
		   : p->pattern ? ROWS_PATTERN
		   : p->range	? ROWS_RANGE
				: ROWS_ALL;

	info->estimatedRows = rows;
	info->estimatedCost = COST_START + rows * (v->requires ? COST_REQUIRED : 1.0);
	if (p->late_input)
		info->estimatedCost += COST_LATE_INPUT;
}

/* SQLite's set of used columns as one of the table's own. */
static uint64_t own_columns(const struct vtab *v, uint64_t used)
{
	uint64_t own = used & (~UINT64_C(0) >> (64 - v->n_columns));

	for (unsigned i = 0; i < v->n_others; i++) {
		unsigned col = v->n_columns + i, bit = col < USED_BEYOND ? col : USED_BEYOND;

		if (v->other_of[i] != NO_COLUMN && used >> bit & 1)
			own |= UINT64_C(1) << v->other_of[i];
	}
	return own;
}

static int plan_write(const struct plan *p, uint64_t used, sqlite3_index_info *info)
{
	char terms[SCAN_CONSTRAINTS_MAX * TERM_CHARS + 1], *t = terms;

	for (size_t i = 0; i < p->n_terms; i++) {
		*t++ = (char)(CODE_FIRST + p->terms[i].op + (p->terms[i].is ? CODE_IS : 0));
		*t++ = (char)(CODE_FIRST + p->terms[i].col);
	}
	*t = '\0';
	info->idxStr = sqlite3_mprintf("%016llx%s", (unsigned long long)used, terms);
	info->needToFreeIdxStr = 1;
	return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}

static int best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
	struct vtab *v = (struct vtab *)base;
	struct plan p = {0};

	/* Keys first: they must not fall victim to SCAN_CONSTRAINTS_MAX. */
	plan_pass(v, info, &p, true);
	plan_pass(v, info, &p, false);
	if (v->requires && !p.required_met) {
		/*
		 * Not a plan; another order of the join, or the look-ups of an OR, may be one. When
		 * none is, SQLite says "no query solution" and the engine says what was missing.
		 */
		v->query->unconstrained = v->table;
		return SQLITE_CONSTRAINT;
	}
	plan_cost(v, &p, info);
	return plan_write(&p, own_columns(v, info->colUsed), info);
}

void vtab_unconstrained(const struct table *t, struct err *err)
{
	char names[ERR_TEXT_MAX / 2] = "";
	size_t len = 0;

	for (const struct column *c = t->columns; c->name; c++) {
		if (!(c->flags & COL_REQUIRED) || len >= sizeof(names))
			continue;
		len += (size_t)snprintf(
			names + len, sizeof(names) - len, "%s`%s`", len ? " or " : "", c->name);
	}
	err_set(err, EINVAL, "table %s: a constraint on %s is required (= or LIKE)", t->name,
		names);
}

/* ---- The module ---- */

static void declare_others(sqlite3_str *sql, const char *table)
{
	const struct othernames *others = othernames_of(table);
	struct span rest = span_str(others ? others->columns : ""), name, of;

	while (othernames_next(&rest, &name, &of))
		sqlite3_str_appendf(sql, ",\"%.*s\" HIDDEN", (int)name.n, name.p);
}

static int declare(sqlite3 *db, const struct vtab_source *source)
{
	const struct table *t = source->table;
	sqlite3_str *sql = sqlite3_str_new(db);
	char *text;
	int rc;

	sqlite3_str_appendall(sql, "CREATE TABLE x(");
	for (const struct column *c = t->columns; c->name; c++)
		sqlite3_str_appendf(sql, "%s\"%w\" %s%s", c == t->columns ? "" : ",", c->name,
			column_type_name(c->type), c->flags & COL_HIDDEN ? " HIDDEN" : "");
	declare_others(sql, t->name);
	sqlite3_str_appendall(sql, ")");
	text = sqlite3_str_finish(sql);
	if (!text)
		return SQLITE_NOMEM;
	source->query->declaring = true;
	rc = sqlite3_declare_vtab(db, text);
	source->query->declaring = false;
	sqlite3_free(text);
	return rc;
}

static void note_others(struct vtab *v)
{
	const struct othernames *others = othernames_of(v->table->name);
	struct span rest = span_str(others ? others->columns : ""), name, of;

	while (v->n_others < OTHERNAMES_MAX && othernames_next(&rest, &name, &of)) {
		unsigned char *to = &v->other_of[v->n_others++];

		*to = NO_COLUMN;
		for (unsigned i = 0; i < v->n_columns; i++)
			if (span_eq(of, v->table->columns[i].name))
				*to = (unsigned char)i;
	}
}

static int connect_table(sqlite3 *db, void *aux, int argc, const char *const *argv,
	sqlite3_vtab **ret, char **ret_error)
{
	struct vtab_source *source = aux;
	struct vtab *v;
	int rc = declare(db, source);

	(void)argc, (void)argv, (void)ret_error;
	if (rc != SQLITE_OK)
		return rc;
	v = sqlite3_malloc64(sizeof(*v));
	if (!v)
		return SQLITE_NOMEM;
	*v = (struct vtab){.table = source->table, .query = source->query};
	for (const struct column *c = v->table->columns; c->name; c++) {
		v->n_columns++;
		v->requires |= c->flags & COL_REQUIRED;
	}
	note_others(v);
	source->named = true;
	*ret = &v->base;
	return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *base)
{
	sqlite3_free(base);
	return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **ret)
{
	struct vtab *v = (struct vtab *)base;
	struct scan *s = scan_new(v->table, v->query);

	if (!s)
		return SQLITE_NOMEM;
	*ret = (sqlite3_vtab_cursor *)s;
	return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *cursor)
{
	scan_free((struct scan *)cursor);
	return SQLITE_OK;
}

/* The words of an error are in the query's err already. */
static int code_of(int r)
{
	switch (r) {
	case 0:
		return SQLITE_OK;
	case -ENOMEM:
		return SQLITE_NOMEM;
	case -ECANCELED:
		return SQLITE_INTERRUPT;
	default:
		return SQLITE_ERROR;
	}
}

static int filter(
	sqlite3_vtab_cursor *cursor, int num, const char *str, int argc, sqlite3_value **argv)
{
	struct scan_plan_term terms[SCAN_CONSTRAINTS_MAX];
	uint64_t used = 0;

	(void)num;
	if (argc > SCAN_CONSTRAINTS_MAX ||
		parse_span((struct span){str, USED_DIGITS}, 16, UINT64_MAX, &used) < 0)
		return SQLITE_INTERNAL;
	str += USED_DIGITS;
	for (int i = 0; i < argc; i++, str += TERM_CHARS)
		terms[i] = (struct scan_plan_term){
			.op = (enum scan_op)((str[0] - CODE_FIRST) % CODE_IS),
			.is = str[0] - CODE_FIRST >= CODE_IS,
			.col = (unsigned)(str[1] - CODE_FIRST),
		};
	return code_of(scan_start((struct scan *)cursor, used, terms, argv, (size_t)argc));
}

static int next(sqlite3_vtab_cursor *cursor)
{
	return code_of(scan_next((struct scan *)cursor));
}

static int eof(sqlite3_vtab_cursor *cursor)
{
	return scan_eof((struct scan *)cursor);
}

static int column(sqlite3_vtab_cursor *cursor, sqlite3_context *ctx, int col)
{
	const struct vtab *v = (const struct vtab *)cursor->pVtab;
	unsigned own = (unsigned)col;

	if (own >= v->n_columns)
		own = own - v->n_columns < v->n_others ? v->other_of[own - v->n_columns]
						       : NO_COLUMN;
	if (own != NO_COLUMN)
		scan_result((struct scan *)cursor, ctx, own);
	return SQLITE_OK;
}

static int rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *ret)
{
	int64_t id;
	int r = scan_rowid((struct scan *)cursor, &id);

	if (r == 0)
		*ret = id;
	return code_of(r);
}

int vtab_register(sqlite3 *db, struct vtab_source *source)
{
	static const sqlite3_module module = {
		.xConnect = connect_table, /* no xCreate: the table is there without CREATE */
		.xBestIndex = best_index,
		.xDisconnect = disconnect,
		.xOpen = open_cursor,
		.xClose = close_cursor,
		.xFilter = filter,
		.xNext = next,
		.xEof = eof,
		.xColumn = column,
		.xRowid = rowid,
	};

	return sqlite3_create_module_v2(db, source->name, &module, source, NULL);
}
