/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/resolvconf.h"

#include "agentd/words.h"

#include <resolv.h>
#include <string.h>

void resolvconf_init(struct resolvconf *c)
{
	*c = (struct resolvconf){.options = RES_INIT | RES_DEFAULT};
}

static bool copy(char dst[RESOLVCONF_TEXT_MAX], struct span s)
{
	if (!s.n || s.n >= RESOLVCONF_TEXT_MAX || memchr(s.p, '\0', s.n))
		return false;
	memcpy(dst, s.p, s.n);
	dst[s.n] = '\0';
	return true;
}

/* "search" and "domain": the last one of them counts, "domain" with one name only. */
static void set_search(struct resolvconf *c, struct span rest, size_t max)
{
	struct span w;

	c->n_search = 0;
	while (c->n_search < max && (w = word_next(&rest)).n)
		c->n_search += copy(c->search[c->n_search], w);
}

static void add_sort(struct resolvconf *c, struct span rest)
{
	struct span w, mask, address;

	while (c->n_sort < RESOLVCONF_SORT_MAX && (w = word_next(&rest)).n) {
		address = word_before(w, '/', &mask);
		if (!mask.p)
			address = word_before(w, '&', &mask);
		if (!copy(c->sort[c->n_sort].address, address))
			continue;
		if (!mask.p || !copy(c->sort[c->n_sort].mask, mask))
			c->sort[c->n_sort].mask[0] = '\0';
		c->n_sort++;
	}
}

static void add_options(struct resolvconf *c, struct span rest)
{
	static const struct {
		const char *name;
		uint32_t bits;
	} known[] = {
		{"rotate", RES_ROTATE},
		{"edns0", RES_USE_EDNS0},
		{"single-request", RES_SNGLKUP},
		{"single-request-reopen", RES_SNGLKUPREOP},
		{"no_tld_query", RES_NOTLDQUERY},
		{"no-tld-query", RES_NOTLDQUERY},
		{"use-vc", RES_USEVC},
#ifdef RES_NORELOAD
		{"no-reload", RES_NORELOAD},
#endif
#ifdef RES_TRUSTAD
		{"trust-ad", RES_TRUSTAD},
#endif
#ifdef RES_NOAAAA
		{"no-aaaa", RES_NOAAAA},
#endif
	};
	struct span w;

	while ((w = word_next(&rest)).n)
		for (size_t i = 0; i < ARRAY_LEN(known); i++)
			if (span_eq(w, known[i].name))
				c->options |= known[i].bits;
}

/* The C library knows a keyword only where the line begins with it. */
void resolvconf_line(struct resolvconf *c, struct span line)
{
	struct span rest = line, key;

	if (!line.n || line.p[0] == '#' || line.p[0] == ';' || word_blank(line.p[0]))
		return;
	key = word_next(&rest);
	if (span_eq(key, "nameserver") && c->n_servers < RESOLVCONF_SERVERS_MAX)
		c->n_servers += copy(c->servers[c->n_servers], word_next(&rest));
	else if (span_eq(key, "search"))
		set_search(c, rest, RESOLVCONF_SEARCH_MAX);
	else if (span_eq(key, "domain"))
		set_search(c, rest, 1);
	else if (span_eq(key, "sortlist"))
		add_sort(c, rest);
	else if (span_eq(key, "options"))
		add_options(c, rest);
}
