/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/rsakey.h"

#include "common/buf.h"
#include "common/io.h"
#include "common/spawn.h"
#include "common/str.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64], path[96];

/* Has ssh-keygen make a key; false when there is no ssh-keygen. */
static bool make_key(const char *type, const char *passphrase, const char *format)
{
	const char *argv[] = {"ssh-keygen", "-q", "-t", type, "-b",
		str_eq(type, "rsa") ? "2048" : "256", "-m", format, "-N", passphrase, "-f", path,
		NULL};
	struct spawned p;
	int status;

	unlink(path);
	if (spawn(argv, 0, &p, NULL) < 0)
		return false;
	waitpid(p.pid, &status, 0);
	p.pid = 0;
	spawn_end(&p, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(the_same_key)
{
	ssh_key slow = NULL, quick;

	if (!make_key("rsa", "", "RFC4716"))
		SKIP("no ssh-keygen");
	quick = rsakey_load(path);
	CHECK(quick);
	CHECK_INT(ssh_pki_import_privkey_file(path, NULL, NULL, NULL, &slow), SSH_OK);
	CHECK_INT(ssh_key_cmp(slow, quick, SSH_KEY_CMP_PUBLIC), 0);
	CHECK(ssh_key_is_private(quick));
	CHECK_INT(ssh_key_type(quick), SSH_KEYTYPE_RSA);
	ssh_key_free(slow);
	ssh_key_free(quick);
}

TEST(other_kinds)
{
	if (!make_key("ed25519", "", "RFC4716"))
		SKIP("no ssh-keygen");
	CHECK(!rsakey_load(path));
	CHECK(make_key("rsa", "secret", "RFC4716"));
	CHECK(!rsakey_load(path));
	CHECK(make_key("rsa", "", "PEM"));
	CHECK(!rsakey_load(path));
	CHECK(!rsakey_load("/nonexistent"));
	CHECK(!rsakey_load("/dev/null"));
}

static void write_file(const char *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || io_write_all(fd, p, n) < 0)
		abort();
	io_close(fd);
}

/* Cut short or with a character changed: it is not read, or it is a key; nothing breaks. */
TEST(damaged_files)
{
	struct buf b;

	if (!make_key("rsa", "", "RFC4716"))
		SKIP("no ssh-keygen");
	buf_init(&b, 1 << 16);
	CHECK_INT(io_read_file(AT_FDCWD, path, &b), 0);
	for (size_t n = 0; n + 40 < b.len; n += 7) {
		write_file(b.p, n);
		CHECK(!rsakey_load(path));
	}
	for (size_t i = 36; i + 40 < b.len; i += 11) {
		char was = b.p[i];

		b.p[i] = was == 'A' ? '/' : 'A';
		write_file(b.p, b.len);
		b.p[i] = was;
		ssh_key_free(rsakey_load(path));
	}
	buf_done(&b);
}

int main(void)
{
	static const struct test *const all[] = {&the_same_key, &other_kinds, &damaged_files};
	char *public;
	int failed;

	snprintf(dir, sizeof(dir), "/tmp/tocsin-rsakey.XXXXXX");
	if (!mkdtemp(dir))
		return 2;
	snprintf(path, sizeof(path), "%s/key", dir);
	failed = test_main(all, ARRAY_LEN(all));
	public = str_printf("%s.pub", path);
	unlink(path);
	unlink(public);
	free(public);
	rmdir(dir);
	return failed;
}
