/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/newfile.h"
#include "common/io.h"
#include "tests/unit/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/newfile.XXXXXX";

static void enter(void)
{
	if (strstr(dir, "XXXXXX"))
		CHECK(mkdtemp(dir));
	CHECK(chdir(dir) == 0);
}

static void put(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	CHECK(fd >= 0 && fchmod(fd, mode) == 0 && io_write_all(fd, text, strlen(text)) == 0);
	io_close(fd);
}

static void check_file(const char *path, const char *text, mode_t mode)
{
	struct stat st;
	struct buf b;

	buf_init(&b, 100);
	CHECK(stat(path, &st) == 0);
	CHECK_INT(st.st_mode & 0777, mode);
	CHECK_INT(io_read_file(AT_FDCWD, path, &b), 0);
	CHECK_STR(buf_str(&b), text);
	buf_done(&b);
}

static int names(void)
{
	DIR *d = opendir(".");
	int n = 0;

	CHECK(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

TEST(appears_whole)
{
	struct newfile f;

	enter();
	put("old", "old", 0640);
	CHECK_INT(newfile_open(&f, "old", 0600), 0);
	CHECK_INT(io_write_all(f.fd, "new", 3), 0);
	check_file("old", "old", 0640);
	CHECK_INT(newfile_commit(&f), 0);
	check_file("old", "new", 0640);
	newfile_done(&f);
	check_file("old", "new", 0640);
	CHECK_INT(newfile_open(&f, "fresh", 0600), 0);
	CHECK_INT(access("fresh", F_OK), -1);
	CHECK_INT(newfile_commit(&f), 0);
	newfile_done(&f);
	check_file("fresh", "", 0600);
	CHECK_INT(names(), 2);
}

TEST(or_not_at_all)
{
	struct newfile f;
	int before;

	enter();
	put("old", "old", 0640);
	before = names();
	CHECK_INT(newfile_open(&f, "old", 0600), 0);
	CHECK_INT(names(), before + 1);
	newfile_done(&f);
	CHECK_INT(names(), before);
	check_file("old", "old", 0640);
	CHECK_INT(newfile_open(&f, "none/x", 0600), -ENOENT);
	newfile_done(&(struct newfile){0});
}

TEST(links_are_followed)
{
	struct newfile f;
	struct stat st;

	enter();
	put("there", "old", 0644);
	CHECK_INT(symlink("there", "link"), 0);
	CHECK_INT(newfile_open(&f, "link", 0600), 0);
	CHECK_INT(io_write_all(f.fd, "new", 3), 0);
	CHECK_INT(newfile_commit(&f), 0);
	newfile_done(&f);
	check_file("there", "new", 0644);
	CHECK(lstat("link", &st) == 0 && S_ISLNK(st.st_mode));
}

TEST(no_device_is_replaced)
{
	struct newfile f;
	struct stat st;
	int fd, out;

	enter();
	CHECK_INT(newfile_open(&f, "/dev/null", 0600), 0);
	CHECK_INT(newfile_commit(&f), 0);
	newfile_done(&f);
	CHECK(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode));
	/* Standard output may be a file in which something stands already. */
	put("out", "before ", 0600);
	fd = open("out", O_WRONLY | O_CLOEXEC);
	out = dup(STDOUT_FILENO);
	CHECK(fd >= 0 && out >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
	CHECK_INT(newfile_open(&f, "/dev/stdout", 0600), 0);
	CHECK(dup2(out, STDOUT_FILENO) >= 0);
	CHECK_INT(io_write_all(f.fd, "after", 5), 0);
	CHECK_INT(newfile_commit(&f), 0);
	newfile_done(&f);
	io_close(fd);
	io_close(out);
	check_file("out", "before after", 0600);
	CHECK(lstat("/dev/stdout", &st) == 0 && S_ISLNK(st.st_mode));
}

TEST(cleans_up)
{
	static const char *const all[] = {"old", "fresh", "there", "link", "out"};

	enter();
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		CHECK_INT(unlink(all[i]), 0);
	CHECK_INT(names(), 0);
	CHECK_INT(rmdir(dir), 0);
}

TEST_MAIN(&appears_whole, &or_not_at_all, &links_are_followed, &no_device_is_replaced, &cleans_up)
