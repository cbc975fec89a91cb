/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Comparing versions: version_compare(a, b[, flavor]) gives -1, 0 or 1, and the collations
 * version, version_arch, version_dpkg and version_rhel sort by the same rules:
 *
 * Versions are compared segment by segment; a segment ends at one of ~ - ^ . : and the longer
 * segment is the greater one (10 after 9), equally long ones are compared by their characters.
 * The flavors differ in how they treat what only one side has.
 */
#include "agentd/functions.h"
#include "common/str.h"

#include <ctype.h>

struct flavor {
	const char *name;
	bool epoch;	    /* "1:" makes a version greater than any without it */
	bool delimiters;    /* ~ - ^ . : rank in this order where they differ */
	bool rest;	    /* what follows the shorter version decides: ~ less, - equal, ^ more */
	bool rest_by_value; /* … and a difference before it only when no digit is in front of it */
};

static const struct flavor flavors[] = {
	{.name = ""},
	{.name = "ARCH", .epoch = true, .rest = true, .rest_by_value = true},
	{.name = "DPKG", .epoch = true, .delimiters = true},
	{.name = "RHEL", .epoch = true, .delimiters = true, .rest = true},
};

static int sign(long n)
{
	return (n > 0) - (n < 0);
}

/* 1 for the weakest delimiter, 0 for everything else. */
static int rank(char c)
{
	static const char delimiters[] = "~-^.:";
	const char *at = c ? strchr(delimiters, c) : NULL;

	return at ? (int)(at - delimiters) + 1 : 0;
}

/* Where the epoch ends: further is more. */
static int compare_epochs(struct span a, struct span b)
{
	const char *ca = memchr(a.p, ':', a.n), *cb = memchr(b.p, ':', b.n);

	if (ca && cb)
		return sign((ca - a.p) - (cb - b.p));
	return (ca != NULL) - (cb != NULL);
}

/* One version is used up after `at` characters, in which `diff` is the last segment's difference.
 */
static int compare_rest(const struct flavor *f, struct span a, struct span b, size_t at, int diff)
{
	bool a_longer = a.n > b.n;
	int longer = a_longer ? 1 : -1;

	if (f->rest) {
		switch (a_longer ? a.p[at] : b.p[at]) {
		case '~':
			return -longer;
		case '-':
			return 0;
		case '^':
			return longer;
		}
		if (diff &&
			!(f->rest_by_value && isdigit((unsigned char)(a_longer ? b : a).p[at - 1])))
			return diff;
	}
	return longer;
}

static int compare(const struct flavor *f, struct span a, struct span b)
{
	size_t common = a.n < b.n ? a.n : b.n;
	int diff = 0;

	if (!a.n || !b.n)
		return (a.n > 0) - (b.n > 0);
	if (f->epoch) {
		diff = compare_epochs(a, b);
		if (diff)
			return diff;
	}
	for (size_t i = 0; i < common; i++) {
		int ra = rank(a.p[i]), rb = rank(b.p[i]);

		if (!ra && !rb) {
			if (!diff)
				diff = sign((unsigned char)a.p[i] - (unsigned char)b.p[i]);
			continue;
		}
		if (!ra || !rb) /* one segment is longer */
			return ra ? -1 : 1;
		if (diff)
			return diff;
		if (f->delimiters && ra != rb)
			return sign(ra - rb);
	}
	return a.n == b.n ? diff : compare_rest(f, a, b, common, diff);
}

static void version_compare(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const struct flavor *f = flavors;
	const char *name;
	struct span a, b;
	size_t n;

	if (function_null(2, argv))
		return;
	if (argc > 2 && sqlite3_value_type(argv[2]) != SQLITE_NULL) {
		name = function_text(ctx, argv[2], &n);
		if (!name)
			return;
		while (f < flavors + ARRAY_LEN(flavors) && sqlite3_stricmp(f->name, name))
			f++;
		if (f == flavors + ARRAY_LEN(flavors)) {
			sqlite3_result_error(ctx,
				"version_compare: the flavors are ARCH, DPKG "
				"and RHEL",
				-1);
			return;
		}
	}
	a.p = function_text(ctx, argv[0], &a.n);
	b.p = a.p ? function_text(ctx, argv[1], &b.n) : NULL;
	if (b.p)
		sqlite3_result_int(ctx, compare(f, a, b));
}

#define COLLATION(id, flavor)                                                                      \
	static int id(void *arg, int an, const void *a, int bn, const void *b)                     \
	{                                                                                          \
		(void)arg;                                                                         \
		return compare(&flavors[flavor], (struct span){a, (size_t)an},                     \
			(struct span){b, (size_t)bn});                                             \
	}

COLLATION(collate_plain, 0)
COLLATION(collate_arch, 1)
COLLATION(collate_dpkg, 2)
COLLATION(collate_rhel, 3)

const struct function functions_version[] = {
	{"version_compare", 2, version_compare},
	{"version_compare", 3, version_compare},
	{0},
};

const struct collation collations_version[] = {
	{"version", collate_plain},
	{"version_arch", collate_arch},
	{"version_dpkg", collate_dpkg},
	{"version_rhel", collate_rhel},
	{0},
};
