/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of the configuration files that tables show: what is read of one lies within it. */
#include "agentd/accounts.h"
#include "agentd/histline.h"
#include "agentd/netdb.h"
#include "agentd/resolvconf.h"
#include "agentd/sshkeyline.h"
#include "agentd/sshprivate.h"
#include "agentd/sudoline.h"

#include <stdlib.h>
#include <string.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void within(struct span inner, struct span outer)
{
	MUST(!inner.n || (inner.p >= outer.p && inner.p + inner.n <= outer.p + outer.n));
}

static void read_netdb(struct span line, struct buf *b)
{
	struct netdb_line e;
	struct span address;

	if (hosts_line_read(line, &address, b) == 1)
		within(address, line);
	if (services_line_read(line, &e, b) == 1) {
		within(e.name, line);
		within(e.protocol, line);
		within(e.comment, line);
	}
	if (protocols_line_read(line, &e) == 1) {
		within(e.name, line);
		within(e.protocol, line);
		MUST(e.number >= 0);
	}
}

static void read_accounts(struct span line)
{
	struct shadow_line sh;
	struct sshkey_line k;
	struct sudo_line su;

	if (shadow_line_read(line, &sh) == 1) {
		within(sh.name, line);
		within(sh.password, line);
		for (size_t i = 0; i < ARRAY_LEN(sh.days); i++)
			MUST(sh.days[i] >= -1);
	}
	if (sshkey_line_read(line, &k)) {
		within(k.options, line);
		within(k.algorithm, line);
		within(k.key, line);
		within(k.comment, line);
		MUST(k.key.n || k.options.n);
	}
	if (sudo_line_read(line, &su) != SUDO_NONE) {
		within(su.header, line);
		within(su.details, line);
		within(su.target, line);
		MUST(su.header.n && (!su.goes_on || line.n));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span rest = {(const char *)data, n}, line, command;
	char *whole = span_dup(rest);
	struct histline history = {0};
	struct sshprivate key;
	struct resolvconf conf;
	struct buf b;
	int64_t time;

	MUST(whole);
	buf_init(&b, n);
	resolvconf_init(&conf);
	while (span_split(&rest, '\n', &line)) {
		/* A copy of its own: whoever reads behind it is caught. */
		char *copy = malloc(line.n ? line.n : 1);

		MUST(copy);
		memcpy(copy, line.p, line.n);
		line.p = copy;
		read_netdb(line, &b);
		read_accounts(line);
		resolvconf_line(&conf, line);
		if (histline_read(&history, line, &command, &time)) {
			within(command, line);
			MUST(time >= 0);
		}
		free(copy);
	}
	MUST(conf.n_servers <= RESOLVCONF_SERVERS_MAX && conf.n_search <= RESOLVCONF_SEARCH_MAX);
	if (sshprivate_read(whole, n, &key))
		MUST(strlen(key.group) < sizeof(key.group));
	buf_done(&b);
	free(whole);
	return 0;
}
