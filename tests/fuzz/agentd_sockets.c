/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables of /proc/net and netlink's answers, true or not: what was read stays in bounds and is
 * found again by its inode. The first byte chooses the table.
 */
#include "agentd/sockdiag.h"
#include "agentd/sockets.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FILES 13
#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void fuzz_file(size_t file, struct span text)
{
	static struct procfs fs;
	struct sockets *s = sockets_new(&fs);
	char address[INET6_ADDRSTRLEN];

	MUST(s != NULL);
	MUST(sockets_file(file) != NULL);
	/* Twice: the second time every inode is known. */
	for (unsigned i = 0; i < 2; i++)
		MUST(sockets_add_text(s, file, text, i) == 0);
	MUST(sockets_len(s) % 2 == 0);
	for (size_t i = 0; i < sockets_len(s); i++) {
		struct sock *k = sockets_at(s, i), *found = sockets_find(s, k->inode);
		struct span path = sockets_path(s, k);

		MUST(!k->inode == !found);
		MUST(!found || (found <= k && found->inode == k->inode && found->ns == 0));
		MUST(path.n <= 2 * SOCKETS_LINE_MAX || path.n <= text.n);
		for (size_t j = 0; j < path.n; j++)
			MUST(path.p[j] != '\n' || k->family == AF_UNIX);
		sock_address(k, false, address);
		sock_address(k, true, address);
		MUST(sock_state(k) != NULL);
	}
	sockets_free(s);
}

static void fuzz_netlink(struct span answer)
{
	static const uint16_t families[] = {AF_UNIX, AF_INET, AF_INET6};
	struct netlink n = {.p = (char *)answer.p, .end = answer.n};
	struct netlink_message m;

	while (netlink_take(&n, &m) > 0)
		for (size_t i = 0; i < ARRAY_LEN(families); i++) {
			struct sock k = {.family = families[i]};
			struct span name = {"", 0};

			if (!sockdiag_read(&m, &k, &name))
				continue;
			MUST(!name.n ||
				(name.p >= answer.p && name.p + name.n <= answer.p + answer.n));
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *copy;

	if (!n)
		return 0;
	copy = malloc(n);
	MUST(copy != NULL);
	memcpy(copy, data, n);
	if (data[0] % (FILES + 1) < FILES)
		fuzz_file(data[0] % (FILES + 1), (struct span){copy + 1, n - 1});
	else
		fuzz_netlink((struct span){copy + 1, n - 1});
	free(copy);
	return 0;
}
