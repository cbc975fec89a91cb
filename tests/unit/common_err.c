/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/err.h"

static struct err err;
static char much[ERR_TEXT_MAX * 2];

TEST(words_and_code)
{
	CHECK_INT(err_set(&err, EINVAL, "line %d", 3), -EINVAL);
	CHECK_INT(err.code, EINVAL);
	CHECK_STR(err.text, "line 3");
	CHECK_INT(err_sys(&err, ENOENT, "cannot open %s", "/x"), -ENOENT);
	CHECK_STR(err.text, "cannot open /x: No such file or directory");
	CHECK_INT(err_prefix(&err, "host %s", "web1"), -ENOENT);
	CHECK_STR(err.text, "host web1: cannot open /x: No such file or directory");
	CHECK_INT(err.code, ENOENT);
	err_clear(&err);
	CHECK_INT(err.code, 0);
	CHECK_STR(err.text, "");
}

TEST(nobody_wants_the_words)
{
	CHECK_INT(err_set(NULL, EIO, "%s", "x"), -EIO);
	CHECK_INT(err_sys(NULL, EIO, "%s", "x"), -EIO);
	CHECK_INT(err_prefix(NULL, "x"), 0);
	err_clear(NULL);
}

TEST(long_words_are_cut)
{
	memset(much, 'w', sizeof(much) - 1);
	CHECK_INT(err_set(&err, EIO, "%s", much), -EIO);
	CHECK_INT(strlen(err.text), ERR_TEXT_MAX - 1);
	CHECK_INT(err_sys(&err, EIO, "%s", much), -EIO);
	CHECK_INT(strlen(err.text), ERR_TEXT_MAX - 1);
	CHECK_INT(err_prefix(&err, "begin"), -EIO);
	CHECK_INT(strlen(err.text), ERR_TEXT_MAX - 1);
	CHECK(strncmp(err.text, "begin: www", 10) == 0);
	CHECK_INT(err_prefix(&err, "%s", much), -EIO);
	CHECK_INT(strlen(err.text), ERR_TEXT_MAX - 1);
}

TEST_MAIN(&words_and_code, &nobody_wants_the_words, &long_words_are_cut)
