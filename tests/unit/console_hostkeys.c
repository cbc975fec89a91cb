/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/buf.h"
#include "common/io.h"
#include "common/str.h"
#include "console/fleet/hostkeys.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ED   "ssh-ed25519"
#define EC   "ecdsa-sha2-nistp256"
#define RSA  "ssh-rsa"
#define KEY1 "AAAAC3NzaC1lZDI1NTE5AAAAIGe1O6BpeHr6Ie+EKpEDZ0/xrE8K/CRN8tO0OR/kxpUg"
#define KEY2 "AAAAC3NzaC1lZDI1NTE5AAAAICu/36hQxw4EJOTYl+FH3fbo7lvQyJo/3wFOq29qCgTW"
#define KEY3                                                                                       \
	"AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBJuNQsoHP5NiQxzt3NpU7qYuBrNkHP9gAxRz" \
	"yntphmaCvA4rO2ACgLmIYcxnqIqjeXkYkc/iXf3Iz1j68IRrpTI="
#define PRINT1 "SHA256:9J8IE4TqxaEHYTDbp5w75G1A9E6jlahECiuI9D476nQ"
#define PRINT2 "SHA256:5eBL35egZA88evuC7g9/NnxPMtDXCZg/S7BUxxAwcUc"
/* As ssh-keygen -H made them. */
#define WEB1_HASHED	 "|1|jNMgKJJO0RSu7TgeX4b/+lITrhk=|P2sbAcLX5vS7r03nG+KckJtoqW4="
#define WEB2_2222_HASHED "|1|DlOw5tuEGekqE5uoUyQ8wdfqLww=|cQ3cjZGYHC1CKwT+kYVLxJ8OURk="

static char dir[64], path[96];
static struct err err;

static void write_file(const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || io_write_all(fd, text, n) < 0)
		abort();
	io_close(fd);
}

static char *read_file(void)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	if (io_read_file(AT_FDCWD, path, &b) < 0)
		abort();
	return buf_steal(&b);
}

static struct hostkeys *load(bool accept_new)
{
	const char *files[] = {path, NULL};

	memset(&err, 0, sizeof(err));
	return hostkeys_new(files, "/nonexistent", accept_new, &err);
}

static struct hostkeys *from(const char *text)
{
	write_file(text, strlen(text));
	return load(false);
}

static enum hostkey look(
	struct hostkeys *hk, const char *host, unsigned port, const char *type, const char *key)
{
	struct hostkeys_name name;

	memset(&err, 0, sizeof(err));
	if (hostkeys_name(host, NULL, (uint16_t)port, &name) < 0)
		abort();
	return hostkeys_check(hk, &name, type, key, &err);
}

static const char *algorithms(
	const struct hostkeys *hk, const char *host, unsigned port, bool thorough)
{
	static char out[HOSTKEYS_ALGORITHMS_MAX];
	struct hostkeys_name name;

	if (hostkeys_name(host, NULL, (uint16_t)port, &name) < 0)
		abort();
	hostkeys_algorithms(hk, &name, thorough, out);
	return out;
}

TEST(plain_names)
{
	struct hostkeys *hk = from("# a comment\n\n"
				   "web1,10.0.0.1 " ED " " KEY1 " comment here\r\n"
				   "  [web2]:2222\t" ED "\t" KEY2 "\n"
				   "WEB3 " ED " " KEY1);

	CHECK(hk);
	CHECK_INT(hostkeys_count(hk), 3);
	CHECK_INT(hostkeys_skipped(hk), 0);
	CHECK_INT(look(hk, "web1", 22, ED, KEY1), HOSTKEY_KNOWN);
	CHECK_INT(look(hk, "10.0.0.1", 22, ED, KEY1), HOSTKEY_KNOWN);
	CHECK_INT(look(hk, "Web1", 22, ED, KEY1), HOSTKEY_KNOWN);
	CHECK_INT(look(hk, "web3", 22, ED, KEY1), HOSTKEY_KNOWN);
	CHECK_INT(look(hk, "web2", 2222, ED, KEY2), HOSTKEY_KNOWN);
	CHECK_INT(look(hk, "web2", 22, ED, KEY2), HOSTKEY_UNKNOWN);
	/* As ssh: a line without the port will do when the key is the same, and says nothing else.
	 */
	CHECK_INT(look(hk, "web1", 2222, ED, KEY1), HOSTKEY_KNOWN);
	CHECK_INT(look(hk, "web1", 2222, ED, KEY2), HOSTKEY_UNKNOWN);
	CHECK_INT(look(hk, "web", 22, ED, KEY1), HOSTKEY_UNKNOWN);
	CHECK_STR(err.text, "host key is not known (" ED " " PRINT1 "); --accept-new would add it");
	hostkeys_free(hk);
}

TEST(changed)
{
	struct hostkeys *hk =
		from("web1 " ED " " KEY1 "\nweb1 " EC " " KEY3 "\ndb1 " EC " " KEY3 "\n");

	CHECK(hk);
	CHECK_INT(look(hk, "web1", 22, ED, KEY2), HOSTKEY_CHANGED);
	CHECK(strstr(err.text, "host key has CHANGED: known " ED " " PRINT1));
	CHECK(strstr(err.text, "known_hosts line 1), offered " ED " " PRINT2));
	CHECK_INT(look(hk, "web1", 22, EC, KEY3), HOSTKEY_KNOWN);
	CHECK_INT(look(hk, "db1", 22, ED, KEY2), HOSTKEY_OTHER_TYPE);
	CHECK(strstr(err.text, "line 3"));
	hostkeys_free(hk);
}

TEST(several_keys_of_one_type)
{
	struct hostkeys *hk = from("web1 " ED " " KEY1 "\nweb1 " ED " " KEY2 "\n");

	CHECK(hk);
	CHECK_INT(look(hk, "web1", 22, ED, KEY1), HOSTKEY_KNOWN);
	CHECK_INT(look(hk, "web1", 22, ED, KEY2), HOSTKEY_KNOWN);
	hostkeys_free(hk);
}

TEST(wildcards)
{
	struct hostkeys *hk = from("*.example.com,!bad.example.com " ED " " KEY1 "\n"
				   "db? " ED " " KEY2 "\n"
				   "*a*a*a*a*a*a*a*a*a*a*a*a*b " EC " " KEY3 "\n");

	CHECK(hk);
	CHECK_INT(look(hk, "web.example.com", 22, ED, KEY1), HOSTKEY_KNOWN);
	CHECK_INT(look(hk, "WEB.Example.com", 22, ED, KEY1), HOSTKEY_KNOWN);
	CHECK_INT(look(hk, "bad.example.com", 22, ED, KEY1), HOSTKEY_UNKNOWN);
	CHECK_INT(look(hk, "web.example.com", 22, ED, KEY2), HOSTKEY_CHANGED);
	CHECK_INT(look(hk, "db1", 22, ED, KEY2), HOSTKEY_KNOWN);
	CHECK_INT(look(hk, "db", 22, ED, KEY2), HOSTKEY_UNKNOWN);
	CHECK_INT(look(hk, "db12", 22, ED, KEY2), HOSTKEY_UNKNOWN);
	/* Ends soon, however many stars there are. */
	CHECK_INT(look(hk, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 22, EC,
			  KEY3),
		HOSTKEY_UNKNOWN);
	hostkeys_free(hk);
}

TEST(hashed_names)
{
	struct hostkeys *hk =
		from(WEB1_HASHED " " ED " " KEY1 "\n" WEB2_2222_HASHED " " ED " " KEY2 "\n");

	CHECK(hk);
	CHECK_INT(hostkeys_count(hk), 2);
	CHECK_INT(look(hk, "web1", 22, ED, KEY1), HOSTKEY_KNOWN);
	CHECK_INT(look(hk, "WEB1", 22, ED, KEY1), HOSTKEY_KNOWN);
	CHECK_INT(look(hk, "web2", 2222, ED, KEY2), HOSTKEY_KNOWN);
	CHECK_INT(look(hk, "web1", 22, ED, KEY2), HOSTKEY_CHANGED);
	CHECK_INT(look(hk, "web1", 22, EC, KEY3), HOSTKEY_OTHER_TYPE);
	CHECK_INT(look(hk, "web9", 22, ED, KEY1), HOSTKEY_UNKNOWN);
	hostkeys_free(hk);
}

TEST(revoked)
{
	struct hostkeys *hk = from("web1,web2 " ED " " KEY1 "\n@revoked web1 " ED " " KEY1
				   "\n@revoked * " ED " " KEY2 "\nweb3 " ED " " KEY2 "\n");

	CHECK(hk);
	CHECK_INT(look(hk, "web1", 22, ED, KEY1), HOSTKEY_REVOKED);
	CHECK(strstr(err.text, "host key is revoked in") && strstr(err.text, "line 2"));
	CHECK_INT(look(hk, "web2", 22, ED, KEY1), HOSTKEY_KNOWN);
	CHECK_INT(look(hk, "web3", 22, ED, KEY2), HOSTKEY_REVOKED);
	hostkeys_free(hk);
}

TEST(certificate_authority)
{
	struct hostkeys *hk = from("@cert-authority *.example.com " ED " " KEY1 "\n");

	CHECK(hk);
	/* The authority's own key is no host's. */
	CHECK_INT(look(hk, "web.example.com", 22, ED, KEY1), HOSTKEY_UNKNOWN);
	CHECK(strstr(err.text, "certificate authority") && strstr(err.text, "--ssh-command ssh"));
	CHECK_INT(look(hk, "web.example.org", 22, ED, KEY1), HOSTKEY_UNKNOWN);
	CHECK(strstr(err.text, "--accept-new"));
	hostkeys_free(hk);
	/* Nor is a host that has one taken on trust. */
	hk = load(true);
	CHECK(hk);
	CHECK_INT(look(hk, "web.example.com", 22, ED, KEY2), HOSTKEY_UNKNOWN);
	hostkeys_free(hk);
}

TEST(malformed_lines)
{
	static const char text[] =
		"web1\nweb1 " ED "\nweb1 " ED " not-base64!\nweb1 " ED " AAAA\n"
		"web1 1024 35 1234567890123456789\n@strange web1 " ED " " KEY1 "\n"
		"@revoked\n|1|short|hash " ED " " KEY1 "\n|2|x|y " ED " " KEY1 "\n"
		"web1 " ED " " KEY1 "===\n"
		"web\0one " ED " " KEY1 "\n"
		"good " ED " " KEY1 "\n";
	struct hostkeys *hk;

	write_file(text, sizeof(text) - 1);
	hk = load(false);
	CHECK(hk);
	CHECK_INT(hostkeys_count(hk), 1);
	CHECK_INT(hostkeys_skipped(hk), 11);
	CHECK_INT(look(hk, "good", 22, ED, KEY1), HOSTKEY_KNOWN);
	CHECK_INT(look(hk, "web1", 22, ED, KEY1), HOSTKEY_UNKNOWN);
	hostkeys_free(hk);
}

TEST(line_length_at_its_edge)
{
	const char *end = " " ED " " KEY1;

	for (size_t n = HOSTKEYS_LINE_MAX; n <= HOSTKEYS_LINE_MAX + 1; n++) {
		struct hostkeys *hk;
		struct buf b;

		buf_init(&b, n + 8);
		CHECK(buf_fill(&b, 'x', n - strlen(end)) == 0 && buf_puts(&b, end) == 0);
		write_file(b.p, b.len);
		buf_done(&b);
		hk = load(false);
		CHECK(hk);
		CHECK_INT(hostkeys_count(hk), n == HOSTKEYS_LINE_MAX);
		CHECK_INT(hostkeys_skipped(hk), n > HOSTKEYS_LINE_MAX);
		hostkeys_free(hk);
	}
}

TEST(missing_files)
{
	struct hostkeys *hk;

	unlink(path);
	CHECK(!load(false));
	CHECK_INT(err.code, ENOENT);
	hk = hostkeys_new(NULL, "/nonexistent", false, &err);
	CHECK(hk);
	hostkeys_free(hk);
	hk = hostkeys_new((const char *const[]){"/dev/null", NULL}, "/", true, &err);
	CHECK(hk);
	CHECK_INT(look(hk, "web1", 22, ED, KEY1), HOSTKEY_ADDED);
	CHECK_INT(look(hk, "web1", 22, ED, KEY2), HOSTKEY_CHANGED);
	hostkeys_free(hk);
	(void)!mkdir(path, 0700);
	CHECK(!load(true));
	CHECK(strstr(err.text, "known_hosts"));
	rmdir(path);
}

TEST(types_known_come_first)
{
	struct hostkeys *hk = from("web1 " RSA " " KEY3 "\nweb1 " EC " " KEY3 "\n");

	CHECK(hk);
	CHECK_STR(algorithms(hk, "web1", 22, false),
		"ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256,ssh-ed25519,ecdsa-sha2-nistp384,"
		"ecdsa-sha2-nistp521");
	CHECK_STR(algorithms(hk, "web9", 22, false),
		"ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
		"rsa-sha2-512,rsa-sha2-256");
	hostkeys_free(hk);
	/* Behind hashed names: the most frequent type is guessed, and on request found out. */
	hk = from(WEB1_HASHED " " ED " " KEY1 "\n" WEB2_2222_HASHED " " EC " " KEY3
			      "\n" WEB2_2222_HASHED " " EC " " KEY3 "\n");
	CHECK(hk);
	CHECK(str_starts(algorithms(hk, "web1", 22, false), "ecdsa-sha2-nistp256,ssh-ed25519,"));
	CHECK(str_starts(algorithms(hk, "web1", 22, true), "ssh-ed25519,ecdsa-sha2-nistp256,"));
	hostkeys_free(hk);
}

TEST(accept_new)
{
	struct hostkeys *hk;
	struct stat st;
	char *text;

	write_file("web1 " ED " " KEY1, strlen("web1 " ED " " KEY1));
	hk = load(true);
	CHECK(hk);
	CHECK_INT(look(hk, "new", 2222, ED, KEY2), HOSTKEY_ADDED);
	CHECK_INT(look(hk, "new", 2222, ED, KEY2), HOSTKEY_KNOWN);
	CHECK_INT(look(hk, "new", 2222, ED, KEY1), HOSTKEY_CHANGED);
	CHECK(strstr(err.text, PRINT2) && strstr(err.text, PRINT1));
	CHECK_INT(look(hk, "web1", 22, ED, KEY2), HOSTKEY_CHANGED);
	CHECK_INT(look(hk, "web1", 22, EC, KEY3), HOSTKEY_OTHER_TYPE);
	hostkeys_free(hk);
	text = read_file();
	/* The last line had no newline. */
	CHECK_STR(text, "web1 " ED " " KEY1 "\n[new]:2222 " ED " " KEY2 "\n");
	free(text);
	hk = load(false);
	CHECK(hk);
	CHECK_INT(look(hk, "new", 2222, ED, KEY2), HOSTKEY_KNOWN);
	hostkeys_free(hk);

	unlink(path);
	hk = load(true);
	CHECK(hk);
	CHECK_INT(look(hk, "first", 22, ED, KEY1), HOSTKEY_ADDED);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	hostkeys_free(hk);
}

/* As several processes do at once. */
TEST(accept_new_by_two)
{
	struct hostkeys *a, *b;
	char *text;

	write_file("web1 " ED " " KEY1, strlen("web1 " ED " " KEY1));
	a = load(true);
	b = load(true);
	CHECK(a && b);
	CHECK_INT(look(a, "one", 22, ED, KEY1), HOSTKEY_ADDED);
	CHECK_INT(look(b, "one", 22, ED, KEY1), HOSTKEY_ADDED);
	CHECK_INT(look(b, "two", 22, ED, KEY2), HOSTKEY_ADDED);
	CHECK_INT(look(a, "two", 22, ED, KEY2), HOSTKEY_ADDED);
	CHECK_INT(look(a, "three", 22, ED, KEY2), HOSTKEY_ADDED);
	CHECK_INT(look(b, "three", 22, ED, KEY2), HOSTKEY_ADDED);
	hostkeys_free(a);
	hostkeys_free(b);
	text = read_file();
	CHECK_STR(text, "web1 " ED " " KEY1 "\none " ED " " KEY1 "\ntwo " ED " " KEY2 "\nthree " ED
			" " KEY2 "\n");
	free(text);
}

TEST(accept_new_where_nothing_can_be_written)
{
	struct hostkeys *hk;
	char *dirs = str_printf("%s/no/such", dir);
	const char *files[] = {dirs, NULL};

	hk = hostkeys_new(files, "/", true, &err);
	CHECK(hk);
	/* One folder is made, as ssh makes ~/.ssh; then it is an ordinary file. */
	CHECK_INT(look(hk, "web1", 22, ED, KEY1), HOSTKEY_ADDED);
	unlink(dirs);
	*strrchr(dirs, '/') = '\0';
	rmdir(dirs);
	hostkeys_free(hk);
	free(dirs);

	files[0] = "/proc/no/known_hosts";
	hk = hostkeys_new(files, "/", true, &err);
	CHECK(hk);
	CHECK_INT(look(hk, "web1", 22, ED, KEY1), HOSTKEY_ERROR);
	CHECK(strstr(err.text, "cannot add the host's key to /proc/no/known_hosts"));
	hostkeys_free(hk);
}

struct adder {
	struct hostkeys *hk;
	const char *key;
	int added, known, changed;
};

static void *add_many(void *arg)
{
	struct adder *a = arg;

	for (int i = 0; i < 50; i++) {
		struct hostkeys_name name;
		struct err why;
		char host[32];

		snprintf(host, sizeof(host), "host%d", i);
		(void)hostkeys_name(host, NULL, 22, &name);
		switch (hostkeys_check(a->hk, &name, ED, a->key, &why)) {
		case HOSTKEY_ADDED:
			a->added++;
			break;
		case HOSTKEY_KNOWN:
			a->known++;
			break;
		default:
			a->changed++;
		}
	}
	return NULL;
}

TEST(threads_add_each_host_once)
{
	pthread_t threads[4];
	struct adder a[4];
	struct hostkeys *hk;
	int added = 0, lines = 0;
	char *text;

	unlink(path);
	hk = load(true);
	CHECK(hk);
	for (int i = 0; i < 4; i++) {
		a[i] = (struct adder){.hk = hk, .key = KEY1};
		CHECK(pthread_create(&threads[i], NULL, add_many, &a[i]) == 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		added += a[i].added;
		CHECK_INT(a[i].changed, 0);
	}
	CHECK_INT(added, 50);
	hostkeys_free(hk);
	text = read_file();
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		lines++;
	CHECK_INT(lines, 50);
	free(text);
}

TEST(names)
{
	struct hostkeys_name n;
	char longest[HOSTKEYS_NAME_MAX + 1];

	CHECK_INT(hostkeys_name("10.0.0.1", "Alias", 2222, &n), 0);
	CHECK_STR(n.full, "alias");
	CHECK_INT(hostkeys_name("::1", NULL, 2222, &n), 0);
	CHECK_STR(n.full, "[::1]:2222");
	CHECK_STR(n.plain, "::1");
	memset(longest, 'x', sizeof(longest));
	longest[HOSTKEYS_NAME_MAX - 1] = '\0';
	CHECK_INT(hostkeys_name(longest, NULL, 22, &n), 0);
	CHECK_INT(hostkeys_name(longest, NULL, 23, &n), -ENAMETOOLONG);
	longest[HOSTKEYS_NAME_MAX - 1] = 'x';
	longest[HOSTKEYS_NAME_MAX] = '\0';
	CHECK_INT(hostkeys_name(longest, NULL, 22, &n), -ENAMETOOLONG);
}

TEST(fingerprints)
{
	char out[FINGERPRINT_MAX];

	CHECK_STR(hostkeys_fingerprint(KEY1, out), PRINT1);
	CHECK_STR(hostkeys_fingerprint("?", out), "?");
}

/* Of processor time, so that a busy machine does not matter. */
static int64_t cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Ten thousand lines in less than 50 ms, plain or hashed; sanitizers may take longer. */
TEST(ten_thousand_lines)
{
	struct hostkeys *hk;
	int64_t best = INT64_MAX;
	struct buf b;
	char name[96];

	buf_init(&b, 16 << 20);
	for (int i = 0; i < 10000; i++)
		CHECK(buf_printf(&b, "%s%d,10.%d.%d.%d " ED " AAAA%06d%s\n",
			      i % 2 ? "host" : "Server", i, i >> 16, i >> 8 & 255, i & 255, i,
			      KEY1 + 10) == 0);
	write_file(b.p, b.len);
	buf_done(&b);
	for (int i = 0; i < 5; i++) {
		int64_t started = cpu_us(), took;

		hk = load(false);
		took = cpu_us() - started;
		best = took < best ? took : best;
		CHECK(hk);
		CHECK_INT(hostkeys_count(hk), 10000);
		hostkeys_free(hk);
	}
	fprintf(stderr, "10000 lines in %lld us\n", (long long)best);
#ifndef __SANITIZE_ADDRESS__
	CHECK(best < 50000);
#endif
	hk = load(false);
	CHECK(hk);
	snprintf(name, sizeof(name), "AAAA%06d%s", 9999, KEY1 + 10);
	CHECK_INT(look(hk, "host9999", 22, ED, name), HOSTKEY_KNOWN);
	CHECK_INT(look(hk, "10.0.39.15", 22, ED, name), HOSTKEY_KNOWN);
	hostkeys_free(hk);
}

TEST(every_allocation_may_fail)
{
	const char *text = "web1,web2 " ED " " KEY1 "\n*.x " ED " " KEY2 "\n" WEB1_HASHED " " ED
			   " " KEY1 "\n@revoked y " ED " " KEY2 "\n";
	long n = 0;

	write_file(text, strlen(text));
	do {
		struct hostkeys *hk;

		failalloc_countdown = ++n;
		hk = load(true);
		if (hk) {
			(void)look(hk, "web1", 22, ED, KEY1);
			(void)look(hk, "new", 22, ED, KEY2);
		} else {
			CHECK_INT(err.code, ENOMEM);
		}
		hostkeys_free(hk);
	} while (failalloc_spent() && n < 1000);
	failalloc_countdown = 0;
	CHECK(n > 10 && n < 1000);
}

static const struct test *const all[] = {&plain_names, &changed, &several_keys_of_one_type,
	&wildcards, &hashed_names, &revoked, &certificate_authority, &malformed_lines,
	&line_length_at_its_edge, &missing_files, &types_known_come_first, &accept_new,
	&accept_new_by_two, &accept_new_where_nothing_can_be_written, &threads_add_each_host_once,
	&names, &fingerprints, &ten_thousand_lines, &every_allocation_may_fail};

int main(void)
{
	int failed;

	snprintf(dir, sizeof(dir), "/tmp/tocsin-hostkeys.XXXXXX");
	if (!mkdtemp(dir))
		return 2;
	snprintf(path, sizeof(path), "%s/known_hosts", dir);
	failed = test_main(all, ARRAY_LEN(all));
	unlink(path);
	rmdir(dir);
	return failed;
}
