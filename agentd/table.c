/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/table.h"

const struct table *table_find(const char *name)
{
	for (const struct table *const *t = tables_all; *t; t++)
		if (!strcmp((*t)->name, name))
			return *t;
	return NULL;
}

const char *column_type_name(enum column_type type)
{
	static const char *const names[] = {
		[COL_TEXT] = "TEXT",
		[COL_INTEGER] = "INTEGER",
		[COL_BIGINT] = "BIGINT",
		[COL_UNSIGNED_BIGINT] = "UNSIGNED_BIGINT",
		[COL_DATETIME] = "DATETIME",
		[COL_DOUBLE] = "DOUBLE",
		[COL_BLOB] = "BLOB",
	};

	return names[type];
}
