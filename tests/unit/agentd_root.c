/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/root.h"
#include "common/str.h"
#include "tests/unit/test.h"
#include "tests/unit/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/* A host in a folder, with a secret beside it that no path within may reach. */
static char top[64], host[80];
static struct root *r;

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", top, name);
	f = fopen(path, "w");
	CHECK(f != NULL);
	CHECK(fputs(text, f) >= 0);
	CHECK(fclose(f) == 0);
}

static void dir(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	CHECK(mkdir(path, 0755) == 0);
}

static void ln(const char *target, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	CHECK(symlink(target, path) == 0);
}

static void make_host(void)
{
	char outside[128];

	CHECK(mkdtemp(top) != NULL);
	snprintf(host, sizeof(host), "%s/host", top);
	put("secret", "secret");
	dir("host");
	dir("host/etc");
	dir("host/etc/deep");
	dir("host/var");
	put("host/etc/name", "inside");
	put("host/secret", "decoy");
	put("host/etc/deep/file", "deep");
	ln("/etc/name", "host/absolute");
	ln("etc/name", "host/relative");
	ln("../../../../../../secret", "host/up");
	snprintf(outside, sizeof(outside), "%s/secret", top);
	ln(outside, "host/out");
	ln("/", "host/slash");
	ln("..", "host/etc/deep/parent");
	ln("/etc/deep", "host/dirlink");
	ln("loop2", "host/loop1");
	ln("loop1", "host/loop2");
	ln("nowhere", "host/dangling");
	ln("/etc/deep/", "host/dirlink_slash");
	snprintf(outside, sizeof(outside), "%s/host/fifo", top);
	CHECK(mkfifo(outside, 0600) == 0);
}

static void setup(void)
{
	struct err err;

	str_copy(top, sizeof(top), "/tmp/tocsin-root.XXXXXX");
	make_host();
	r = root_new(host, &err);
	CHECK(r != NULL);
}

static void teardown(void)
{
	root_free(r);
	r = NULL;
	tree_remove(top);
}

/* What a path reads as: its content, or the name of the error. */
static const char *reads(const char *path)
{
	static char text[128];
	struct buf b;
	int res;

	buf_init(&b, 64);
	res = root_read(r, path, &b);
	if (res < 0)
		snprintf(text, sizeof(text), "%s", strerrorname_np(-res));
	else
		snprintf(text, sizeof(text), "%s", buf_str(&b));
	buf_done(&b);
	return text;
}

static void check_paths(void)
{
	CHECK_STR(reads("/etc/name"), "inside");
	CHECK_STR(reads("//etc/./name"), "inside");
	CHECK_STR(reads("/absolute"), "inside");
	CHECK_STR(reads("/relative"), "inside");
	CHECK_STR(reads("/up"), "decoy");
	CHECK_STR(reads("/../../../../secret"), "decoy");
	CHECK_STR(reads("/etc/../../../secret"), "decoy");
	CHECK_STR(reads("/out"), "ENOENT");
	CHECK_STR(reads("/slash/slash/slash/etc/name"), "inside");
	CHECK_STR(reads("/dirlink/file"), "deep");
	CHECK_STR(reads("/dirlink_slash/file"), "deep");
	CHECK_STR(reads("/dirlink/parent/name"), "inside");
	CHECK_STR(reads("/dirlink/../name"), "inside");
	CHECK_STR(reads("/loop1"), "ELOOP");
	CHECK_STR(reads("/loop1/x"), "ELOOP");
	CHECK_STR(reads("/dangling"), "ENOENT");
	CHECK_STR(reads("/etc"), "EISDIR");
	CHECK_STR(reads("/"), "EISDIR");
	CHECK_STR(reads("/etc/name/"), "ENOTDIR");
	CHECK_STR(reads("/etc/name/x"), "ENOTDIR");
	CHECK_STR(reads("/fifo"), "EINVAL");
	CHECK_STR(reads("etc/name"), "EINVAL");
	CHECK_STR(reads(""), "EINVAL");
}

TEST(paths_by_openat2)
{
	setup();
	check_paths();
	teardown();
}

TEST(paths_by_walking)
{
	setup();
	root_without_openat2(r);
	check_paths();
	teardown();
}

/* A path of at most `most` bytes that goes into a directory and out again, then to the file. */
static void up_and_down(struct buf *path, size_t most)
{
	while (path->len + strlen("/etc/..") + strlen("/etc/name") < most)
		buf_puts(path, "/etc/..");
	buf_puts(path, "/etc/name");
}

static void check_long(void)
{
	struct buf b;

	buf_init(&b, 2 * PATH_MAX);
	buf_putc(&b, '/');
	buf_fill(&b, 'n', NAME_MAX + 1);
	CHECK_STR(reads(b.p), "ENAMETOOLONG");
	buf_reset(&b);
	buf_fill(&b, '/', PATH_MAX);
	CHECK_STR(reads(b.p), "ENAMETOOLONG");
	buf_reset(&b);
	up_and_down(&b, PATH_MAX);
	CHECK_STR(reads(b.p), "inside");
	buf_done(&b);
}

TEST(long_paths)
{
	setup();
	check_long();
	root_without_openat2(r);
	check_long();
	teardown();
}

/* Deep down lies a link that goes up and down again and again: the walk must give up soon. */
TEST(walking_is_bounded)
{
	struct buf path, target;
	int fd;

	setup();
	buf_init(&path, PATH_MAX);
	buf_init(&target, PATH_MAX);
	buf_puts(&path, host);
	for (int i = 0; i < 800; i++) {
		buf_puts(&path, "/d");
		CHECK(mkdir(path.p, 0755) == 0);
	}
	while (target.len < PATH_MAX - 16)
		buf_puts(&target, "../d/");
	buf_puts(&path, "/link");
	CHECK(symlink(target.p, path.p) == 0);
	fd = root_open(r, path.p + strlen(host), O_PATH);
	CHECK(fd >= 0);
	close(fd);
	root_without_openat2(r);
	CHECK_INT(root_open(r, path.p + strlen(host), O_PATH), -ELOOP);
	buf_done(&path);
	buf_done(&target);
	teardown();
}

/* Where a path leads: the inode, or an error. */
static int64_t leads_to(const char *path, bool follow)
{
	struct stat st;
	int res = root_stat(r, path, follow, &st);

	return res < 0 ? res : (int64_t)st.st_ino;
}

TEST(both_ways_agree)
{
	static const char *const parts[] = {"etc", "name", "deep", "file", "parent", "..", ".", "",
		"slash", "dirlink", "dirlink_slash", "absolute", "relative", "up", "out",
		"dangling", "loop1", "fifo", "secret", "var", "none"};
	uint32_t seed = 1;
	struct root *walks;
	struct err err;
	struct buf path;

	setup();
	walks = root_new(host, &err);
	CHECK(walks != NULL);
	root_without_openat2(walks);
	buf_init(&path, PATH_MAX);
	for (int i = 0; i < 20000; i++) {
		struct root *other = r;
		int64_t want;
		bool follow;

		buf_reset(&path);
		do {
			seed = seed * 1664525 + 1013904223;
			buf_putc(&path, '/');
			buf_puts(&path, parts[(seed >> 16) % ARRAY_LEN(parts)]);
		} while (seed >> 30);
		follow = seed >> 29 & 1;
		want = leads_to(path.p, follow);
		r = walks;
		if (leads_to(path.p, follow) != want)
			FAIL("%s leads elsewhere", path.p);
		r = other;
	}
	root_free(walks);
	buf_done(&path);
	teardown();
}

static const char *link_of(const char *path)
{
	static char text[128];
	struct buf b;
	int res;

	buf_init(&b, sizeof(text) - 1);
	res = root_readlink(r, path, &b);
	snprintf(text, sizeof(text), "%s", res < 0 ? strerrorname_np(-res) : buf_str(&b));
	buf_done(&b);
	return text;
}

static mode_t type_of(const char *path, bool follow)
{
	struct stat st;

	return root_stat(r, path, follow, &st) < 0 ? 0 : st.st_mode & S_IFMT;
}

static void check_links(void)
{
	CHECK_STR(link_of("/absolute"), "/etc/name");
	CHECK_STR(link_of("/dirlink/parent"), "..");
	CHECK_STR(link_of("/dangling"), "nowhere");
	CHECK_STR(link_of("/etc/name"), "EINVAL");
	CHECK_STR(link_of("/etc"), "EINVAL");
	CHECK_STR(link_of("/none"), "ENOENT");
	CHECK(type_of("/absolute", true) == S_IFREG);
	CHECK(type_of("/absolute", false) == S_IFLNK);
	CHECK(type_of("/slash", true) == S_IFDIR);
	CHECK(type_of("/slash/", false) == S_IFDIR);
	CHECK(type_of("/dangling", true) == 0);
	CHECK(type_of("/dangling", false) == S_IFLNK);
	CHECK(type_of("/fifo", true) == S_IFIFO);
	CHECK(type_of("/dirlink/.", false) == S_IFDIR);
	CHECK(type_of("/dirlink/..", false) == S_IFDIR);
}

TEST(links)
{
	setup();
	check_links();
	root_without_openat2(r);
	check_links();
	teardown();
}

static void check_opening(void)
{
	struct stat st;
	DIR *d = root_opendir(r, "/dirlink");
	int fd;

	CHECK(d != NULL);
	CHECK(fcntl(dirfd(d), F_GETFD) & FD_CLOEXEC);
	closedir(d);
	errno = 0;
	CHECK(root_opendir(r, "/etc/name") == NULL && errno == ENOTDIR);
	/* Nobody writes to it: a blocking open would hang here. */
	fd = root_open(r, "/fifo", O_RDONLY);
	CHECK(fd >= 0 && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode));
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	CHECK_INT(root_open(r, "/relative", O_RDONLY | O_NOFOLLOW), -ELOOP);
	CHECK_INT(root_open(r, "/etc/name", O_RDONLY | O_DIRECTORY), -ENOTDIR);
}

TEST(opening)
{
	setup();
	check_opening();
	root_without_openat2(r);
	check_opening();
	teardown();
}

/* With a root of its own, the links of /proc that lead to other processes' files lead nowhere. */
TEST(magic_links_lead_nowhere)
{
	struct err err;
	char first;
	int fd;

	r = root_new("/proc", &err);
	CHECK(r != NULL && !root_is_live(r));
	for (int i = 0; i < 2; i++) {
		CHECK_STR(reads("/self/exe"), "ELOOP");
		CHECK_STR(reads("/self/root/etc/passwd"), "ELOOP");
		CHECK_STR(reads("/self/cwd/Makefile"), "ELOOP");
		CHECK_STR(link_of("/self/root"), "/");
		fd = root_open_file(r, "/self/status");
		CHECK(fd >= 0 && read(fd, &first, 1) == 1 && first == 'N');
		close(fd);
		root_without_openat2(r);
	}
	root_free(r);
}

TEST(live)
{
	struct err err;
	char path[64];
	int fd, null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	r = root_new("/", &err);
	CHECK(r != NULL && root_is_live(r));
	CHECK_STR(root_prefix(r), "");
	for (int i = 0; i < 2; i++) {
		CHECK_STR(reads("/dev/null"), "EINVAL");
		snprintf(path, sizeof(path), "/proc/self/fd/%d", null);
		CHECK_STR(reads(path), "EINVAL");
		CHECK_STR(reads("/proc/self"), "EISDIR");
		CHECK_STR(reads("/proc/0/none"), "ENOENT");
		CHECK_STR(reads("proc/self/status"), "EINVAL");
		fd = root_open_file(r, "/proc/self/exe");
		CHECK(fd >= 0);
		close(fd);
		fd = root_open_file(r, "/proc/../proc//self/status");
		CHECK(fd >= 0);
		close(fd);
		root_without_openat2(r);
	}
	root_free(r);
	close(null);
}

TEST(bad_roots)
{
	struct err err;

	CHECK(root_new("/etc/passwd", &err) == NULL && err.code == ENOTDIR);
	CHECK(root_new("/nowhere", &err) == NULL && err.code == ENOENT);
	CHECK(strstr(err.text, "/nowhere") != NULL);
	root_free(NULL);
	setup();
	CHECK_STR(root_prefix(r), host);
	root_free(r);
	str_copy(host + strlen(host), 3, "//");
	r = root_new(host, &err);
	host[strlen(host) - 2] = '\0';
	CHECK(r != NULL && !root_is_live(r));
	CHECK_STR(root_prefix(r), host);
	teardown();
}

TEST(time_of_access_stays)
{
	struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 2000}};
	struct stat st;
	char path[128];

	setup();
	snprintf(path, sizeof(path), "%s/etc/name", host);
	CHECK(utimensat(AT_FDCWD, path, times, 0) == 0);
	CHECK_STR(reads("/etc/name"), "inside");
	CHECK(stat(path, &st) == 0);
	CHECK_INT(st.st_atime, 1000);
	teardown();
}

TEST(allocations_fail)
{
	for (long n = 1; n < 100; n++) {
		struct err err = {.code = 0};

		failalloc_countdown = n;
		r = root_new("/tmp", &err);
		failalloc_countdown = 0;
		if (r) {
			root_free(r);
			return;
		}
		CHECK_INT(err.code, ENOMEM);
	}
	FAIL("never got that far");
}

TEST_MAIN(&paths_by_openat2, &paths_by_walking, &long_paths, &walking_is_bounded, &both_ways_agree,
	&links, &opening, &magic_links_lead_nowhere, &live, &bad_roots, &time_of_access_stays,
	&allocations_fail)
