/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/audit.h"

#include "agentd/auditfile.h"
#include "agentd/auditread.h"
#include "agentd/conf.h"
#include "agentd/policy.h"
#include "common/io.h"
#include "common/str.h"
#include "tests/unit/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64], log_path[96];
static struct conf limits = {.audit_max_mb = 64, .audit_keep = 4};
static struct err why;

/* ---- Instead of libc's ---- */

static struct {
	int files, dirs; /* synced */
	off_t size;	 /* of the file, then */
	int error;	 /* it fails by that */
} syncs;

int fdatasync(int fd)
{
	struct stat st;

	syncs.files++;
	syncs.size = fstat(fd, &st) < 0 ? -1 : st.st_size;
	errno = syncs.error;
	return syncs.error ? -1 : 0;
}

int fsync(int fd)
{
	syncs.dirs++;
	return fd < 0 ? -1 : 0;
}

/* ---- A directory of the test's own ---- */

static void drop_flags(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd >= 0) {
		auditfile_append_only(fd, false);
		close(fd);
	}
}

static void empty_dir(void)
{
	struct dirent *e;
	char path[sizeof(dir) + NAME_MAX + 2];
	DIR *d = opendir(dir);

	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		drop_flags(path);
		unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

static void fresh_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/tocsin-audit-%d", (int)getpid());
	snprintf(log_path, sizeof(log_path), "%s/" AUDIT_FILE, dir);
	empty_dir();
	limits.audit_max_mb = 64;
	limits.audit_keep = 4;
}

static struct audit *open_log(void)
{
	struct audit *a = audit_open(dir, &limits, &why);

	if (!a || why.code)
		FAIL("%s", why.text);
	return a;
}

static int try_entry(struct audit *a, const char *text)
{
	struct subject who = {.uid = 7, .gid = 8, .user = "alice", .n_groups = 1, .groups = {9}};
	struct audit_entry e = {.event = AUDIT_QUERY, .who = &who, .session = 3, .text = text};

	return audit_write(a, &e, true, &why);
}

static void entry(struct audit *a, const char *text)
{
	if (try_entry(a, text) < 0)
		FAIL("%s", why.text);
}

/* ---- What verifying says ---- */

static struct audit_verifier seen;
static char first_break[512];

static void on_break(void *arg, const struct audit_place *place, const char *text)
{
	(void)arg;
	if (!*first_break)
		snprintf(first_break, sizeof(first_break), "%u:%d: %s", place->file,
			(int)place->line, text);
}

static int on_line(void *arg, const struct audit_place *place, struct span line)
{
	return audit_verify_line(arg, place, line, NULL);
}

/* "" or the first break. */
static const char *verify(void)
{
	int r;

	seen = (struct audit_verifier){.broken = on_break};
	*first_break = '\0';
	r = audit_read(dir, on_line, &seen, &why);
	if (r < 0)
		return strerror(-r);
	audit_verify_end(&seen);
	return first_break;
}

static char *content(size_t *ret_n)
{
	struct buf b;

	buf_init(&b, 64u << 20);
	CHECK_INT(io_read_file(AT_FDCWD, log_path, &b), 0);
	*ret_n = b.len;
	return buf_steal(&b);
}

static void put_content(const char *p, size_t n)
{
	int fd;

	drop_flags(log_path);
	fd = open(log_path, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && io_write_all(fd, p, n) == 0);
	close(fd);
}

/* ---- */

TEST(audit_chain)
{
	struct audit *a;
	char *text;
	size_t n;

	fresh_dir();
	CHECK_STR(verify(), "No such file or directory");
	a = open_log();
	for (int i = 0; i < 3; i++)
		entry(a, "select 1");
	CHECK_STR(verify(), "");
	CHECK_INT(seen.lines, 3);
	audit_close(a);
	a = open_log();
	entry(a, "select 2");
	audit_close(a);
	CHECK_STR(verify(), "");
	CHECK_INT(seen.seq, 4);
	text = content(&n);
	CHECK(str_starts(text, "{\"seq\":1,\"prev\":\"0000"));
	CHECK(strstr(text, "\"user\":\"alice\",\"uid\":7,\"gid\":8,\"groups\":[9]"));
	free(text);
	empty_dir();
}

TEST(audit_hostile_text)
{
	struct audit *a;
	size_t n;
	char *text;

	fresh_dir();
	a = open_log();
	entry(a, "x\n\"seq\":9 \x1b[2J \xc2\x9b \xe2\x80\xae");
	entry(a, "\xff\xfe\n");
	audit_close(a);
	text = content(&n);
	for (size_t i = 0; i < n; i++)
		CHECK(text[i] == '\n' || (text[i] >= 0x20 && text[i] < 0x7f));
	CHECK(strstr(text, "\"text\":{\"b64\":\"//4K\"}"));
	free(text);
	CHECK_STR(verify(), "");
	CHECK_INT(seen.lines, 2);
	empty_dir();
}

/* Each byte of each line that another one follows. */
TEST(audit_every_byte_counts)
{
	size_t n, last;
	char *text;

	fresh_dir();
	for (int i = 0; i < 3; i++) {
		struct audit *a = open_log();

		entry(a, "q");
		audit_close(a);
	}
	text = content(&n);
	last = n - 1;
	while (text[last - 1] != '\n')
		last--;
	for (size_t i = 0; i < last; i++) {
		text[i] ^= 1;
		put_content(text, n);
		if (!*verify())
			FAIL("byte %zu does not count", i);
		text[i] ^= 1;
	}
	/* Nor is there room for one more. */
	memmove(text + last, text + last - 1, 1);
	text[last - 1] = '\r';
	put_content(text, last + 1);
	CHECK_STR(verify(), "");
	free(text);
	empty_dir();
}

TEST(audit_lines_missing)
{
	size_t n;
	char *text, *second, *third;

	fresh_dir();
	for (int i = 0; i < 4; i++) {
		struct audit *a = open_log();

		entry(a, "q");
		audit_close(a);
	}
	text = content(&n);
	second = strchr(text, '\n') + 1;
	third = strchr(second, '\n') + 1;
	put_content(second, n - (size_t)(second - text));
	CHECK_STR(verify(), "0:1: the log begins with line 2: what was before it is missing");
	memmove(second, third, n - (size_t)(third - text));
	put_content(text, n - (size_t)(third - second));
	CHECK_STR(verify(), "0:2: lines 2 to 2 are missing");
	free(text);
	empty_dir();
}

TEST(audit_half_line)
{
	struct audit *a;
	size_t n;
	char *text;

	fresh_dir();
	a = open_log();
	entry(a, "one");
	entry(a, "two");
	audit_close(a);
	text = content(&n);
	for (size_t cut = 1; cut < 5; cut++) {
		put_content(text, n - cut);
		CHECK_STR(verify(), "");
		CHECK_INT(seen.torn, 1);
		a = open_log();
		entry(a, "three");
		audit_close(a);
		CHECK_STR(verify(), "");
		CHECK_INT(seen.torn, 1);
		CHECK_INT(seen.lines, 3);
	}
	/* What stands before it is still held by the chain. */
	a = open_log();
	entry(a, "four");
	audit_close(a);
	free(text);
	text = content(&n);
	text[60] ^= 1;
	put_content(text, n);
	CHECK(*verify());
	/* Nothing but half a line. */
	put_content("{\"se", 4);
	a = open_log();
	entry(a, "one");
	audit_close(a);
	CHECK_STR(verify(), "");
	/* Words between lines are none. */
	put_content("hello\n", 6);
	CHECK_STR(verify(), "0:1: this is no line of the log");
	free(text);
	empty_dir();
}

TEST(audit_rotates)
{
	struct audit *a;
	unsigned *list;
	size_t n;
	int dirfd;

	fresh_dir();
	limits.audit_max_mb = 0; /* with every line */
	a = open_log();
	for (int i = 0; i < 3; i++)
		entry(a, "q");
	CHECK_STR(verify(), "");
	CHECK_INT(seen.first_seq, 1);
	for (int i = 0; i < 10; i++)
		entry(a, "q");
	CHECK_STR(verify(), "");
	/* Each but the first begins with `continue`; those of four and the one being written are
	 * left. */
	CHECK_INT(seen.lines, 10);
	CHECK(seen.first_seq > 1);
	dirfd = open(dir, O_RDONLY | O_CLOEXEC);
	CHECK_INT(auditfile_list(dirfd, &list, &n), 0);
	CHECK_INT(n, 4);
	audit_close(a);
	/* As after a crash between putting away and going on. */
	drop_flags(log_path);
	CHECK(auditfile_put_away(dirfd, open(log_path, O_RDONLY | O_CLOEXEC), list[3] + 1) == 0);
	CHECK_STR(verify(), "");
	a = open_log();
	entry(a, "q");
	CHECK_STR(verify(), "");
	/* One from the middle. */
	CHECK_INT(auditfile_remove(dirfd, list[3]), 0);
	CHECK(strstr(verify(), "are missing"));
	audit_close(a);
	free(list);
	close(dirfd);
	empty_dir();
}

TEST(audit_oldest_missing)
{
	struct audit *a;
	int dirfd;

	fresh_dir();
	limits.audit_max_mb = 0;
	a = open_log();
	for (int i = 0; i < 3; i++)
		entry(a, "q");
	audit_close(a);
	dirfd = open(dir, O_RDONLY | O_CLOEXEC);
	CHECK_INT(auditfile_remove(dirfd, 1), 0);
	CHECK_STR(verify(), "");
	CHECK_INT(auditfile_remove(dirfd, 2), 0);
	/* The last ones are never removed to keep fewer. */
	CHECK_STR(verify(), "0:1: the log begins with line 4: what was before it is missing");
	close(dirfd);
	empty_dir();
}

/* ---- What others do to it ---- */

static void swap_file(const char *p, size_t n)
{
	char other[128];
	int fd;

	snprintf(other, sizeof(other), "%s/other", dir);
	fd = open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && io_write_all(fd, p, n) == 0);
	close(fd);
	drop_flags(log_path);
	CHECK(rename(other, log_path) == 0);
}

TEST(audit_touched_by_others)
{
	struct audit *a;
	size_t n;
	char *text;

	fresh_dir();
	a = open_log();
	entry(a, "one");
	entry(a, "two");
	drop_flags(log_path);
	CHECK(unlink(log_path) == 0);
	entry(a, "three");
	CHECK_STR(verify(), "0:1: the log begins with line 3: what was before it is missing");
	CHECK_INT(seen.breaks, 2);
	CHECK_INT(seen.lines, 2);

	text = content(&n);
	put_content(text, (size_t)(strchr(text, '\n') + 1 - text));
	entry(a, "four");
	CHECK(strstr(verify(), "begins with line 3"));
	CHECK_INT(seen.breaks, 4);

	swap_file("", 0);
	entry(a, "five");
	swap_file("{}\n", 3);
	entry(a, "six");
	CHECK_STR(verify(), "0:1: this is no line of the log");
	audit_close(a);
	free(text);
	empty_dir();
}

TEST(audit_appended_by_others)
{
	struct audit *a;
	size_t n;
	char *text;
	int fd;

	fresh_dir();
	a = open_log();
	entry(a, "one");
	text = content(&n);
	fd = open(log_path, O_WRONLY | O_APPEND | O_CLOEXEC);
	CHECK(fd >= 0 && io_write_all(fd, text, n) == 0);
	close(fd);
	entry(a, "two");
	CHECK(*verify());
	audit_close(a);
	free(text);
	empty_dir();
}

TEST(audit_no_file)
{
	struct audit *a;

	fresh_dir();
	CHECK(mkdir(dir, 0700) == 0);
	CHECK(mkfifo(log_path, 0600) == 0);
	a = audit_open(dir, &limits, &why);
	CHECK(a && why.code == EINVAL);
	CHECK_INT(try_entry(a, "one"), -EINVAL);
	unlink(log_path);
	CHECK(symlink("/etc/passwd", log_path) == 0);
	CHECK_INT(try_entry(a, "one"), -ELOOP);
	unlink(log_path);
	entry(a, "one");
	/* The directory goes, and comes again. */
	empty_dir();
	entry(a, "two");
	CHECK(strstr(verify(), "begins with line 2"));
	audit_close(a);
	empty_dir();
}

/* ---- Disks ---- */

TEST(audit_file_limit)
{
	struct rlimit old, low;
	struct audit *a;
	size_t n;
	char *text;

	fresh_dir();
	a = open_log();
	entry(a, "one");
	text = content(&n);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	low = (struct rlimit){.rlim_cur = n + 20, .rlim_max = old.rlim_max};
	setrlimit(RLIMIT_FSIZE, &low);
	CHECK_INT(try_entry(a, "two"), -EFBIG);
	CHECK_INT(try_entry(a, "three"), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	entry(a, "four");
	CHECK_STR(verify(), "");
	CHECK_INT(seen.torn, 1);
	CHECK_INT(seen.lines, 3);
	audit_close(a);
	free(text);
	empty_dir();
}

/* In a child with a file system of its own. */
static int on_full_disk(void)
{
	char filler[128], *big = calloc(1, 70000);
	struct audit *a;
	int fd;

	if (!big || mount("none", dir, "tmpfs", 0, "size=64k") < 0)
		return 77;
	a = open_log();
	entry(a, "one");
	memset(big, 'x', 69999);
	if (try_entry(a, big) != -ENOSPC || try_entry(a, "two") != -ENOSPC)
		return 1;
	snprintf(filler, sizeof(filler), "%s/filler", dir);
	/* More room. */
	if (mount("none", dir, "tmpfs", MS_REMOUNT, "size=1m") < 0)
		return 77;
	entry(a, "three");
	if (*verify() || seen.torn != 1 || seen.lines != 3)
		return 2;
	fd = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	close(fd);
	audit_close(a);
	return 0;
}

TEST(audit_full_disk)
{
	int status;
	pid_t pid;

	fresh_dir();
	CHECK(mkdir(dir, 0700) == 0);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
			mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			_exit(77);
		_exit(on_full_disk());
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	empty_dir();
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		SKIP("needs root and a file system of its own");
	CHECK_INT(status, 0);
}

TEST(audit_synced)
{
	struct audit *a;
	struct audit_entry e = {.event = AUDIT_REQUEST};
	struct stat st;

	fresh_dir();
	a = open_log();
	syncs.files = syncs.dirs = 0;
	CHECK_INT(audit_write(a, &e, false, &why), 0);
	CHECK_INT(syncs.files, 0);
	/* With all that was written, and the name of a new file. */
	CHECK_INT(audit_write(a, &e, true, &why), 0);
	CHECK_INT(stat(log_path, &st), 0);
	CHECK_INT(syncs.files, 1);
	CHECK_INT(syncs.size, st.st_size);
	CHECK_INT(syncs.dirs, 1);
	/* What is not on the disk is not written. */
	syncs.error = EIO;
	CHECK_INT(audit_write(a, &e, true, &why), -EIO);
	syncs.error = 0;
	/* One that is put away before the next is begun. */
	syncs.files = 0;
	audit_configure(a, &(struct conf){.audit_max_mb = 0, .audit_keep = 4});
	CHECK_INT(audit_write(a, &e, false, &why), 0);
	CHECK_INT(syncs.files, 1);
	CHECK_STR(verify(), "");
	audit_close(a);
	empty_dir();
}

/* What the file system can, whatever the log does. */
static bool has_append_only(void)
{
	char path[128];
	int flags = FS_APPEND_FL, fd;
	bool has;

	snprintf(path, sizeof(path), "%s/probe", dir);
	fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
	has = ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
	auditfile_append_only(fd, false);
	close(fd);
	unlink(path);
	return has;
}

TEST(audit_append_only)
{
	struct audit *a;
	char other[128];

	fresh_dir();
	a = open_log();
	entry(a, "one");
	if (!has_append_only()) {
		audit_close(a);
		empty_dir();
		SKIP("needs root and a file system with the attribute");
	}
	snprintf(other, sizeof(other), "%s/other", dir);
	CHECK(rename(log_path, other) < 0 && errno == EPERM);
	CHECK(unlink(log_path) < 0 && errno == EPERM);
	CHECK(truncate(log_path, 0) < 0 && errno == EPERM);
	CHECK(open(log_path, O_WRONLY | O_CLOEXEC) < 0 && errno == EPERM);
	/* One that was put away as well. */
	audit_configure(a, &(struct conf){.audit_max_mb = 0, .audit_keep = 4});
	entry(a, "two");
	snprintf(other, sizeof(other), "%s/" AUDIT_FILE ".000001", dir);
	CHECK(unlink(other) < 0 && errno == EPERM);
	CHECK_STR(verify(), "");
	audit_close(a);
	empty_dir();
}

/* ---- At the same time ---- */

static void write_many(char *text, size_t n)
{
	struct audit *a = open_log();

	memset(text, 'q', n - 1);
	for (int i = 0; i < 400; i++)
		if (try_entry(a, text) < 0)
			_exit(1);
	audit_close(a);
}

TEST(audit_read_while_written)
{
	static char text[40000];
	int status = 0, rounds = 0;
	pid_t pid;

	fresh_dir();
	limits.audit_max_mb = 1;
	limits.audit_keep = 3;
	pid = fork();
	if (pid == 0) {
		write_many(text, sizeof(text));
		_exit(0);
	}
	CHECK(pid > 0);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		const char *said = verify();

		if (*said && !str_eq(said, "No such file or directory"))
			FAIL("%s", said);
		rounds++;
	}
	CHECK_INT(status, 0);
	CHECK(rounds > 0);
	CHECK_STR(verify(), "");
	CHECK(seen.seq > 400 && seen.first_seq > 1);
	empty_dir();
}

/* ---- Bounds ---- */

TEST(audit_line_too_long)
{
	struct audit *a;
	char *text = malloc(AUDIT_LINE_MAX + 1);

	fresh_dir();
	CHECK(text);
	memset(text, 'q', AUDIT_LINE_MAX);
	text[AUDIT_LINE_MAX] = '\0';
	a = open_log();
	CHECK_INT(try_entry(a, text), -EMSGSIZE);
	entry(a, "one");
	audit_close(a);
	CHECK_STR(verify(), "");
	put_content(text, AUDIT_LINE_MAX);
	CHECK_STR(verify(), "");
	CHECK_INT(seen.torn, 1);
	free(text);
	empty_dir();
}

TEST(audit_out_of_memory)
{
	struct audit *a;

	fresh_dir();
	a = open_log();
	for (long n = 1;; n++) {
		int r;

		failalloc_countdown = n;
		r = try_entry(a, "q");
		if (!failalloc_spent()) {
			failalloc_countdown = 0;
			CHECK_INT(r, 0);
			break;
		}
		CHECK(r == 0 || r == -ENOMEM);
	}
	audit_close(a);
	for (long n = 1;; n++) {
		failalloc_countdown = n;
		a = audit_open(dir, &limits, &why);
		audit_close(a);
		if (!failalloc_spent()) {
			failalloc_countdown = 0;
			break;
		}
		CHECK(!a || why.code == ENOMEM);
	}
	CHECK_STR(verify(), "");
	empty_dir();
}

TEST_MAIN(&audit_chain, &audit_hostile_text, &audit_every_byte_counts, &audit_lines_missing,
	&audit_half_line, &audit_rotates, &audit_oldest_missing, &audit_touched_by_others,
	&audit_appended_by_others, &audit_no_file, &audit_file_limit, &audit_full_disk,
	&audit_synced, &audit_append_only, &audit_read_while_written, &audit_line_too_long,
	&audit_out_of_memory)
