/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An action's arguments: what the reader takes keeps the promises of action.h, for every action. */
#include "agentd/action.h"
#include "common/json.h"
#include "common/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_text(const struct action_arg *arg, struct span s)
{
	MUST(utf8_valid(s.p, s.n) && strlen(s.p) == s.n);
	MUST((int64_t)s.n >= arg->min && (int64_t)s.n <= arg->max);
	for (size_t i = 0; i < s.n; i++)
		MUST((unsigned char)s.p[i] >= 0x20 && s.p[i] != 0x7f);
}

static void check_path(struct span s)
{
	MUST(s.n && s.n < PATH_MAX && s.p[0] == '/' && strlen(s.p) == s.n);
	MUST(!strstr(s.p, "/../") && !strstr(s.p, "/./"));
	MUST(!str_ends(s.p, "/..") && !str_ends(s.p, "/."));
}

static void check_value(const struct action_arg *arg, const struct action_value *v)
{
	MUST(v->given || !arg->required);
	if (!v->given)
		MUST(v->i == 0 && v->text.n == 0);
	else if (arg->type == ACTION_INT)
		MUST(v->i >= arg->min && v->i <= arg->max);
	else if (arg->type == ACTION_FLAG)
		MUST(v->i == 0 || v->i == 1);
	else if (arg->type == ACTION_TEXT)
		check_text(arg, v->text);
	else
		check_path(v->text);
}

static void read_for(const struct action *a, const json_t *args)
{
	struct action_value values[ACTION_ARGS_MAX];
	struct err err = {.code = 0};
	struct buf text;

	buf_init(&text, WIRE_REQUEST_MAX);
	if (action_args_read(a, args, values, &text, &err) == 0) {
		for (size_t i = 0; a->args[i].name; i++)
			check_value(&a->args[i], &values[i]);
		MUST(action_args_check(a, values, NULL) == 0);
	} else {
		MUST(err.code && err.text[0]);
	}
	buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	json_t *args = json_read_object((const char *)data, n, NULL);

	for (const struct action *const *a = actions_all; args && *a; a++)
		read_for(*a, args);
	json_decref(args);
	return 0;
}
