/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A test's own directory, at its end. */
#ifndef TESTS_UNIT_TREE_H
#define TESTS_UNIT_TREE_H

#include <ftw.h>
#include <stdio.h>

static inline int tree_remove_one(
	const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* With all that is in it; links are not followed. As nftw(3) returns. */
static inline int tree_remove(const char *dir)
{
	return nftw(dir, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
