/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"
#include "tests/unit/tree.h"

#include "common/buf.h"
#include "common/io.h"
#include "console/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHA_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static char dir[PATH_MAX], sub[PATH_MAX + 8];
static struct keep *keep;
static struct err why;

static const char *at(const char *name)
{
	static char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", sub, name);
	return path;
}

static void clean_up(void)
{
	if (dir[0])
		(void)tree_remove(dir);
	dir[0] = '\0';
}

static void begin(void)
{
	clean_up();
	snprintf(dir, sizeof(dir), "/tmp/keep.XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
	snprintf(sub, sizeof(sub), "%s/new", dir);
	keep_free(keep);
	keep = keep_new(sub, &why);
	CHECK(keep);
}

static struct kept *abc(const char *host, const char *path)
{
	struct kept *f = kept_new(keep, host, path, &why);

	if (!f)
		return NULL;
	CHECK_INT(kept_add(f, 0, "ab", 2, &why), 0);
	CHECK_INT(kept_add(f, 2, "c", 1, &why), 0);
	return f;
}

TEST(a_whole_file)
{
	char hash[KEEP_HASH_TEXT];
	struct stat st;
	struct buf b;
	struct kept *f;

	begin();
	f = abc("web1", "/etc/a b");
	CHECK(f);
	CHECK_INT(kept_size(f), 3);
	CHECK(access(at("web1/etc/a b"), F_OK) < 0);
	CHECK_INT(kept_finish(f, SHA_ABC, hash, &why), 0);
	CHECK_STR(hash, SHA_ABC);
	CHECK_STR(kept_name(f), "web1/etc/a b");
	kept_free(f);
	buf_init(&b, 100);
	CHECK_INT(io_read_file(AT_FDCWD, at("web1/etc/a b"), &b), 0);
	CHECK_STR(buf_str(&b), "abc");
	buf_done(&b);
	CHECK(stat(at("web1/etc/a b"), &st) == 0 && (st.st_mode & 077) == 0);
	/* It is never overwritten. */
	CHECK(!abc("web1", "/etc/a b"));
	CHECK_INT(why.code, EEXIST);
}

TEST(what_is_not_whole_leaves_nothing)
{
	char hash[KEEP_HASH_TEXT];
	struct kept *f;

	begin();
	f = abc("h", "/x");
	CHECK(access(at("h/x.part"), F_OK) == 0);
	/* Not the next bytes. */
	CHECK_INT(kept_add(f, 4, "d", 1, &why), -EPROTO);
	CHECK_INT(kept_add(f, 0, "d", 1, &why), -EPROTO);
	CHECK_INT(kept_finish(f, "00", hash, &why), -EBADMSG);
	kept_free(f);
	CHECK(access(at("h/x.part"), F_OK) < 0 && access(at("h/x"), F_OK) < 0);
	kept_free(NULL);
}

TEST(no_way_out)
{
	begin();
	/* A link that somebody put there. */
	CHECK(mkdir(at("h"), 0700) == 0);
	CHECK(symlink("/tmp", at("h/tmp")) == 0);
	CHECK(!abc("h", "/tmp/x"));
	CHECK(!abc("h", "/a/../../x"));
	CHECK(!abc("h", "/"));
	/* Names of hosts are one folder. */
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = {"../up", "..", "a/b"};
		static const char *const folders[] = {"_._up/x.part", "_./x.part", "a_b/x.part"};
		struct kept *f = abc(names[i], "/x");

		CHECK(f);
		CHECK(access(at(folders[i]), F_OK) == 0);
		kept_free(f);
	}
}

TEST(names_at_their_edge)
{
	char path[NAME_MAX + 8] = "/";
	struct kept *f;

	begin();
	memset(path + 1, 'n', NAME_MAX - strlen(KEEP_PART));
	f = abc("h", path);
	CHECK(f);
	kept_free(f);
	path[1 + NAME_MAX - strlen(KEEP_PART)] = 'n';
	CHECK(!abc("h", path));
}

TEST(the_manifest)
{
	json_t *line = json_pack("{s:s}", "host", "web1");
	struct buf b;

	begin();
	CHECK_INT(keep_note(keep, line, &why), 0);
	CHECK_INT(keep_note(keep, line, &why), 0);
	buf_init(&b, 1000);
	CHECK_INT(io_read_file(AT_FDCWD, at(KEEP_MANIFEST), &b), 0);
	CHECK_STR(buf_str(&b), "{\"host\":\"web1\"}\n{\"host\":\"web1\"}\n");
	buf_done(&b);
	json_decref(line);
	keep_free(keep);
	keep = NULL;
	keep_free(NULL);
	clean_up();
}

TEST_MAIN(&a_whole_file, &what_is_not_whole_leaves_nothing, &no_way_out, &names_at_their_edge,
	&the_manifest)
