/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/netaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ::ffff:0:0/96 */
static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

unsigned netaddr_size(sa_family_t family)
{
	return family == AF_INET ? 4 : 16;
}

/* Are all bits from `prefix` on zero? */
static bool tail_is_zero(const struct netaddr *a)
{
	unsigned size = netaddr_size(a->family);

	for (unsigned bit = a->prefix; bit < size * 8; bit++)
		if (a->bytes[bit / 8] & (0x80 >> bit % 8))
			return false;
	return true;
}

static void unmap(struct netaddr *a)
{
	if (a->family != AF_INET6 || a->prefix < 96 ||
		memcmp(a->bytes, mapped, sizeof(mapped)) != 0)
		return;
	a->family = AF_INET;
	a->prefix = (uint8_t)(a->prefix - 96);
	memmove(a->bytes, a->bytes + 12, 4);
	memset(a->bytes + 4, 0, 12);
}

static int read_address(struct span text, struct netaddr *a)
{
	char s[INET6_ADDRSTRLEN];
	const char *zone = text.n ? memchr(text.p, '%', text.n) : NULL;

	if (zone && (zone == text.p + text.n - 1 || !memchr(text.p, ':', text.n)))
		return -EINVAL;
	if (zone)
		text.n = (size_t)(zone - text.p);
	if (text.n == 0 || text.n >= sizeof(s) || memchr(text.p, '\0', text.n))
		return -EINVAL;
	memcpy(s, text.p, text.n);
	s[text.n] = '\0';
	a->family = strchr(s, ':') ? AF_INET6 : AF_INET;
	return inet_pton(a->family, s, a->bytes) == 1 ? 0 : -EINVAL;
}

/* Takes "SEP NUMBER" off the end of `text`; 0 where `sep` is not in it, and *ret is as it was. */
static int take_number(struct span *text, char sep, uint64_t max, uint64_t *ret)
{
	const char *at = text->n ? memrchr(text->p, sep, text->n) : NULL;
	struct span number;

	if (!at)
		return 0;
	number = (struct span){at + 1, (size_t)(text->p + text->n - at - 1)};
	text->n = (size_t)(at - text->p);
	return parse_span(number, 10, max, ret) < 0 ? -EINVAL : 0;
}

/* Takes the port off, and the brackets that IPv6 needs for one. */
static int take_port(struct span *text, uint64_t *ret)
{
	const char *colon = text->n ? memchr(text->p, ':', text->n) : NULL;
	const char *close = text->n ? memchr(text->p, ']', text->n) : NULL;
	struct span port;

	if (text->n && text->p[0] == '[') {
		if (!close)
			return -EINVAL;
		port = (struct span){close + 1, (size_t)(text->p + text->n - close - 1)};
		*text = (struct span){text->p + 1, (size_t)(close - text->p - 1)};
		if (port.n < 2 || port.p[0] != ':')
			return -EINVAL;
		return take_number(&port, ':', UINT16_MAX, ret);
	}
	/* More than one colon is an address of IPv6. */
	if (!colon || memchr(colon + 1, ':', (size_t)(text->p + text->n - colon - 1)))
		return 0;
	return take_number(text, ':', UINT16_MAX, ret);
}

int netaddr_parse(struct span text, struct netaddr *ret)
{
	struct netaddr a = {.family = AF_UNSPEC};
	uint64_t port = UINT64_MAX, prefix = UINT64_MAX;
	int r = take_port(&text, &port);

	if (r == 0)
		r = take_number(&text, '/', 128, &prefix);
	if (r == 0)
		r = read_address(text, &a);
	if (r < 0)
		return r;
	if (port == 0 || (prefix != UINT64_MAX && prefix > netaddr_size(a.family) * 8))
		return -EINVAL;
	a.port = port == UINT64_MAX ? 0 : (uint16_t)port;
	a.prefix = (uint8_t)(prefix == UINT64_MAX ? netaddr_size(a.family) * 8 : prefix);
	if (!tail_is_zero(&a))
		return -EINVAL;
	unmap(&a);
	*ret = a;
	return 0;
}

void netaddr_text(const struct netaddr *a, char ret[NETADDR_TEXT_MAX])
{
	char address[INET6_ADDRSTRLEN] = "", prefix[8] = "", port[8] = "";
	bool brackets = a->port && a->family == AF_INET6;

	inet_ntop(a->family, a->bytes, address, sizeof(address));
	if (a->prefix != netaddr_size(a->family) * 8)
		snprintf(prefix, sizeof(prefix), "/%u", a->prefix);
	if (a->port)
		snprintf(port, sizeof(port), ":%u", a->port);
	snprintf(ret, NETADDR_TEXT_MAX, "%s%s%s%s%s", brackets ? "[" : "", address, prefix,
		brackets ? "]" : "", port);
}

bool netaddr_in(const struct netaddr *a, const struct netaddr *b)
{
	unsigned whole = a->prefix / 8, rest = a->prefix % 8;

	if (a->family != b->family || b->prefix < a->prefix ||
		memcmp(a->bytes, b->bytes, whole) != 0)
		return false;
	return !rest || (a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest) == 0;
}

bool netaddr_loopback(const struct netaddr *a)
{
	static const uint8_t one[16] = {[15] = 1};

	if (a->family == AF_INET)
		return a->bytes[0] == 127;
	return memcmp(a->bytes, one, sizeof(one)) == 0;
}
