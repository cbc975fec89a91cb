/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever a worker or a session process sends to the daemon, and what workers send to relays. */
#include "agentd/action.h"
#include "agentd/priv.h"
#include "agentd/relay.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A type that the bytes do not have by chance. */
static void set_type(char *p, size_t n, enum priv_type type)
{
	const uint32_t head[2] = {(uint32_t)type, (uint32_t)(n - 16)};

	if (n >= 16)
		memcpy(p, head, sizeof(head));
}

#define READ(name, TYPE)                                                                           \
	do {                                                                                       \
		struct priv_##name v_;                                                             \
		set_type(p, size, PRIV_##TYPE);                                                    \
		(void)priv_read_##name(p, size, &v_);                                              \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *p = malloc(size + 1);
	struct priv_action action;
	struct priv_subject subject;
	struct priv_grant grant;
	struct span sql;
	struct err err;

	if (!p)
		return 0;
	memcpy(p, data, size);
	p[size] = 'x';
	(void)relay_http_request(p, size);
	(void)relay_netlink_request(p, size);
	READ(handover, HANDOVER);
	READ(refused, REFUSED);
	READ(ended, ENDED);
	READ(outcome, OUTCOME);
	READ(get, GET);
	READ(file, FILE);
	READ(got, GOT);
	READ(connect, CONNECT);
	READ(connected, CONNECTED);
	READ(relay, RELAY);
	READ(quarantine, QUARANTINE);
	set_type(p, size, PRIV_QUERY);
	(void)priv_read_query(p, size, &sql);
	set_type(p, size, PRIV_ACTION);
	if (priv_read_action(p, size, &action) == 0)
		(void)action_args_check(action.action, action.values, &err);
	set_type(p, size, PRIV_SUBJECT);
	if (priv_read_subject(p, size, &subject) == 0)
		priv_subject_done(&subject);
	set_type(p, size, PRIV_GRANT);
	if (priv_read_grant(p, size, &grant) == 0)
		priv_grant_done(&grant);
	free(p);
	return 0;
}
