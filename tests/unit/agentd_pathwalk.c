/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/pathwalk.h"

#include "agentd/root.h"
#include "common/buf.h"
#include "common/str.h"
#include "tests/unit/test.h"
#include "tests/unit/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static char top[32]; /* the root of the tests' own */
static struct root *root;
static struct pathwalk *walk;
static struct buf seen, left_out; /* sorted paths, one a line; mount points */
static unsigned skips;
static int last_skip;

/* ---- A tree ---- */

static void at(char out[PATH_MAX], const char *name)
{
	snprintf(out, PATH_MAX, "%s%s", top, name);
}

static void make_dir(const char *name)
{
	char path[PATH_MAX];

	at(path, name);
	CHECK_INT(mkdir(path, 0755), 0);
}

static void make_file(const char *name)
{
	char path[PATH_MAX];
	int fd;

	at(path, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	CHECK(fd >= 0);
	CHECK_INT(write(fd, "abc", 3), 3);
	close(fd);
}

static void make_link(const char *name, const char *target)
{
	char path[PATH_MAX];

	at(path, name);
	CHECK_INT(symlink(target, path), 0);
}

static void make_tree(void)
{
	memcpy(top, "/tmp/pathwalk.XXXXXX", 21);
	CHECK(mkdtemp(top));
	make_dir("/a");
	make_file("/a/one");
	make_file("/a/.two");
	make_dir("/a/b");
	make_file("/a/b/one");
	make_dir("/a/b/c");
	make_file("/a/b/c/three");
	make_link("/a/loop", "..");
	make_link("/a/out", "/../../../../../etc");
	make_link("/a/gone", "nowhere");
	make_link("/d", "/a/b");
	root = root_new(top, NULL);
	CHECK(root);
}

static void remove_tree(void)
{
	tree_remove(top);
	root_free(root);
	root = NULL;
	buf_done(&seen);
	buf_done(&left_out);
}

/* ---- A walk ---- */

static void on_skip(void *arg, int err)
{
	(void)arg;
	skips++;
	last_skip = err;
}

static void on_left_out(void *arg, const char *path, const char *type)
{
	(void)arg;
	CHECK_INT(buf_printf(&left_out, "%s %s\n", path, type), 0);
}

static void begin(const char *mounts)
{
	const struct pathwalk_hooks hooks = {on_skip, on_left_out, NULL};

	buf_done(&seen);
	buf_done(&left_out);
	buf_init(&seen, 1u << 24);
	buf_init(&left_out, 1u << 16);
	skips = 0;
	last_skip = 0;
	walk = pathwalk_new(root, mounts, &hooks);
	CHECK(walk);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Runs the walk to its end and leaves the paths in `seen`. Returns how many there were. */
static size_t finish(void)
{
	static char *paths[4096];
	struct pathwalk_entry e;
	size_t n = 0;
	int r;

	while ((r = pathwalk_next(walk, &e)) > 0) {
		if (r != PATHWALK_ENTRY)
			continue;
		CHECK(n < ARRAY_LEN(paths));
		CHECK_INT(e.path_len, strlen(e.path));
		CHECK(e.dir_len <= e.path_len && e.name_len <= e.path_len);
		paths[n++] = strdup(e.path);
	}
	CHECK_INT(r, PATHWALK_END);
	qsort(paths, n, sizeof(paths[0]), by_text);
	for (size_t i = 0; i < n; i++) {
		CHECK_INT(buf_printf(&seen, "%s\n", paths[i]), 0);
		free(paths[i]);
	}
	pathwalk_free(walk);
	return n;
}

static const char *like(const char *pattern)
{
	begin("/nonexistent");
	CHECK_INT(pathwalk_glob(walk, PATHGLOB_LIKE, pattern, strlen(pattern), false), 0);
	finish();
	return buf_str(&seen);
}

static const char *below(const char *pattern)
{
	begin("/nonexistent");
	CHECK_INT(pathwalk_glob(walk, PATHGLOB_LIKE, pattern, strlen(pattern), true), 0);
	finish();
	return buf_str(&seen);
}

static const char *dir(const char *path)
{
	begin("/nonexistent");
	CHECK_INT(pathwalk_dir(walk, path), 0);
	finish();
	return buf_str(&seen);
}

static const char *path(const char *name)
{
	begin("/nonexistent");
	CHECK_INT(pathwalk_path(walk, name), 0);
	finish();
	return buf_str(&seen);
}

/* ---- Tests ---- */

TEST(walk_one_level)
{
	make_tree();
	CHECK_STR(like("/a/%"), "/a/.two\n/a/b\n/a/gone\n/a/loop\n/a/one\n/a/out\n");
	CHECK_STR(like("/%/one"), "/a/one\n/d/one\n");
	CHECK_STR(like("/a/b/%/%"), "/a/b/c/three\n");
	CHECK_STR(like("/a/_ne"), "/a/one\n");
	CHECK_STR(like("/nonexistent/%"), "");
	CHECK_STR(like("/a/one/%"), "");
	CHECK_STR(like("/a//b%"), "/a//b\n");
	CHECK_INT(skips, 0);
	remove_tree();
}

/* Links are followed where a component stands for them, never below %%. */
TEST(walk_deep)
{
	make_tree();
	CHECK_STR(like("/a/%%"), "/a/.two\n/a/b\n/a/b/c\n/a/b/c/three\n/a/b/one\n/a/gone\n/a/loop\n"
				 "/a/one\n/a/out\n");
	CHECK_STR(like("/d/%%"), "/d/c\n/d/c/three\n/d/one\n");
	CHECK_STR(like("/%/c/%%"), "/d/c/three\n");
	CHECK_STR(like("/%%/one"), "/a/b/one\n/a/one\n");
	CHECK_STR(like("/%%/b/%"), "/a/b/c\n/a/b/one\n");
	CHECK_STR(like("/%%/%%/three"), "/a/b/c/three\n");
	CHECK_STR(like("/d%%"), "/d\n/d/c\n/d/c/three\n/d/one\n");
	CHECK_STR(like("/a/loop/d"), "/a/loop/d\n");
	remove_tree();
}

TEST(walk_slash)
{
	make_tree();
	CHECK_STR(like("/a/%/"), "/a/b/\n/a/loop/\n");
	CHECK_STR(like("/%/"), "/a/\n/d/\n");
	CHECK_STR(path("/a/"), "/a/\n");
	CHECK_STR(path("/a/one/"), "");
	remove_tree();
}

TEST(walk_dir_and_path)
{
	struct pathwalk_entry e;

	make_tree();
	CHECK_STR(dir("/a/b"), "/a/b/c\n/a/b/one\n");
	CHECK_STR(dir("/a/b/"), "/a/b/c\n/a/b/one\n");
	CHECK_STR(dir("/d"), "/d/c\n/d/one\n");
	CHECK_STR(dir("/"), "/a\n/d\n");
	CHECK_STR(dir("/a/one"), "");
	CHECK_STR(below("/%"), "/a/.two\n/a/b\n/a/gone\n/a/loop\n/a/one\n/a/out\n/d/c\n/d/one\n");
	CHECK_STR(below("/a"), "/a/.two\n/a/b\n/a/gone\n/a/loop\n/a/one\n/a/out\n");
	CHECK_STR(path("/a/gone"), "/a/gone\n");
	CHECK_STR(path("/a//one"), "/a//one\n");
	CHECK_STR(path("/"), "/\n");
	CHECK_STR(path("/a/b/../one"), "/a/b/../one\n");
	CHECK_STR(path("/x"), "");
	/* Out of the root there is nothing. */
	CHECK_STR(path("/../../etc/passwd"), "");
	CHECK_STR(path("/a/out/passwd"), "");
	CHECK_STR(like("/a/out/%"), "");
	begin(NULL);
	CHECK_INT(pathwalk_path(walk, "a"), -EINVAL);
	CHECK_INT(pathwalk_dir(walk, ""), -EINVAL);
	CHECK_INT(pathwalk_next(walk, &e), PATHWALK_END);
	pathwalk_free(walk);
	remove_tree();
}

static void check_parts(const char *want_dir, const char *want_name)
{
	struct pathwalk_entry e;
	char text[64];
	int r;

	while ((r = pathwalk_next(walk, &e)) == PATHWALK_AGAIN) {
	}
	CHECK_INT(r, PATHWALK_ENTRY);
	snprintf(text, sizeof(text), "%.*s", (int)e.dir_len, e.path);
	CHECK_STR(text, want_dir);
	snprintf(text, sizeof(text), "%.*s", (int)e.name_len, e.name);
	CHECK_STR(text, want_name);
	pathwalk_free(walk);
}

TEST(walk_parts)
{
	static const char *const paths[][3] = {{"/", "", "/"}, {"/a", "/", "a"}, {"/a/", "/", "a"},
		{"/a/b", "/a", "b"}, {"/a/b//", "/a", "b"}, {"///", "", "/"}, {"//a", "/", "a"}};

	make_tree();
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		begin(NULL);
		CHECK_INT(pathwalk_path(walk, paths[i][0]), 0);
		check_parts(paths[i][1], paths[i][2]);
	}
	begin(NULL);
	CHECK_INT(pathwalk_glob(walk, PATHGLOB_LIKE, "/%b/c", 5, false), 0);
	CHECK_INT(finish(), 0);
	begin(NULL);
	CHECK_INT(pathwalk_glob(walk, PATHGLOB_GLOB, "/?", 2, false), 0);
	pathwalk_free(walk);
	begin(NULL);
	CHECK_INT(pathwalk_glob(walk, PATHGLOB_LIKE, "/a/b/%/", 7, true), 0);
	check_parts("/a/b/c/", "three");
	remove_tree();
}

TEST(walk_attributes)
{
	struct pathwalk_entry e;
	struct statx stx;
	struct buf target;
	unsigned links = 0, files = 0;
	char byte;
	int fd;

	make_tree();
	begin(NULL);
	buf_init(&target, 4096);
	CHECK_INT(pathwalk_dir(walk, "/a"), 0);
	while (pathwalk_next(walk, &e) == PATHWALK_ENTRY) {
		CHECK_INT(pathwalk_stat(walk, &e, false, &stx), 0);
		CHECK_INT(IFTODT(stx.stx_mode), e.type);
		fd = pathwalk_open(walk, &e);
		if (e.type == DT_REG) {
			CHECK_INT(read(fd, &byte, 1), 1);
			CHECK_INT(close(fd), 0);
			files++;
		} else {
			CHECK_INT(fd, str_eq(e.name, "gone") || str_eq(e.name, "out") ? -ENOENT
										      : -EISDIR);
		}
		if (e.type != DT_LNK)
			continue;
		links++;
		buf_reset(&target);
		CHECK_INT(pathwalk_readlink(walk, &e, &target), 0);
		/* The root's own "/": that of the machine has an /etc. */
		if (str_eq(e.name, "out"))
			CHECK_INT(pathwalk_stat(walk, &e, true, &stx), -ENOENT);
	}
	CHECK_INT(links, 3);
	CHECK_INT(files, 2);
	buf_done(&target);
	pathwalk_free(walk);
	remove_tree();
}

/* ---- Remote mounts, as a table of our own has them ---- */

static char table[64];

static void put_table(const char *text)
{
	FILE *f;

	snprintf(table, sizeof(table), "%s.table", top);
	f = fopen(table, "we");
	CHECK(f);
	fputs(text, f);
	fclose(f);
}

static const char *like_with_table(const char *pattern)
{
	begin(table);
	CHECK_INT(pathwalk_glob(walk, PATHGLOB_LIKE, pattern, strlen(pattern), false), 0);
	finish();
	return buf_str(&seen);
}

TEST(walk_remote)
{
	make_tree();
	put_table("srv:/b /a/b nfs4 rw 0 0\n");
	/* It is listed, but not entered, by name, link or depth. */
	CHECK_STR(like_with_table("/a/b%%"), "/a/b\n");
	CHECK_STR(buf_str(&left_out), "/a/b nfs4\n");
	CHECK_STR(like_with_table("/%%/one"), "/a/one\n");
	CHECK_STR(like_with_table("/%/one"), "/a/one\n");
	CHECK_STR(buf_str(&left_out), "/a/b nfs4\n");
	CHECK_STR(like_with_table("/a/%/one"), "");
	/* Unless the pattern names it. */
	CHECK_STR(like_with_table("/a/b/%"), "/a/b/c\n/a/b/one\n");
	CHECK_STR(buf_str(&left_out), "");
	CHECK_STR(like_with_table("/%/b/one"), "/a/b/one\n");
	CHECK_STR(like_with_table("/d/%%"), "/d/c\n/d/c/three\n/d/one\n");
	remove(table);
	remove_tree();
}

TEST(walk_remote_untouched)
{
	struct pathwalk_entry e;
	struct statx stx;
	unsigned checked = 0;

	make_tree();
	make_link("/a/far", "b/one");
	put_table("srv:/b /a/b nfs4 rw 0 0\n");
	begin(table);
	CHECK_INT(pathwalk_dir(walk, "/a"), 0);
	while (pathwalk_next(walk, &e) == PATHWALK_ENTRY) {
		if (str_eq(e.name, "b")) {
			CHECK(e.remote);
			CHECK_INT(pathwalk_stat(walk, &e, false, &stx), -EREMOTE);
			checked++;
		} else if (str_eq(e.name, "far")) {
			CHECK_INT(pathwalk_stat(walk, &e, false, &stx), 0);
			CHECK_INT(pathwalk_stat(walk, &e, true, &stx), -EREMOTE);
			CHECK_INT(pathwalk_open(walk, &e), -EREMOTE);
			checked++;
		}
	}
	CHECK_INT(checked, 2);
	pathwalk_free(walk);
	remove(table);
	remove_tree();
}

/* ---- Depth and descriptors ---- */

static unsigned open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* `levels` directories called "x" within each other, each with a file and a second directory. */
static void make_deep(unsigned levels)
{
	int fd = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC), next;

	for (unsigned i = 0; i < levels; i++) {
		CHECK_INT(mkdirat(fd, "x", 0755), 0);
		CHECK_INT(mkdirat(fd, "y", 0755), 0);
		next = openat(fd, "y", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(openat(next, "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
		close(next);
		next = openat(fd, "x", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = next;
	}
	close(fd);
}

static void remove_deep(unsigned levels)
{
	int fd = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC), next;

	for (unsigned i = 0; i < levels; i++) {
		next = openat(fd, "x", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = next;
	}
	for (unsigned i = 0; i < levels; i++) {
		next = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = next;
		unlinkat(fd, "x", AT_REMOVEDIR);
		next = openat(fd, "y", O_PATH | O_DIRECTORY | O_CLOEXEC);
		unlinkat(next, "f", 0);
		close(next);
		unlinkat(fd, "y", AT_REMOVEDIR);
	}
	close(fd);
	remove_tree();
}

static void begin_deep(unsigned levels)
{
	memcpy(top, "/tmp/pathwalk.XXXXXX", 21);
	CHECK(mkdtemp(top));
	make_deep(levels);
	root = root_new(top, NULL);
	begin("/nonexistent");
	CHECK_INT(pathwalk_glob(walk, PATHGLOB_LIKE, "/%%", 3, false), 0);
}

TEST(walk_few_descriptors)
{
	enum { LEVELS = 300 };
	unsigned files = 0, most = 0, before;
	struct pathwalk_entry e;
	int r;

	begin_deep(LEVELS);
	before = open_fds();
	while ((r = pathwalk_next(walk, &e)) > 0) {
		unsigned n = open_fds();

		most = n > most ? n : most;
		files += r == PATHWALK_ENTRY && e.type == DT_REG;
	}
	/* The way back up finds what was left on the way down. */
	CHECK_INT(files, LEVELS);
	CHECK_INT(skips, 0);
	CHECK(most <= before + PATHWALK_FDS_MAX);
	pathwalk_free(walk);
	remove_deep(LEVELS);
}

TEST(walk_too_deep)
{
	enum { LEVELS = PATHWALK_DEPTH_MAX + 10 };

	begin_deep(LEVELS);
	/* The base is a level too. */
	CHECK_INT(finish(), (size_t)PATHWALK_DEPTH_MAX * 3 + 2);
	CHECK_INT(skips, 2);
	CHECK_INT(last_skip, ENAMETOOLONG);
	remove_deep(LEVELS);
}

/* A directory that is moved while the walk is far below it: the rest is missed, and said so. */
TEST(walk_moved)
{
	enum { LEVELS = 100, DEEP = 80 };
	struct pathwalk_entry e;
	char from[PATH_MAX], to[PATH_MAX];
	int r;

	begin_deep(LEVELS);
	do {
		r = pathwalk_next(walk, &e);
		CHECK(r > 0);
	} while (r != PATHWALK_ENTRY || e.path_len < DEEP * 2);
	at(from, "/x/x");
	at(to, "/z");
	CHECK_INT(rename(from, to), 0);
	while ((r = pathwalk_next(walk, &e)) > 0) {
	}
	CHECK_INT(r, PATHWALK_END);
	/* Nothing, where the file system lists "x" behind "y". */
	CHECK(skips == 0 || (skips == 1 && last_skip == ESTALE));
	pathwalk_free(walk);
	CHECK_INT(rename(to, from), 0);
	remove_deep(LEVELS);
}

TEST(walk_long_paths)
{
	enum { LEVELS = PATHWALK_PATH_MAX / (NAME_MAX + 1) + 3 };
	char name[NAME_MAX + 1];
	int fds[LEVELS + 1];

	memcpy(top, "/tmp/pathwalk.XXXXXX", 21);
	CHECK(mkdtemp(top));
	memset(name, 'n', NAME_MAX);
	name[NAME_MAX] = '\0';
	fds[0] = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < LEVELS; i++) {
		CHECK_INT(mkdirat(fds[i], name, 0755), 0);
		fds[i + 1] = openat(fds[i], name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	root = root_new(top, NULL);
	begin("/nonexistent");
	CHECK_INT(pathwalk_glob(walk, PATHGLOB_LIKE, "/%%", 3, false), 0);
	CHECK_INT(finish(), PATHWALK_PATH_MAX / (NAME_MAX + 1));
	CHECK_INT(last_skip, ENAMETOOLONG);
	for (size_t i = LEVELS; i-- > 0;) {
		close(fds[i + 1]);
		CHECK_INT(unlinkat(fds[i], name, AT_REMOVEDIR), 0);
	}
	close(fds[0]);
	remove_tree();
}

TEST(walk_no_memory)
{
	struct pathwalk_entry e;
	int r = -ENOMEM;
	long i;

	make_tree();
	for (i = 1; r < 0; i++) {
		const struct pathwalk_hooks hooks = {on_skip, on_left_out, NULL};

		failalloc_countdown = i;
		walk = pathwalk_new(root, "/nonexistent", &hooks);
		r = walk ? pathwalk_glob(walk, PATHGLOB_LIKE, "/%%", 3, false) : -ENOMEM;
		while (!r && (r = pathwalk_next(walk, &e)) > 0)
			r = 0;
		CHECK(r == 0 || r == -ENOMEM);
		CHECK(r == 0 || failalloc_spent());
		/* Room for one name too few is no reason to end the walk. */
		if (r == 0 && failalloc_spent())
			r = -ENOMEM;
		pathwalk_free(walk);
		if (i > 100)
			break;
	}
	failalloc_countdown = 0;
	CHECK(i > 3 && i < 100);
	remove_tree();
}

TEST_MAIN(&walk_one_level, &walk_deep, &walk_slash, &walk_dir_and_path, &walk_parts,
	&walk_attributes, &walk_remote, &walk_remote_untouched, &walk_few_descriptors,
	&walk_too_deep, &walk_moved, &walk_long_paths, &walk_no_memory)
