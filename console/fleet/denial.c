/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/denial.h"

#include "common/str.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* RFC 4254 section 5.1. */
#define OPEN_PROHIBITED	    1
#define OPEN_CONNECT_FAILED 2

/* A number behind `before`, which *at stands at; *at is moved behind it. */
static bool take_number(const char **at, const char *before, unsigned *ret)
{
	struct span digits;
	uint64_t n;

	if (!str_starts(*at, before))
		return false;
	digits = (struct span){.p = *at + strlen(before)};
	digits.n = strspn(digits.p, "0123456789");
	if (parse_span(digits, 10, UINT32_MAX, &n) < 0)
		return false;
	*at = digits.p + digits.n;
	*ret = (unsigned)n;
	return true;
}

/*
 * "open failed" is what sshd says when it cannot have one descriptor more; also when the net is not
 * reached, but that is not told apart.
 */
static enum bridge_end meaning(unsigned code, const char *words)
{
	if (code == OPEN_PROHIBITED)
		return BRIDGE_FORBIDDEN;
	if (code != OPEN_CONNECT_FAILED || strstr(words, "open failed") ||
		strstr(words, "too many open files"))
		return BRIDGE_SHORTAGE;
	return strstr(words, "refused") || !*words ? BRIDGE_REFUSED : BRIDGE_FORBIDDEN;
}

/* "Channel opening failure: channel 43 error (2) Connection refused" */
bool denial_read(const char *error, struct denial *ret)
{
	unsigned code;

	if (!take_number(&error, "Channel opening failure: channel ", &ret->channel) ||
		!take_number(&error, " error (", &code) || !str_starts(error, ") "))
		return false;
	error += strlen(") ");
	(void)snprintf(ret->words, sizeof(ret->words), "%s",
		code == OPEN_PROHIBITED ? "administratively prohibited"
		: *error		? error
					: "connection failed");
	for (char *c = ret->words; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	ret->how = meaning(code, *error ? ret->words : "");
	return true;
}

bool denial_new_channel(const char *line, unsigned *ret)
{
	const char *at = strstr(line, "Creating a channel ");

	return at && take_number(&at, "Creating a channel ", ret);
}
