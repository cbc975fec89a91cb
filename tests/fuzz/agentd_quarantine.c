/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of a quarantine: whatever is taken keeps its bounds, and gives rules that are whole. */
#include "agentd/quarantine.h"
#include "agentd/quarantine_rules.h"

#include <stdlib.h>
#include <string.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct quarantine q;
	struct err err;
	json_t *rules;
	char text[64];

	if (quarantine_parse((const char *)data, n, &q, &err) < 0)
		return 0;
	MUST(*q.id && q.open.n_ssh <= QUARANTINE_SSH_MAX && q.open.n_dns <= QUARANTINE_DNS_MAX);
	rules = quarantine_rules_json(&q.open);
	MUST(rules);
	MUST(json_array_size(json_object_get(rules, "output")) >= q.open.n_ssh + 2 * q.open.n_dns);
	json_decref(rules);
	quarantine_until_text(&q, text, sizeof(text));
	quarantine_rebase(&q);
	quarantine_ends_ms(&q);
	return 0;
}
