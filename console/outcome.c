/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/outcome.h"

#include "common/json.h"
#include "common/str.h"
#include "console/output.h"
#include "console/rows.h"

#include <stdlib.h>
#include <string.h>

static const char *const columns[] = {
	"host", "action", "target", "status", "detail", "id", "before", "after", "undo"};
enum { HOST, ACTION, TARGET, STATUS, DETAIL, ID, BEFORE, AFTER, UNDO, N_COLUMNS };

static struct cell text(const char *s)
{
	return rows_text(s ? s : "");
}

static struct cell json(const json_t *v, char **ret_text)
{
	*ret_text = v ? json_print(v, JSON_COMPACT) : NULL;
	if (!*ret_text)
		return (struct cell){.type = CELL_NULL};
	return (struct cell){.type = CELL_JSON, .n = (uint32_t)strlen(*ret_text), .p = *ret_text};
}

int outcome_put(struct ask *a, const struct app *app, bool *header, const struct outcome_row *o)
{
	char *texts[3];
	const struct cell row[N_COLUMNS] = {
		[HOST] = ask_host_cell(a, o->host),
		[ACTION] = text(o->action),
		[TARGET] = text(o->target),
		[STATUS] = text(wire_status_name(o->status)),
		[DETAIL] = text(o->detail),
		[ID] = text(o->id),
		[BEFORE] = json(o->before, &texts[0]),
		[AFTER] = json(o->after, &texts[1]),
		[UNDO] = json(o->undo, &texts[2]),
	};
	int r = 0;

	/* As text they would be three columns of noise. */
	if (!*header)
		r = ask_header(a, columns, app->format->named ? N_COLUMNS : BEFORE);
	*header = true;
	if (r == 0)
		r = ask_row(a, row);
	if (!wire_status_good(o->status))
		ask_incomplete(a);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		free(texts[i]);
	return r;
}
