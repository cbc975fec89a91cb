/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a service answers over HTTP, what the kernel hands out as a table of iptables, and archives:
 * nothing is read outside of them, and every walk over them ends.
 */
#include "agentd/api.h"
#include "agentd/http.h"
#include "agentd/iptrules.h"
#include "agentd/zipfile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void read_http(const uint8_t *data, size_t n, bool end)
{
	struct http_answer a;
	int64_t s, ns;
	/* With room for the NUL behind it, as in a buffer. */
	char *p = malloc(n + 1);

	if (!p)
		return;
	if (n)
		memcpy(p, data, n);
	p[n] = '\0';
	api_time(p, &s, &ns);
	if (http_take(p, n, end, &a) == 0) {
		MUST(a.body >= p && a.body + a.len <= p + n && a.body[a.len] == '\0');
		MUST(a.status >= 0 && a.status <= 999);
		json_decref(jsonfile_parse(a.body, a.len));
	}
	free(p);
}

static void read_iptables(const uint8_t *data, size_t n)
{
	struct ipt_getinfo info;
	struct iptrules t;
	struct iptrule rule;
	size_t steps = 0;
	char *p;
	int r;

	if (n < sizeof(info))
		return;
	memcpy(&info, data, sizeof(info));
	n -= sizeof(info);
	info.size = (unsigned)n;
	p = malloc(n ? n : 1);
	if (!p)
		return;
	memcpy(p, data + sizeof(info), n);
	iptrules_init(&t, &info, p);
	while ((r = iptrules_next(&t, &rule)) > IPTRULES_END) {
		MUST(++steps <= n / sizeof(struct ipt_entry) + 1);
		MUST(strlen(rule.target) < IPTRULES_NAME_MAX &&
			strlen(t.chain) < IPTRULES_NAME_MAX);
		if (r == IPTRULES_CHAIN)
			t.chain[0] = '\0';
	}
	free(p);
}

static void read_zip(const uint8_t *data, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct buf out;

	buf_init(&out, 1 << 16);
	MUST(fd >= 0 && (n == 0 || write(fd, data, n) == (ssize_t)n));
	if (zip_read(fd, "a", &out) == 0)
		MUST(out.len <= out.max);
	buf_done(&out);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	read_zip(data, n);
	read_http(data, n, false);
	read_http(data, n, true);
	read_iptables(data, n);
	return 0;
}
