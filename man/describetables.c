/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes tocsin-tables.5 from tocsin-tables.5.in: a filter that puts in place of the line @TABLES@ a
 * section for each of the agent's tables.
 */
#include "agentd/othernames.h"
#include "agentd/table.h"
#include "man/mdoc.h"

#include <stdio.h>

/* Words that say more of a column than its type. */
static void put_flags(unsigned flags)
{
	static const struct {
		unsigned flag;
		const char *word;
	} words[] = {{COL_REQUIRED, "required"}, {COL_ADDITIONAL, "input"}, {COL_INDEX, "key"},
		{COL_LIKE, "pattern"}, {COL_RANGE, "range"}, {COL_HIDDEN, "hidden"}};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (flags & words[i].flag)
			printf(" , Em %s", words[i].word);
}

static void put_column(const struct column *c)
{
	printf(".It Va %s Li %s", c->name, column_type_name(c->type));
	put_flags(c->flags);
	putchar('\n');
	/* As it is: many begin with a value. */
	mdoc_text(span_str(c->doc), false);
	puts(".");
}

/* A table's doc is sentences already. */
static void put_doc(const char *doc)
{
	mdoc_text(span_str(doc), true);
	putchar('\n');
}

static void put_table(const struct table *t)
{
	const struct othernames *others = othernames_of(t->name);

	printf(".Ss %s\n", t->name);
	put_doc(t->doc);
	if (others && others->alias)
		printf("Its other name is\n.Va %s .\n", others->alias);
	puts(".Bl -tag -width Ds -compact");
	for (const struct column *c = t->columns; c->name; c++)
		put_column(c);
	puts(".El");
}

int main(void)
{
	char line[4096];

	while (fgets(line, sizeof(line), stdin)) {
		if (!str_eq(line, "@TABLES@\n")) {
			fputs(line, stdout);
			continue;
		}
		for (size_t i = 0; tables_all[i]; i++)
			put_table(tables_all[i]);
	}
	return ferror(stdin) || fflush(stdout) == EOF;
}
