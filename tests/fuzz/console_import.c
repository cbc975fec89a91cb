/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Other programs' files of queries, each input read by every format: what comes out of it can be
 * saved under its name and means the same when it is read again.
 */
#include "common/log.h"
#include "console/import.h"

#include <stdlib.h>
#include <string.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_name(const char *name)
{
	size_t len = strlen(name);

	MUST(len > 0 && len <= SAVED_NAME_MAX && name[0] != '.' && name[0] != '-');
	MUST(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-.") == len);
}

static void check_query(const struct imported *q)
{
	struct saved again;

	check_name(q->name);
	check_name(q->pack);
	if (q->skipped || q->problem)
		return;
	MUST(strlen(q->text) <= SAVED_FILE_MAX);
	MUST(saved_parse("again.sql", q->pack, q->text, strlen(q->text), &again) == 0);
	MUST(!again.problem && strcmp(again.name, "again") == 0);
	MUST(strcmp(again.sql, q->sql) == 0);
	saved_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct import_source from = {.path = "input", .stem = "input"};

	log_init("fuzz", LOG_QUIET);
	for (size_t i = 0; import_formats_all[i]; i++) {
		struct imports all = {0};
		struct err err = {0};
		struct span text = {(const char *)data, n};
		int r;

		import_formats_all[i]->looks(text);
		r = import_formats_all[i]->read(&all, &from, text, &err);
		MUST(r == 0 || (err.code == -r && err.text[0]));
		for (size_t k = 0; k < all.n; k++)
			check_query(&all.all[k]);
		imports_done(&all);
	}
	return 0;
}
