/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vault's folder and entries, files copied and hashed, paths without links, owners of files. */
#include "agentd/nofollow.h"
#include "agentd/pkgowner.h"
#include "agentd/policy.h"
#include "agentd/root.h"
#include "agentd/vault.h"
#include "agentd/vaultfile.h"
#include "common/io.h"
#include "tests/unit/test.h"
#include "tests/unit/tree.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#define MANY_MB 1000

/* A folder of this test's own, removed at the end. */
static char top[] = "/tmp/tocsin-vault.XXXXXX";
static struct err err;

static const char *at(const char *name)
{
	static char path[4][PATH_MAX];
	static unsigned next;
	char *p = path[next++ % 4];

	snprintf(p, PATH_MAX, "%s/%s", top, name);
	return p;
}

static int make(const char *name, const char *content)
{
	int fd = open(at(name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || io_write_all(fd, content, strlen(content)) < 0)
		FAIL("%s: %s", name, strerror(errno));
	return fd;
}

TEST(begin)
{
	CHECK(mkdtemp(top));
	CHECK_INT(mkdir(at("state"), 0700), 0);
}

/* ---- Folder and entries ---- */

TEST(ids)
{
	CHECK(vault_id_valid("20261122-001143-b65986"));
	CHECK(!vault_id_valid(""));
	CHECK(!vault_id_valid("20261122-001143-b6598"));
	CHECK(!vault_id_valid("20261122-001143-b659866"));
	CHECK(!vault_id_valid("20261122-001143-B65986"));
	CHECK(!vault_id_valid("2026112a-001143-b65986"));
	CHECK(!vault_id_valid("20261122/001143-b65986"));
	CHECK(!vault_id_valid("../../../../../../etc/"));
}

TEST(names_of_marks)
{
	char id[VAULT_ID_MAX] = "";
	enum vault_way way;

	CHECK(vault_mark_read(".moving-20261122-001143-b65986", id, &way));
	CHECK_STR(id, "20261122-001143-b65986");
	CHECK_INT(way, VAULT_AWAY);
	CHECK(vault_mark_read(".restoring-20261122-001143-b65986", id, &way));
	CHECK_INT(way, VAULT_BACK);
	CHECK(!vault_mark_read("20261122-001143-b65986", id, &way));
	CHECK(!vault_mark_read(".moving-", id, &way));
	CHECK(!vault_mark_read(".moving-../../../../../../etc/", id, &way));
}

TEST(folder)
{
	struct vault v = VAULT_NONE;
	struct stat st;

	CHECK_INT(vault_open(at("state"), false, &v, &err), -ENOENT);
	CHECK_INT(vault_open(at("nowhere"), true, &v, &err), -ENOENT);
	CHECK_INT(vault_open(at("state"), true, &v, &err), 0);
	CHECK_INT(stat(at("state/vault"), &st), 0);
	CHECK_INT(st.st_mode & 07777, 0700);
	vault_close(&v);
	CHECK_INT(chmod(at("state/vault"), 0750), 0);
	CHECK_INT(vault_open(at("state"), true, &v, &err), -EPERM);
	CHECK_INT(chmod(at("state/vault"), 0700), 0);
	CHECK_INT(mkdir(at("linked"), 0700), 0);
	CHECK_INT(symlink(at("state/vault"), at("linked/vault")), 0);
	CHECK(vault_open(at("linked"), true, &v, &err) < 0);
	vault_close(&v);
}

static bool has(const char *id, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "state/vault/%s/%s", id, name);
	return access(at(path), F_OK) == 0;
}

TEST(entries)
{
	struct vault v = VAULT_NONE;
	struct vault_entry e = VAULT_ENTRY_NONE, found;
	json_t *meta = json_pack("{s:s}", "kind", "test"), *read;
	int fd;

	CHECK_INT(vault_open(at("state"), true, &v, &err), 0);
	CHECK_INT(vault_entry_new(&v, 1000, MANY_MB, &e, &err), 0);
	fd = vault_entry_file(&e, VAULT_CONTENT, &err);
	CHECK(fd >= 0);
	CHECK_INT(vault_entry_file(&e, VAULT_CONTENT, &err), -EEXIST);
	CHECK_INT(io_write_all(fd, "abc", 3), 0);
	io_close(fd);
	/* Not before it is committed. */
	CHECK_INT(vault_entry_find(&v, e.id, &found, &read, &err), -ENOENT);
	CHECK_INT(vault_commit(&e, meta, &err), 0);
	CHECK(!has(e.id, "reserve"));
	CHECK_INT(vault_entry_note(&e, "note.json", meta, &err), 0);
	vault_entry_done(&e);
	CHECK(has(e.id, VAULT_CONTENT) && has(e.id, "note.json"));
	CHECK_INT(vault_entry_find(&v, e.id, &found, &read, &err), 0);
	CHECK(json_equal(meta, read));
	fd = vault_entry_open(&found, VAULT_CONTENT, &err);
	CHECK(fd >= 0);
	io_close(fd);
	CHECK_INT(vault_entry_open(&found, "none", &err), -ENOENT);
	json_decref(read);
	vault_entry_done(&found);
	CHECK(has(e.id, VAULT_CONTENT));
	json_decref(meta);
	vault_close(&v);
}

TEST(one_that_is_not_committed_goes)
{
	struct vault v = VAULT_NONE;
	struct vault_entry e = VAULT_ENTRY_NONE;

	CHECK_INT(vault_open(at("state"), true, &v, &err), 0);
	CHECK_INT(vault_entry_new(&v, 0, MANY_MB, &e, &err), 0);
	io_close(vault_entry_file(&e, VAULT_CONTENT, &err));
	CHECK(has(e.id, VAULT_CONTENT));
	vault_entry_done(&e);
	CHECK(!has(e.id, ""));
	vault_close(&v);
}

TEST(one_that_is_being_made_counts)
{
	struct vault v = VAULT_NONE;
	struct vault_entry a = VAULT_ENTRY_NONE, b = VAULT_ENTRY_NONE;

	CHECK_INT(vault_open(at("state"), true, &v, &err), 0);
	CHECK_INT(vault_entry_new(&v, 6 << 20, 10, &a, &err), 0);
	CHECK_INT(vault_entry_new(&v, 6 << 20, 10, &b, &err), -ENOSPC);
	CHECK(has(a.id, "reserve"));
	CHECK_INT(vault_entry_new(&v, 3 << 20, 10, &b, &err), 0);
	vault_entry_done(&a);
	vault_entry_done(&b);
	CHECK_INT(vault_entry_new(&v, 9 << 20, 10, &a, &err), 0);
	vault_entry_done(&a);
	CHECK_INT(vault_entry_new(&v, UINT64_MAX, MANY_MB, &a, &err), -ENOSPC);
	CHECK_INT(vault_entry_new(&v, 1ull << 60, UINT64_MAX >> 20, &a, &err), -ENOSPC);
	vault_close(&v);
}

/* Of an agent that was killed. */
TEST(one_that_was_interrupted_goes)
{
	static const char id[] = "20200101-000000-abcdef";
	struct vault v = VAULT_NONE;
	struct vault_entry e = VAULT_ENTRY_NONE;
	int fd;

	CHECK_INT(vault_open(at("state"), true, &v, &err), 0);
	CHECK_INT(mkdirat(v.dir, id, 0700), 0);
	io_close(make("state/vault/20200101-000000-abcdef/content", "half"));
	fd = make("state/vault/20200101-000000-abcdef/reserve", "");
	CHECK_INT(flock(fd, LOCK_EX), 0);
	CHECK_INT(vault_entry_new(&v, 0, MANY_MB, &e, &err), 0);
	vault_entry_done(&e);
	CHECK(has(id, "content"));
	io_close(fd);
	CHECK_INT(vault_entry_new(&v, 0, MANY_MB, &e, &err), 0);
	vault_entry_done(&e);
	CHECK(!has(id, ""));
	vault_close(&v);
}

static void find_bad(const struct vault *v, const char *id, int want)
{
	struct vault_entry e = VAULT_ENTRY_NONE;
	json_t *meta = NULL;

	err_clear(&err);
	CHECK_INT(vault_entry_find(v, id, &e, &meta, &err), want);
	CHECK(err.text[0]);
}

TEST(entries_that_are_none)
{
	struct vault v = VAULT_NONE;

	CHECK_INT(vault_open(at("state"), true, &v, &err), 0);
	find_bad(&v, "", -EINVAL);
	find_bad(&v, "../vault", -EINVAL);
	find_bad(&v, "20210101-000000-abcdef", -ENOENT);
	CHECK_INT(mkdirat(v.dir, "20210101-000000-abcdef", 0700), 0);
	find_bad(&v, "20210101-000000-abcdef", -ENOENT);
	io_close(make("state/vault/20210101-000000-abcdef/meta.json", "{\"a\":"));
	find_bad(&v, "20210101-000000-abcdef", -EBADMSG);
	io_close(make("state/vault/20210101-000000-abcdef/meta.json", "[1]"));
	find_bad(&v, "20210101-000000-abcdef", -EPROTO);
	CHECK_INT(symlinkat("20210101-000000-abcdef", v.dir, "20210101-000000-aaaaaa"), 0);
	CHECK(vault_entry_find(&v, "20210101-000000-aaaaaa", NULL, NULL, &err) < 0);
	vault_close(&v);
}

/* ---- Files ---- */

static const char zeros_1m[] = "30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58";

TEST(copies)
{
	int from = make("from", "hello"), to = make("to", "");
	char sha256[FILECOPY_SHA256_MAX], got[8] = "";

	CHECK_INT(filecopy(from, to, 5, sha256, &err), 0);
	CHECK_STR(sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
	CHECK_INT(pread(to, got, sizeof(got), 0), 5);
	CHECK_STR(got, "hello");
	CHECK_INT(filecopy_verify(to, 5, sha256, &err), 0);
	CHECK_INT(pwrite(to, "j", 1, 0), 1);
	CHECK_INT(filecopy_verify(to, 5, sha256, &err), -EBADMSG);
	/* It was cut meanwhile. */
	CHECK_INT(filecopy(from, -1, 6, sha256, &err), -EIO);
	CHECK_INT(filecopy(from, -1, FILECOPY_MAX + 1, sha256, &err), -EFBIG);
	io_close(to);
	to = open("/dev/full", O_RDWR | O_CLOEXEC);
	CHECK(to >= 0);
	CHECK_INT(filecopy(from, to, 5, sha256, &err), -ENOSPC);
	CHECK_INT(filecopy(from, -1, 0, sha256, &err), 0);
	CHECK_STR(sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	io_close(from);
	io_close(to);
}

TEST(copies_with_holes)
{
	int from = make("from", ""), to = make("to", "");
	char sha256[FILECOPY_SHA256_MAX], again[FILECOPY_SHA256_MAX], tail[5] = "";
	struct stat st;

	CHECK_INT(ftruncate(from, 1 << 20), 0);
	CHECK_INT(filecopy(from, -1, 1 << 20, sha256, &err), 0);
	CHECK_STR(sha256, zeros_1m);
	CHECK_INT(pwrite(from, "tail", 4, (5 << 20) + 1), 4);
	CHECK_INT(ftruncate(from, 8 << 20), 0);
	CHECK_INT(filecopy(from, to, 8 << 20, sha256, &err), 0);
	CHECK_INT(filecopy(to, -1, 8 << 20, again, &err), 0);
	CHECK_STR(sha256, again);
	CHECK_INT(pread(to, tail, 4, (5 << 20) + 1), 4);
	CHECK_STR(tail, "tail");
	CHECK_INT(fstat(to, &st), 0);
	CHECK_INT(st.st_size, 8 << 20);
	CHECK(st.st_blocks * 512 < 1 << 20);
	io_close(from);
	io_close(to);
}

static json_t *facts_meta(const char *path)
{
	json_t *meta = json_pack("{s:s}", "kind", VAULT_KIND_FILE);
	int fd = make("from", "hello");
	struct filefacts f;

	CHECK_INT(filefacts_read(fd, &f, &err), 0);
	CHECK_INT(filecopy(fd, -1, 5, f.sha256, &err), 0);
	CHECK_INT(vaultfile_put(meta, &f, span_str(path)), 0);
	filefacts_done(&f);
	io_close(fd);
	return meta;
}

TEST(metas_read_back)
{
	json_t *meta = facts_meta("/a\xff\nb");
	struct vaultfile f;
	struct stat st;

	CHECK_INT(stat(at("from"), &st), 0);
	CHECK_INT(vaultfile_read(meta, &f, &err), 0);
	CHECK_STR(f.path, "/a\xff\nb");
	CHECK_INT(f.size, 5);
	CHECK_INT(f.mode, st.st_mode & 07777);
	CHECK_INT(f.uid, getuid());
	CHECK_INT(f.mtime.tv_sec, st.st_mtim.tv_sec);
	CHECK_INT(f.mtime.tv_nsec, st.st_mtim.tv_nsec);
	json_decref(meta);
}

static void bad_meta(const char *name, json_t *value)
{
	json_t *meta = facts_meta("/a");
	struct vaultfile f;

	if (value)
		json_object_set_new(meta, name, value);
	else
		json_object_del(meta, name);
	if (vaultfile_read(meta, &f, &err) != -EBADMSG)
		FAIL("`%s` was taken", name);
	json_decref(meta);
}

TEST(metas_that_are_none)
{
	static const char *const names[] = {"path", "size", "sha256", "mode", "uid", "gid", "atime",
		"mtime", "flags", "xattrs"};
	json_t *other = json_pack("{s:s, s:s}", "kind", "process", "id", "x");
	struct vaultfile f;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		bad_meta(names[i], NULL);
		bad_meta(names[i], json_null());
	}
	bad_meta("path", json_string("a"));
	bad_meta("path", json_string("/a/../b"));
	bad_meta("size", json_integer(-1));
	bad_meta("mode", json_string("10000"));
	bad_meta("mode", json_string("9"));
	bad_meta("uid", json_integer(UINT32_MAX));
	bad_meta("sha256", json_string("00"));
	bad_meta("mtime", json_pack("[i, i]", 1, 1000000000));
	bad_meta("mtime", json_pack("[i]", 1));
	CHECK_INT(vaultfile_read(other, &f, &err), -EINVAL);
	json_decref(other);
}

TEST(attributes_that_are_none)
{
	json_t *bad[] = {
		json_null(),
		json_object(),
		json_pack("{s:s}", "name", "user.x"),
		json_pack("{s:s, s:s}", "name", "user.x", "value", "!"),
		json_pack("{s:{s:s}, s:s}", "name", "b64", "!", "value", ""),
		json_pack("{s:s, s:s}", "name", "no-such-space", "value", ""),
	};
	int fd = make("from", "");

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (filefacts_set_xattr(fd, bad[i]) >= 0)
			FAIL("number %zu was taken", i);
		json_decref(bad[i]);
	}
	io_close(fd);
}

TEST(identity_of_files)
{
	char one[ACTION_IDENTITY_MAX + 1], two[ACTION_IDENTITY_MAX + 1];
	struct filefacts f = {.sha256 = "x"};

	CHECK_INT(filefacts_identity(&f, span_str("/a"), one), 0);
	CHECK_INT(filefacts_identity(&f, span_str("/b"), two), 0);
	CHECK(strcmp(one, two) != 0);
	f.st.st_ctim.tv_nsec++;
	CHECK_INT(filefacts_identity(&f, span_str("/a"), two), 0);
	CHECK(strcmp(one, two) != 0);
	f.st.st_ctim.tv_nsec--;
	f.sha256[0]++;
	CHECK_INT(filefacts_identity(&f, span_str("/a"), two), 0);
	CHECK(strcmp(one, two) != 0);
}

/* ---- Paths without links ---- */

static int parent(struct root *root, const char *name, const char **ret_name)
{
	int dir = -1, r = nofollow_parent(root, name, &dir, ret_name, &err);

	io_close(dir);
	return r;
}

TEST(paths_are_taken_literally)
{
	struct root *root = root_new(top, &err);
	const char *name = "";

	CHECK(root);
	CHECK_INT(mkdir(at("dir"), 0700), 0);
	CHECK_INT(symlink("dir", at("link")), 0);
	CHECK_INT(parent(root, "/dir/x", &name), 0);
	CHECK_STR(name, "x");
	CHECK_INT(parent(root, "//dir///x", &name), 0);
	CHECK_INT(parent(root, "/x", &name), 0);
	CHECK_INT(parent(root, "/link/x", &name), -ELOOP);
	CHECK_STR(err.text, "/link is a symbolic link");
	CHECK_INT(parent(root, "/none/x", &name), -ENOENT);
	CHECK_INT(parent(root, "/from/x", &name), -ENOTDIR);
	CHECK_INT(parent(root, "/dir/", &name), -EISDIR);
	CHECK_INT(parent(root, "/", &name), -EISDIR);
	root_free(root);
}

static int file_of(int dir, const char *name)
{
	struct stat st;
	int fd = -1, r = nofollow_file(dir, name, &fd, &st, &err);

	io_close(fd);
	return r;
}

/* To go through, not to look into; and nobody wants the words. */
TEST(directory_that_cannot_be_read)
{
	struct root *root = root_new("/", &err);
	const char *name;
	int dir, r;

	CHECK_INT(mkdir(at("closed"), 0711), 0);
	if (geteuid() != 0) {
		root_free(root);
		SKIP("needs root");
	}
	CHECK_INT(chmod(top, 0711), 0);
	CHECK_INT(seteuid(65534), 0);
	r = nofollow_parent(root, at("closed/x"), &dir, &name, NULL);
	CHECK_INT(seteuid(0), 0);
	CHECK_INT(r, -EACCES);
	root_free(root);
}

TEST(only_regular_files)
{
	int dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	CHECK_INT(mkfifoat(dir, "fifo", 0600), 0);
	CHECK_INT(file_of(dir, "from"), 0);
	CHECK_INT(file_of(dir, "link"), -ELOOP);
	CHECK_INT(file_of(dir, "dir"), -EISDIR);
	CHECK_INT(file_of(dir, "fifo"), -EINVAL);
	CHECK_INT(file_of(dir, "none"), -ENOENT);
	io_close(dir);
}

/* ---- Owners ---- */

static void make_dirs(const char *path)
{
	char part[PATH_MAX];

	for (size_t i = 1; path[i]; i++) {
		if (path[i] != '/')
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)i, path);
		mkdir(part, 0755);
	}
}

TEST(owners_by_dpkg)
{
	char package[PKGOWNER_NAME_MAX];
	struct root *root;

	make_dirs(at("root/var/lib/dpkg/info/x"));
	io_close(make("root/var/lib/dpkg/info/tool.list", "/.\n/usr\n/usr/bin/tool\n/bin/old\n"));
	io_close(make("root/var/lib/dpkg/info/lib:amd64.list", "/lib/x.so\n"));
	io_close(
		make("root/var/lib/dpkg/diversions", "/usr/bin/tool\n/usr/bin/tool.real\nother\n"));
	root = root_new(at("root"), &err);
	CHECK(root);
	CHECK_INT(pkgowner_find(root, "/usr/bin/tool", package), 1);
	CHECK_STR(package, "tool");
	CHECK_INT(pkgowner_find(root, "/usr/bin/old", package), 1);
	CHECK_INT(pkgowner_find(root, "/usr/lib/x.so", package), 1);
	CHECK_STR(package, "lib");
	CHECK_INT(pkgowner_find(root, "/usr/bin/tool.real", package), 1);
	CHECK_STR(package, "tool");
	CHECK_INT(pkgowner_find(root, "/usr/bin/none", package), 0);
	CHECK_INT(pkgowner_find(root, "/usr/bin/\xff", package), 0);
	/* A database that cannot be read may hold it. */
	make_dirs(at("root/var/lib/rpm/x"));
	io_close(make("root/var/lib/rpm/Packages", "old"));
	CHECK(pkgowner_find(root, "/usr/bin/none", package) < 0);
	CHECK_INT(pkgowner_find(root, "/usr/bin/tool", package), 1);
	root_free(root);
}

TEST(where_packages_put_files)
{
	CHECK(pkgowner_possible("/opt/x"));
	CHECK(pkgowner_possible("/root/.bashrc"));
	CHECK(!pkgowner_possible("/tmp/x"));
	CHECK(pkgowner_possible("/tmpx"));
	CHECK(pkgowner_likely("/usr/bin/x"));
	CHECK(pkgowner_likely("/etc/x"));
	CHECK(!pkgowner_likely("/usr/local/bin/x"));
	CHECK(!pkgowner_likely("/tmp/x"));
	CHECK(!pkgowner_likely("/usrx/x"));
}

/* ---- Memory that runs out ---- */

static void keep_and_read(void)
{
	struct vault v = VAULT_NONE;
	struct vault_entry e = VAULT_ENTRY_NONE, found = VAULT_ENTRY_NONE;
	json_t *meta = json_pack("{s:s}", "kind", VAULT_KIND_FILE), *read = NULL;
	char sha256[FILECOPY_SHA256_MAX], package[PKGOWNER_NAME_MAX];
	struct root *root = root_new(at("root"), &err);
	struct filefacts f = {0};
	struct vaultfile file;
	int fd = open(at("from"), O_RDONLY | O_CLOEXEC);

	if (root)
		pkgowner_find(root, "/usr/bin/tool", package);
	if (filefacts_read(fd, &f, &err) == 0 && filecopy(fd, -1, 5, sha256, &err) == 0)
		memcpy(f.sha256, sha256, sizeof(sha256));
	if (vault_open(at("state"), true, &v, &err) == 0 &&
		vault_entry_new(&v, 0, MANY_MB, &e, &err) == 0 &&
		vaultfile_put(meta, &f, span_str("/a\xff")) == 0 &&
		vault_commit(&e, meta, &err) == 0 &&
		vault_entry_find(&v, e.id, &found, &read, &err) == 0)
		vaultfile_read(read, &file, &err);
	json_decref(read);
	json_decref(meta);
	vault_entry_done(&found);
	vault_entry_done(&e);
	vault_close(&v);
	filefacts_done(&f);
	io_close(fd);
	root_free(root);
}

TEST(memory_that_runs_out)
{
	io_close(make("from", "hello"));
	for (long i = 1; i < 10000; i++) {
		failalloc_countdown = i;
		keep_and_read();
		if (!failalloc_spent())
			return;
	}
	FAIL("it never ends");
}

TEST(end)
{
	CHECK_INT(tree_remove(top), 0);
}

TEST_MAIN(&begin, &ids, &names_of_marks, &folder, &entries, &one_that_is_not_committed_goes,
	&one_that_is_being_made_counts, &one_that_was_interrupted_goes, &entries_that_are_none,
	&copies, &copies_with_holes, &metas_read_back, &metas_that_are_none,
	&attributes_that_are_none, &identity_of_files, &paths_are_taken_literally,
	&directory_that_cannot_be_read, &only_regular_files, &owners_by_dpkg,
	&where_packages_put_files, &memory_that_runs_out, &end)
