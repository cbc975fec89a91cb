/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/functions.h"
#include "common/str.h"

#include <arpa/inet.h>

struct address {
	unsigned char b[16];
	unsigned bits; /* 32 or 128 */
};

static bool address_read(struct address *a, const char *text)
{
	if (inet_pton(AF_INET, text, a->b) == 1) {
		a->bits = 32;
		return true;
	}
	a->bits = 128;
	return inet_pton(AF_INET6, text, a->b) == 1;
}

/* "10.0.0.0/8"; a bare address is a block of one. */
static bool cidr_read(struct address *a, unsigned *ret_prefix, const char *text)
{
	char addr[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "/");
	uint64_t prefix;

	if (len >= sizeof(addr))
		return false;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (!address_read(a, addr))
		return false;
	prefix = a->bits;
	if (text[len] && parse_uint(text + len + 1, 0, a->bits, &prefix) < 0)
		return false;
	*ret_prefix = (unsigned)prefix;
	return true;
}

/* ::ffff:1.2.3.4, as sockets show IPv4 peers, becomes 1.2.3.4. */
static void unmap(struct address *a)
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (a->bits != 128 || memcmp(a->b, mapped, sizeof(mapped)) != 0)
		return;
	memmove(a->b, a->b + sizeof(mapped), 4);
	a->bits = 32;
}

static bool in_block(const struct address *block, unsigned prefix, const struct address *a)
{
	unsigned bytes = prefix / 8, rest = prefix % 8;

	if (block->bits != a->bits || memcmp(block->b, a->b, bytes) != 0)
		return false;
	return !rest || !((block->b[bytes] ^ a->b[bytes]) >> (8 - rest));
}

/*
 * in_cidr_block(block, address): 1 or 0; NULL where the address is none (a socket without a peer).
 * Addresses of the other family are not in the block.
 */
static void in_cidr_block(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const char *block_text, *text;
	struct address block, a;
	unsigned prefix;
	size_t n;

	if (function_null(argc, argv))
		return;
	block_text = function_text(ctx, argv[0], &n);
	text = block_text ? function_text(ctx, argv[1], &n) : NULL;
	if (!text)
		return;
	if (!cidr_read(&block, &prefix, block_text)) {
		sqlite3_result_error(ctx,
			"in_cidr_block: the first argument is no block such as "
			"10.0.0.0/8",
			-1);
		return;
	}
	if (!address_read(&a, text))
		return;
	if (block.bits == 32)
		unmap(&a);
	sqlite3_result_int(ctx, in_block(&block, prefix, &a));
}

/* inet_aton('1.0.1.5') is 16777477; NULL for everything but IPv4. */
static void sql_inet_aton(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct in_addr addr;
	const char *text;
	size_t n;

	if (function_null(argc, argv))
		return;
	text = function_text(ctx, argv[0], &n);
	if (text && inet_pton(AF_INET, text, &addr) == 1)
		sqlite3_result_int64(ctx, ntohl(addr.s_addr));
}

const struct function functions_net[] = {
	{"in_cidr_block", 2, in_cidr_block},
	{"inet_aton", 1, sql_inet_aton},
	{0},
};
