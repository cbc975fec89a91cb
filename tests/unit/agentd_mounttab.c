/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/mounttab.h"

#include "agentd/root.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_entry(char *text, const char *line, struct mount_entry *ret)
{
	memcpy(text, line, strlen(line) + 1);
	return mount_entry_read(text, strlen(line), ret);
}

TEST(mount_lines)
{
	struct mount_entry e;
	char text[256];

	CHECK_INT(read_entry(text, "/dev/sda1 / ext4 rw,relatime 0 0", &e), 0);
	CHECK_STR(e.device, "/dev/sda1");
	CHECK_STR(e.path, "/");
	CHECK_STR(e.type, "ext4");
	CHECK_STR(e.flags, "rw,relatime");
	CHECK_INT(read_entry(text, "srv:/a\\040b /mnt/x\\011y\\012z\\134 nfs4 rw", &e), 0);
	CHECK_STR(e.device, "srv:/a b");
	CHECK_STR(e.path, "/mnt/x\ty\nz\\");
	CHECK_INT(e.path_len, strlen(e.path));
	CHECK_INT(read_entry(text, "a /b\\04 c d\\", &e), 0);
	CHECK_STR(e.path, "/b\\04");
	CHECK_STR(e.flags, "d\\");
	CHECK_INT(read_entry(text, "a /b c", &e), -EBADMSG);
	CHECK_INT(read_entry(text, "", &e), -EBADMSG);
	CHECK_INT(read_entry(text, "a  /b c d", &e), -EBADMSG);
	CHECK_INT(mount_entry_read((char[]){"a /b\0 c d"}, 9, &e), -EBADMSG);
}

TEST(mountinfo_lines)
{
	char text[] = "36 35 98:7 /a\\040b /mnt/x rw - ext3 /dev/root rw", few[] = "1 2 3:4 /";
	char none[] = "1 2 x / /";
	struct mountinfo_entry e;

	CHECK_INT(mountinfo_entry_read(text, strlen(text), &e), 0);
	CHECK_INT(e.id, 36);
	CHECK_INT(e.major, 98);
	CHECK_INT(e.minor, 7);
	CHECK_STR(e.root, "/a b");
	CHECK_STR(e.path, "/mnt/x");
	CHECK_INT(mountinfo_entry_read(few, strlen(few), &e), -EBADMSG);
	CHECK_INT(mountinfo_entry_read(none, strlen(none), &e), -EBADMSG);
}

TEST(mount_types)
{
	CHECK(mount_type_remote("nfs4") && mount_type_remote("cifs") && mount_type_remote("fuse"));
	CHECK(mount_type_remote("fuse.sshfs") && mount_type_remote("autofs"));
	CHECK(!mount_type_remote("ext4") && !mount_type_remote("fuseblk"));
	CHECK(!mount_type_remote("fusectl") && !mount_type_remote("nfsd"));
}

static char dir[32], table[64];

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	CHECK(f);
	fputs(text, f);
	fclose(f);
}

static void in_dir(char *out, size_t size, const char *name)
{
	snprintf(out, size, "%s/%s", dir, name);
}

static void make_tree(void)
{
	char path[64];

	memcpy(dir, "/tmp/mounttab.XXXXXX", 21);
	CHECK(mkdtemp(dir));
	in_dir(path, sizeof(path), "mnt");
	CHECK_INT(mkdir(path, 0700), 0);
	in_dir(path, sizeof(path), "mnt/nfs");
	CHECK_INT(mkdir(path, 0700), 0);
	in_dir(path, sizeof(path), "link");
	CHECK_INT(symlink("mnt/./x/nfs/deep/../../file", path), 0);
	in_dir(path, sizeof(path), "mnt/x");
	CHECK_INT(symlink("/mnt", path), 0);
	in_dir(path, sizeof(path), "loop");
	CHECK_INT(symlink("loop", path), 0);
	in_dir(path, sizeof(path), "up");
	CHECK_INT(symlink("../../../mnt", path), 0);
	in_dir(table, sizeof(table), "table");
}

static void remove_tree(void)
{
	static const char *const names[] = {
		"mnt/x", "mnt/nfs", "mnt", "link", "loop", "up", "table"};
	char path[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		in_dir(path, sizeof(path), names[i]);
		remove(path);
	}
	rmdir(dir);
}

TEST(mount_set)
{
	struct remote_mounts *m;
	struct root *root;
	struct buf out;

	make_tree();
	put(table, "/dev/sda / ext4 rw 0 0\n"
		   "srv:/a /mnt/nfs nfs4 rw 0 0\n"
		   "auto /misc autofs rw 0 0\n"
		   "/dev/sdb /misc ext4 rw 0 0\n"
		   "garbage\n"
		   "s /a\\040b fuse.sshfs rw 0 0\n");
	root = root_new(dir, NULL);
	m = remote_mounts_new(root, table);
	CHECK(root && m);
	CHECK(remote_mounts_any(m));
	CHECK_STR(remote_mount_at(m, "/mnt/nfs", 8), "nfs4");
	CHECK_STR(remote_mount_at(m, "/a b", 4), "fuse.sshfs");
	/* A local one was put on top. */
	CHECK(!remote_mount_at(m, "/misc", 5));
	CHECK(!remote_mount_at(m, "/mnt", 4) && !remote_mount_at(m, "", 0));
	CHECK(remote_mount_on_way(m, "/mnt/nfs/x/y") && remote_mount_on_way(m, "/mnt/nfs"));
	CHECK(!remote_mount_on_way(m, "/mnt/nfs2") && !remote_mount_on_way(m, "/"));

	buf_init(&out, 4096);
	CHECK_INT(remote_mounts_resolve(m, root, "/link", &out), -EREMOTE);
	CHECK_STR(buf_str(&out), "/mnt/nfs");
	CHECK_INT(remote_mounts_resolve(NULL, root, "/link", &out), -ENOENT);
	CHECK_INT(remote_mounts_resolve(m, root, "/up//x/", &out), 0);
	CHECK_STR(buf_str(&out), "/mnt");
	CHECK_INT(remote_mounts_resolve(m, root, "/loop", &out), -ELOOP);
	CHECK_INT(remote_mounts_resolve(m, root, "/../..", &out), 0);
	CHECK_INT(out.len, 0);
	buf_done(&out);
	remote_mounts_free(m);
	root_free(root);
	remove_tree();
}

TEST(mount_locate)
{
	struct remote_mounts *m;
	struct root *root;
	struct buf out;
	int fd;

	make_tree();
	root = root_new(dir, NULL);
	m = remote_mounts_new(root, "/nonexistent");
	CHECK(root && m && !remote_mounts_any(m));
	buf_init(&out, 4096);
	fd = root_open(root, "/up/x/nfs", O_PATH);
	CHECK_INT(remote_mounts_locate(m, fd, &out), 0);
	CHECK_STR(buf_str(&out), "/mnt/nfs");
	close(fd);
	fd = open("/tmp", O_PATH | O_CLOEXEC);
	CHECK_INT(remote_mounts_locate(m, fd, &out), -EXDEV);
	close(fd);
	buf_done(&out);
	remote_mounts_free(m);
	root_free(root);
	remove_tree();
}

TEST(mount_no_memory)
{
	struct root *root;
	struct remote_mounts *m = NULL;

	make_tree();
	put(table, "srv:/a /mnt/nfs nfs4 rw 0 0\nsrv:/b /b nfs rw 0 0\n");
	root = root_new(dir, NULL);
	for (long i = 1; !m; i++) {
		failalloc_countdown = i;
		m = remote_mounts_new(root, table);
		CHECK(!m == failalloc_spent());
	}
	failalloc_countdown = 0;
	CHECK(remote_mount_at(m, "/b", 2));
	remote_mounts_free(m);
	root_free(root);
	remove_tree();
}

TEST_MAIN(&mount_lines, &mountinfo_lines, &mount_types, &mount_set, &mount_locate, &mount_no_memory)
