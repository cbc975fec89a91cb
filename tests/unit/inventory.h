/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For tests of inventories: files in a directory of the test's own, and what was made of them. */
#ifndef TESTS_UNIT_INVENTORY_H
#define TESTS_UNIT_INVENTORY_H

#include "tests/unit/test.h"
#include "tests/unit/tree.h"

#include "common/buf.h"
#include "common/log.h"
#include "common/str.h"
#include "console/fleet/inventory.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], path[128]; /* the latter: of the last file written */
static struct inventory *inv;
static struct err why;

static inline void write_file(const char *name, const char *text, size_t n, mode_t mode)
{
	FILE *f;

	if (!*dir) {
		str_copy(dir, sizeof(dir), "/tmp/tocsin-inventory.XXXXXX");
		CHECK(mkdtemp(dir));
	}
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	CHECK(f);
	CHECK_INT(fwrite(text, 1, n, f), n);
	CHECK_INT(fclose(f), 0);
	CHECK_INT(chmod(path, mode), 0);
}

static inline void fresh(void)
{
	inventory_free(inv);
	inv = inventory_new();
	CHECK(inv);
	/* What is left out is said. */
	log_init("test", LOG_QUIET);
	err_clear(&why);
}

/* Reads the text as a file into what is there already. */
static inline int add(const char *text)
{
	write_file("hosts", text, strlen(text), 0644);
	return inventory_load(inv, path, &why);
}

static inline int load(const char *text)
{
	fresh();
	return add(text);
}

/* The words of a refusal, from where the file's directory ends. */
static inline const char *refused(const char *text)
{
	int r = load(text);

	CHECK_INT(r, -why.code);
	if (r == 0)
		return "(nothing wrong)";
	return str_starts(why.text, dir) ? why.text + strlen(dir) + 1 : why.text;
}

static inline const char *hosts(void)
{
	static struct buf b;

	buf_done(&b);
	buf_init(&b, 100000);
	for (size_t i = 0; i < inventory_hosts(inv); i++)
		CHECK_INT(buf_printf(&b, "%s%s", i ? " " : "", inventory_host_name(inv, i)), 0);
	return buf_str(&b);
}

static inline size_t host(const char *name)
{
	size_t i = 0;

	while (i < inventory_hosts(inv) && !str_eq(inventory_host_name(inv, i), name))
		i++;
	if (i == inventory_hosts(inv))
		FAIL("no host %s", name);
	return i;
}

static inline const char *var(const char *of, const char *name)
{
	const char *text = NULL;

	if (inventory_var(inv, host(of), name, &text, &why) < 0)
		FAIL("%s", why.text);
	return text;
}

/* Why a variable cannot be told, from where the file's directory ends. */
static inline const char *no_var(const char *of, const char *name)
{
	const char *text;

	if (inventory_var(inv, host(of), name, &text, &why) == 0)
		return "(nothing wrong)";
	CHECK_INT(why.code, EINVAL);
	return str_starts(why.text, dir) ? why.text + strlen(dir) + 1 : why.text;
}

/* The members of a group of the JSON, or of a list in it, as text. */
static inline const char *json_of(const char *group, const char *member)
{
	static char *text;
	json_t *tree = inventory_json(inv), *v;

	CHECK(tree);
	v = json_object_get(tree, group);
	if (member)
		v = json_object_get(v, member);
	free(text);
	text = v ? json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))
		 : strdup("-");
	json_decref(tree);
	return text;
}

static inline int run(const char *script)
{
	fresh();
	write_file("program", script, strlen(script), 0755);
	return inventory_load(inv, path, &why);
}

static inline void make_directory(const char *name)
{
	char inner[160];

	snprintf(inner, sizeof(inner), "%s/%s", dir, name);
	CHECK(mkdir(inner, 0755) == 0 || errno == EEXIST);
}

static inline void write_text(const char *name, const char *text)
{
	write_file(name, text, strlen(text), 0644);
}

/* At the end, or to begin anew. */
static inline void remove_files(void)
{
	inventory_free(inv);
	inv = NULL;
	if (*dir)
		CHECK_INT(tree_remove(dir), 0);
	*dir = '\0';
}

#endif
