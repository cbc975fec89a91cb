/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nsroot.h"
#include "agentd/resolvconf.h"
#include "agentd/root.h"
#include "agentd/textfile.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

enum { ID, TYPE, ADDRESS, NETMASK, OPTIONS, PID_WITH_NAMESPACE };

static const struct column columns[] = {
	{"id", COL_INTEGER, 0, "Place among those of its type, from 0"},
	{"type", COL_TEXT, 0, "nameserver, search or sortlist"},
	{"address", COL_TEXT, 0, "IP address; of type search a domain"},
	{"netmask", COL_TEXT, 0, "Bits of the network; 32 for a nameserver"},
	{"options", COL_BIGINT, 0, "The resolver's flags as one number (RES_ of resolv.h)"},
	NSROOT_PID_COLUMN,
	COL_END,
};

struct state {
	struct nsroot ns;
	struct resolvconf conf;
	bool there;
};

static int read_conf(struct scan *s, struct state *st)
{
	struct textfile file;
	char *line;
	size_t len;
	int r = textfile_open(&file, st->ns.root, "/etc/resolv.conf"), got = TEXTFILE_AGAIN;

	resolvconf_init(&st->conf);
	if (r < 0) {
		if (r != -ENOMEM && r != -ENOENT)
			scan_warn(s, "/etc/resolv.conf: %s", textfile_why(r));
		return r == -ENOMEM ? r : 0;
	}
	st->there = true;
	while (got > TEXTFILE_END && !scan_stop(s)) {
		got = textfile_next(&file, &line, &len);
		if (got == TEXTFILE_LINE)
			resolvconf_line(&st->conf, (struct span){line, len});
	}
	if (got < 0)
		scan_skipped(s, "/etc/resolv.conf", "file", -got);
	textfile_told(&file, s, "/etc/resolv.conf");
	textfile_done(&file);
	return 0;
}

static int dns_open(struct scan *s)
{
	struct state *st = scan_state(s);
	int r = nsroot_open(&st->ns, s, PID_WITH_NAMESPACE);

	if (!r && st->ns.root)
		r = read_conf(s, st);
	if (r < 0)
		nsroot_done(&st->ns);
	return r;
}

static void dns_close(struct scan *s)
{
	struct state *st = scan_state(s);

	nsroot_done(&st->ns);
}

static void begin(struct scan *s, const struct state *st, const char *type, size_t id)
{
	row_begin(s);
	row_int(s, ID, (int64_t)id);
	row_text(s, TYPE, type);
	row_int(s, OPTIONS, st->conf.options);
	row_int(s, PID_WITH_NAMESPACE, st->ns.pid);
}

/* Without a mask it is that of the address's class, as it was before 1993. */
static unsigned mask_bits(const char *address, const char *mask)
{
	struct in_addr a = {0};

	if (mask[0] && inet_pton(AF_INET, mask, &a) == 1)
		return (unsigned)__builtin_popcount(a.s_addr);
	inet_pton(AF_INET, address, &a);
	a.s_addr = ntohl(a.s_addr);
	return IN_CLASSA(a.s_addr) ? 8 : IN_CLASSB(a.s_addr) ? 16 : 24;
}

static int dns_step(struct scan *s)
{
	struct state *st = scan_state(s);
	const struct resolvconf *c = &st->conf;

	if (!st->there)
		return 0;
	for (size_t i = 0; i < c->n_servers; i++) {
		begin(s, st, "nameserver", i);
		row_text(s, ADDRESS, c->servers[i]);
		row_text(s, NETMASK, "32");
		row_end(s);
	}
	for (size_t i = 0; i < c->n_sort; i++) {
		begin(s, st, "sortlist", i);
		row_text(s, ADDRESS, c->sort[i].address);
		row_printf(s, NETMASK, "%u", mask_bits(c->sort[i].address, c->sort[i].mask));
		row_end(s);
	}
	for (size_t i = 0; i < c->n_search; i++) {
		begin(s, st, "search", i);
		row_text(s, ADDRESS, c->search[i]);
		row_end(s);
	}
	return 0;
}

const struct table table_dns_resolvers = {
	.name = "dns_resolvers",
	.doc = "Name servers and search domains of /etc/resolv.conf that the C library takes note "
	       "of.",
	.columns = columns,
	.open = dns_open,
	.step = dns_step,
	.close = dns_close,
	.state_size = sizeof(struct state),
};
