/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/params.h"
#include "common/str.h"
#include "common/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The length of a name at the start of the word, with "=" behind it; 0: there is none. */
static size_t name_length(const char *word)
{
	size_t n = 0;

	if (isdigit((unsigned char)word[0]))
		return 0;
	while (isalnum((unsigned char)word[n]) || word[n] == '_')
		n++;
	return word[n] == '=' ? n : 0;
}

bool params_is(const char *word)
{
	return name_length(word) > 0;
}

int params_add(struct params *p, const char *word, struct err *err)
{
	size_t n = name_length(word);
	char *name;

	if (n == 0)
		return err_set(err, EINVAL, "a parameter is written name=value, not `%s`", word);
	if (!utf8_valid(word, strlen(word)))
		return err_set(err, EINVAL, "the value of %.*s is not UTF-8", (int)n, word);
	if (p->n == PARAMS_MAX)
		return err_set(err, E2BIG, "more than %d parameters", PARAMS_MAX);
	name = span_dup((struct span){word, n});
	if (!name)
		return err_sys(err, ENOMEM, "parameters");
	if (params_find(p, name)) {
		free(name);
		return err_set(err, EINVAL, "the parameter %.*s is given twice", (int)n, word);
	}
	p->all[p->n++] = (struct wire_param){name, word + n + 1};
	return 0;
}

const char *params_find(const struct params *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->all[i].name, name))
			return p->all[i].value;
	return NULL;
}

void params_done(struct params *p)
{
	for (size_t i = 0; i < p->n; i++)
		free((char *)p->all[i].name);
	p->n = 0;
}
