/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/complete.h"

#include "common/str.h"
#include "console/app.h"
#include "console/catalogue.h"
#include "console/command.h"
#include "console/fleet/inventory.h"
#include "console/library.h"
#include "console/output.h"
#include "console/words.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A word of a usage text; a name of a table. */
#define USAGE_WORD_MAX 128

#define BREAKS_WORDS   " \t\n\"'="
#define BREAKS_FILE    " \t\n\"'"
#define BREAKS_LIST    " \t\n\"'=,"
#define BREAKS_PATTERN " \t\n\"'=,:&!"
#define BREAKS_SQL     " \t\n\"'(),;=<>|.&+-*/%!"

struct candidates {
	const struct complete_with *with;
	char **of;
	size_t n, cap;
	const char *prefix;
	size_t len;
	bool any_case;
};

static void offer(void *to, const char *word)
{
	struct candidates *c = to;
	int differs = c->any_case ? strncasecmp(word, c->prefix, c->len)
				  : strncmp(word, c->prefix, c->len);

	if (differs || c->n >= COMPLETE_MAX)
		return;
	/* Room for the NULL behind the last one. */
	if (array_grow(&c->of, &c->cap, c->n + 2, sizeof(*c->of), COMPLETE_MAX + 2) < 0)
		return;
	c->of[c->n] = strdup(word);
	c->n += c->of[c->n] != NULL;
	c->of[c->n] = NULL;
}

/* ---- Where in the line ---- */

/* The words up to the cursor: the last one, which may be empty, is the one being typed. */
struct place {
	struct words w;
	const char *typed;
	const char *command;	       /* NULL: it is being typed */
	const struct command *program; /* that has this name, or NULL */
	const char *usage;	       /* of the command; NULL: not known */
	char what[USAGE_WORD_MAX];     /* what may stand here, "" for nothing */
	const struct opt *opt;	       /* whose value it is */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* A quote that is open yet is closed behind the cursor. */
static bool split(const char *line, size_t end, struct words *ret)
{
	static const char quotes[][2] = {"", "'", "\""};
	struct err err;
	bool done = false;

	for (size_t i = 0; !done && i < ARRAY_LEN(quotes); i++) {
		/* Behind a blank outside of quotes, the empty word begins. */
		const char *empty = i == 0 && end > 0 && is_blank(line[end - 1]) ? "''" : "";
		char *text = str_printf("%.*s%s%s", (int)end, line, quotes[i], empty);

		done = text && words_split(text, ret, NULL, &err) == 0;
		free(text);
	}
	return done;
}

/* The option of which word[0..n) is all. */
static const struct opt *option_of(const struct command *program, const char *word, size_t n)
{
	const struct opt *o;

	if (!program || n < 2 || word[0] != '-')
		return NULL;
	o = opts_find(program->opts, word, n);
	return o ? o : opts_find(app_opts, word, n);
}

/* Words behind the command, the one being typed not counted, that are neither options nor theirs.
 */
static size_t arguments_before(const struct place *p)
{
	size_t n = 0;

	for (int i = 1; i + 1 < p->w.n; i++) {
		const struct opt *o = option_of(p->program, p->w.of[i], strlen(p->w.of[i]));

		if (o && o->arg)
			i++;
		else if (!o && !(p->program && p->w.of[i][0] == '-'))
			n++;
	}
	return n;
}

/* The n-th word of a usage text, or its last; without brackets and dots. */
static void usage_word(const char *usage, size_t n, char *ret, size_t size)
{
	struct span rest = span_str(usage), word, last = {NULL, 0};
	size_t len = 0;

	for (size_t i = 0; i <= n && span_word(&rest, &word); i++) {
		/* "…" alone repeats the word before it. */
		if (!isalpha((unsigned char)word.p[0]) && word.p[0] != '[')
			break;
		last = word;
	}
	for (size_t i = 0; i < last.n && len + 1 < size; i++)
		if (isalpha((unsigned char)last.p[i]) || strchr("|-=_", last.p[i]))
			ret[len++] = last.p[i];
	ret[len] = '\0';
}

static const char *usage_of(const struct complete_with *with, struct place *p)
{
	const char *name, *usage;

	for (size_t i = 0; with->own && with->own(with->arg, i, &name, &usage); i++)
		if (str_eq(name, p->command))
			return usage;
	p->program = command_find(p->command);
	return p->program ? p->program->args : NULL;
}

static void find_what(struct place *p)
{
	const char *equals = strchr(p->typed, '=');
	const struct opt *o = NULL;

	if (p->w.n > 2)
		o = option_of(p->program, p->w.of[p->w.n - 2], strlen(p->w.of[p->w.n - 2]));
	if (!o || !o->arg)
		o = equals && str_starts(p->typed, "--")
			    ? option_of(p->program, p->typed, (size_t)(equals - p->typed))
			    : NULL;
	if (o && o->arg) {
		p->opt = o;
		snprintf(p->what, sizeof(p->what), "%s", o->arg);
	} else if (p->program && p->typed[0] == '-' && !equals) {
		snprintf(p->what, sizeof(p->what), "-");
	} else if (p->usage) {
		usage_word(p->usage, arguments_before(p), p->what, sizeof(p->what));
	}
}

/* False: out of memory, or no line. */
static bool find_place(
	const struct complete_with *with, const char *line, size_t end, struct place *ret)
{
	*ret = (struct place){.typed = ""};
	if (!split(line, end, &ret->w))
		return false;
	if (ret->w.n > 0)
		ret->typed = ret->w.of[ret->w.n - 1];
	if (ret->w.n > 1) {
		ret->command = ret->w.of[0];
		ret->usage = usage_of(with, ret);
		find_what(ret);
	}
	return true;
}

/* ---- What there is ---- */

static void offer_commands(struct candidates *c)
{
	const char *name, *usage;

	for (size_t i = 0; c->with->own && c->with->own(c->with->arg, i, &name, &usage); i++)
		offer(c, name);
	for (size_t i = 0; commands_all[i]; i++)
		offer(c, commands_all[i]->name);
}

static void offer_options(struct candidates *c, const struct opt *opts)
{
	char word[USAGE_WORD_MAX];

	for (; opts && (opts->name || opts->letter); opts++) {
		if (!opts->name)
			continue;
		snprintf(word, sizeof(word), "--%s", opts->name);
		offer(c, word);
	}
}

/* A command that is an argument: those it has of its own. */
static void offer_options_of(struct candidates *c, const char *name)
{
	const struct command *command = command_find(name);

	if (command)
		offer_options(c, command->opts);
}

static void offer_hosts(struct candidates *c)
{
	const struct inventory *inv = c->with->inventory;

	for (size_t i = 0; inv && i < inventory_groups(inv); i++)
		offer(c, inventory_group_name(inv, i));
	for (size_t i = 0; inv && i < inventory_hosts(inv); i++)
		offer(c, inventory_host_name(inv, i));
}

static void offer_saved(struct candidates *c)
{
	const struct library *l = c->with->library;

	for (size_t i = 0; l && i < library_len(l); i++) {
		offer(c, library_at(l, i)->name);
		if (i == 0 || !str_eq(library_at(l, i)->pack, library_at(l, i - 1)->pack))
			offer(c, library_at(l, i)->pack);
	}
}

/* NAME= of the parameters of the queries that the line names. */
static void offer_params(struct candidates *c, const struct place *p)
{
	char word[USAGE_WORD_MAX];

	for (int i = 1; i + 1 < p->w.n; i++) {
		const struct saved *q =
			c->with->library ? library_find(c->with->library, p->w.of[i]) : NULL;

		for (size_t k = 0; q && k < q->n_params; k++) {
			snprintf(word, sizeof(word), "%s=", q->params[k].name);
			offer(c, word);
		}
	}
}

static void offer_formats(struct candidates *c)
{
	for (size_t i = 0; formats_all[i]; i++)
		offer(c, formats_all[i]->name);
}

static void offer_words(struct candidates *c, const char *const *words)
{
	for (size_t i = 0; words && words[i]; i++)
		offer(c, words[i]);
}

static void offer_runbooks(struct candidates *c)
{
	for (size_t i = 0; c->with->library && i < library_books_len(c->with->library); i++)
		offer(c, library_book_at(c->with->library, i)->name);
}

static void offer_signals(struct candidates *c)
{
	static const char *const names[] = {
		"TERM", "KILL", "HUP", "INT", "QUIT", "USR1", "USR2", NULL};

	offer_words(c, names);
}

/* ---- SQL ---- */

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Whether `name` stands in the text as a word; *ret_behind is where it ends. */
static bool has_name(const char *text, const char *name, const char **ret_behind)
{
	size_t n = strlen(name);

	for (const char *at = text; (at = strcasestr(at, name)); at += n) {
		if ((at > text && is_name(at[-1])) || is_name(at[n]))
			continue;
		*ret_behind = at + n;
		return true;
	}
	return false;
}

/* Is it the name that the SQL gives the table: "table alias", "table as alias", or the table's? */
static bool is_alias(const char *table, const char *behind, struct span alias)
{
	struct span rest = span_str(behind), word;

	if (span_eq(alias, table))
		return true;
	if (!span_word(&rest, &word))
		return false;
	if (word.n == 2 && strncasecmp(word.p, "as", 2) == 0 && !span_word(&rest, &word))
		return false;
	while (word.n && !is_name(word.p[word.n - 1]))
		word.n--;
	return word.n == alias.n && strncasecmp(word.p, alias.p, alias.n) == 0;
}

/* The name before a dot that the word follows, or nothing. */
static struct span qualifier(const char *sql, size_t start)
{
	size_t from;

	if (start == 0 || sql[start - 1] != '.')
		return (struct span){NULL, 0};
	from = start - 1;
	while (from > 0 && is_name(sql[from - 1]))
		from--;
	return (struct span){sql + from, start - 1 - from};
}

/* Of the tables that the SQL names. False: there are none. */
static bool offer_columns(struct candidates *c, const char *sql, struct span of)
{
	bool any = false;

	for (size_t i = 0, next; catalogue[i].table; i = next) {
		const char *behind;
		bool wanted = has_name(sql, catalogue[i].table, &behind) &&
			      (!of.p || is_alias(catalogue[i].table, behind, of));

		any |= wanted;
		for (next = i;
			catalogue[next].table && str_eq(catalogue[next].table, catalogue[i].table);
			next++)
			if (wanted)
				offer(c, catalogue[next].column);
	}
	return any;
}

static void offer_all_columns(struct candidates *c)
{
	for (size_t i = 0; catalogue[i].table; i++)
		offer(c, catalogue[i].column);
}

static void offer_tables(struct candidates *c)
{
	for (size_t i = 0; catalogue[i].table; i++)
		if (i == 0 || !str_eq(catalogue[i].table, catalogue[i - 1].table))
			offer(c, catalogue[i].table);
}

/* Is the word before it one that a table follows? */
static bool table_follows(const char *sql, size_t start)
{
	static const char *const before[] = {"from", "join", "table"};
	size_t end = start, from;

	while (end > 0 && is_blank(sql[end - 1]))
		end--;
	for (from = end; from > 0 && is_name(sql[from - 1]);)
		from--;
	for (size_t i = 0; i < ARRAY_LEN(before); i++)
		if (end - from == strlen(before[i]) &&
			strncasecmp(sql + from, before[i], end - from) == 0)
			return true;
	return false;
}

/* `sql` may have what is before it in the line too. */
static void offer_sql(struct candidates *c, const char *sql, size_t start)
{
	static const char *const keywords[] = {"select", "from", "where", "and", "or", "not",
		"join", "left", "using", "on", "group", "order", "by", "limit", "like", "in",
		"between", "exists", "having", "distinct", "count(*)", "with", "union", "case",
		"when", "then", "else", "end", "as", "desc", "is", "null", "glob", NULL};
	struct span of = qualifier(sql, start);
	bool named;

	c->any_case = true;
	if (table_follows(sql, start)) {
		offer_tables(c);
		return;
	}
	named = offer_columns(c, sql, of);
	if (of.p)
		return;
	offer_words(c, keywords);
	offer_tables(c);
	/* The tables are named behind the columns. */
	if (!named && c->len > 0)
		offer_all_columns(c);
}

/* ---- All together ---- */

/* "FILE", "RUNBOOK|FILE" */
static bool names_file(const char *what)
{
	struct span rest = span_str(what), one;

	while (span_split(&rest, '|', &one))
		if (span_eq(one, "FILE") || span_eq(one, "DIR"))
			return true;
	return false;
}

/* One of the words of a usage, "a|b|c"; true: it means a file of this machine. */
static bool offer_one(struct candidates *c, const struct place *p, const char *what)
{
	static const struct {
		const char *what;
		void (*offer)(struct candidates *c);
	} known[] = {{"PATTERN", offer_hosts}, {"HOSTS", offer_hosts}, {"FORMAT", offer_formats},
		{"TABLE", offer_tables}, {"COMMAND", offer_commands}, {"NAME", offer_saved},
		{"SIGNAL", offer_signals}, {"RUNBOOK", offer_runbooks}};

	if (islower((unsigned char)what[0]) && !strchr(what, '='))
		offer(c, what);
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (str_eq(known[i].what, what))
			known[i].offer(c);
	if (str_eq(what, "OPTION"))
		offer_options_of(c, p->w.of[1]);
	if (str_eq(what, "COMMAND") && str_eq(p->command, "help"))
		offer_tables(c);
	if (c->with->more)
		c->with->more(c->with->arg, p->command, what, offer, c);
	return names_file(what);
}

/* True: names of files are wanted, and nothing else is known. */
static bool offer_what(struct candidates *c, const struct place *p)
{
	struct span rest = span_str(p->what), one;
	bool files = false;

	if (str_eq(p->what, "-")) {
		offer_options(c, p->program->opts);
		offer_options(c, app_opts);
		return false;
	}
	if (p->opt)
		offer_words(c, p->opt->choices);
	/* Behind the queries of `run` their parameters, or more queries. */
	if (str_eq(p->what, "param=value") && !strchr(p->typed, '=')) {
		offer_params(c, p);
		offer_saved(c);
	}
	while (span_split(&rest, '|', &one)) {
		char what[USAGE_WORD_MAX];

		snprintf(what, sizeof(what), "%.*s", (int)one.n, one.p);
		files |= offer_one(c, p, what);
	}
	return files && c->n == 0;
}

char **complete_line(const struct complete_with *with, const char *line, size_t start, size_t end)
{
	char *prefix = strndup(line + start, end - start);
	struct candidates c = {.with = with, .prefix = prefix, .len = end - start};
	struct place p;
	bool files = false;

	/* Room for the NULL alone: no candidate is not the same as names of files. */
	if (!prefix || array_grow(&c.of, &c.cap, 1, sizeof(*c.of), COMPLETE_MAX + 2) < 0) {
		free(prefix);
		return NULL;
	}
	c.of[0] = NULL;
	if (find_place(with, line, end, &p)) {
		if (!p.command)
			offer_commands(&c);
		else if (str_eq(p.what, "SQL"))
			offer_sql(&c, line, start);
		else
			files = offer_what(&c, &p);
		words_done(&p.w);
	}
	free(prefix);
	if (!files)
		return c.of;
	free(c.of);
	return NULL;
}

const char *complete_breaks(
	const struct complete_with *with, const char *line, size_t end, bool *ret_file)
{
	const char *breaks = BREAKS_WORDS;
	struct place p;

	*ret_file = false;
	if (!find_place(with, line, end, &p))
		return breaks;
	*ret_file = names_file(p.what);
	if (str_eq(p.what, "SQL"))
		breaks = BREAKS_SQL;
	else if (str_eq(p.what, "PATTERN"))
		breaks = BREAKS_PATTERN;
	else if (strstr(p.what, "HOSTS"))
		breaks = BREAKS_LIST;
	else if (*ret_file && !str_starts(p.typed, "--"))
		breaks = BREAKS_FILE;
	words_done(&p.w);
	return breaks;
}
