/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The agent's configuration: whatever is taken keeps its bounds, whatever is refused has its line.
 */
#include "agentd/conf.h"
#include "agentd/netaddr.h"
#include "agentd/policy.h"

#include <stdlib.h>
#include <string.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t check_list(char *const *list)
{
	size_t n = 0;

	for (; list && list[n]; n++)
		MUST(*list[n] && !strpbrk(list[n], " \t\n"));
	MUST(n <= CONF_LIST_MAX);
	return n;
}

static void check_role(const struct conf_role *role)
{
	MUST(*role->name && strlen(role->name) <= CONF_ROLE_NAME_MAX);
	MUST(role->allow && !(role->allow & ~(uint32_t)RIGHT_ALL));
	MUST(check_list(role->users) + check_list(role->groups) > 0);
	check_list(role->deny_tables);
	check_list(role->deny_paths);
	policy_path_in((const char *const *)role->deny_paths, "/home/somebody/.ssh/id_rsa");
}

static void check_addresses(char *const *list)
{
	char text[NETADDR_TEXT_MAX];
	struct netaddr a, b;

	for (size_t i = 0; i < check_list(list); i++) {
		MUST(netaddr_parse(span_str(list[i]), &a) == 0);
		netaddr_text(&a, text);
		MUST(netaddr_parse(span_str(text), &b) == 0);
		MUST(memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0 && a.prefix == b.prefix);
		MUST(a.port == b.port && netaddr_in(&a, &b));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err err = {.code = 0};
	struct conf *c = conf_parse("c", (const char *)data, n, &err);

	if (!c) {
		MUST(err.code && strncmp(err.text, "c:", 2) == 0);
		return 0;
	}
	MUST(c->quarantine_confirm_s >= 5 && c->audit_keep > 0 && c->sessions_max > 0);
	check_addresses(c->quarantine_allow);
	policy_path_in((const char *const *)c->protect_paths, "/srv/data/file");
	for (size_t i = 0; i < c->n_roles; i++)
		check_role(&c->roles[i]);
	MUST(c->n_roles <= CONF_ROLES_MAX);
	conf_free(c);
	return 0;
}
