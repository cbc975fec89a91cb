/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames between clients and holders, the directory of their sockets, the keys of sessions. */
#include "console/fleet/held_key.h"

#include "common/io.h"
#include "console/fleet/held_dir.h"
#include "console/fleet/sshconfig.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Frames ---- */

static char zeros[HELD_SAY_MAX + 1];

static long take(const struct buf *b, bool from_client, struct held_frame *f)
{
	return held_take(b->p, b->len, from_client, f);
}

/* The least that a frame of this kind may have, and the most. */
static size_t least(enum held_kind kind)
{
	switch (kind) {
	case HELD_HI:
		return sizeof(struct held_hi);
	case HELD_FIND:
	case HELD_HAVE:
		return sizeof(struct held_key);
	case HELD_SAY:
	case HELD_FOUND:
	case HELD_HEARD:
		return 1;
	default:
		return 0;
	}
}

static size_t most(enum held_kind kind)
{
	switch (kind) {
	case HELD_SAY:
		return HELD_SAY_MAX;
	case HELD_FOUND:
		return HELD_FOUND_MAX;
	case HELD_HEARD:
		return HELD_HEARD_MAX;
	case HELD_GONE:
		return HELD_WORDS_MAX;
	default:
		return least(kind);
	}
}

static bool is_clients(enum held_kind kind)
{
	return kind < HELD_FOUND;
}

TEST(frames_go_through)
{
	struct held_frame f;
	struct buf b;

	for (enum held_kind k = HELD_HI; k < HELD_KINDS; k++)
		for (int i = 0; i < 2; i++) {
			size_t n = i ? most(k) : least(k);

			buf_init(&b, SIZE_MAX);
			CHECK_INT(held_put(&b, k, 7, zeros, n), 0);
			CHECK_INT(take(&b, is_clients(k), &f), (long)(HELD_HEAD + n));
			CHECK_INT(f.kind, k);
			CHECK_INT(f.host, 7);
			CHECK_INT(f.n, n);
			CHECK(f.p == b.p + HELD_HEAD);
			buf_done(&b);
		}
}

TEST(frames_of_the_other_side)
{
	struct held_frame f;
	struct buf b;

	for (enum held_kind k = HELD_FIND; k < HELD_KINDS; k++) {
		buf_init(&b, SIZE_MAX);
		CHECK_INT(held_put(&b, k, 0, zeros, least(k)), 0);
		CHECK_INT(take(&b, !is_clients(k), &f), -EBADMSG);
		buf_done(&b);
	}
}

TEST(frames_of_wrong_sizes)
{
	struct held_frame f;
	struct buf b;

	for (enum held_kind k = HELD_HI; k < HELD_KINDS; k++) {
		buf_init(&b, SIZE_MAX);
		CHECK_INT(held_put(&b, k, 0, zeros, most(k) + 1), 0);
		CHECK_INT(take(&b, is_clients(k), &f), -EBADMSG);
		buf_reset(&b);
		if (least(k)) {
			CHECK_INT(held_put(&b, k, 0, zeros, least(k) - 1), 0);
			CHECK_INT(take(&b, is_clients(k), &f), -EBADMSG);
		}
		buf_done(&b);
	}
}

TEST(frames_in_pieces_and_nonsense)
{
	struct held_frame f;
	struct buf b;

	buf_init(&b, SIZE_MAX);
	CHECK_INT(held_put(&b, HELD_SAY, 1, "abc", 3), 0);
	for (size_t n = 0; n < b.len; n++)
		CHECK_INT(held_take(b.p, n, true, &f), 0);
	buf_reset(&b);
	CHECK_INT(held_put(&b, HELD_REST, HELD_HOSTS_MAX, NULL, 0), 0);
	CHECK_INT(take(&b, true, &f), -EBADMSG);
	buf_reset(&b);
	CHECK_INT(held_put(&b, HELD_KINDS, 0, NULL, 0), 0);
	CHECK_INT(take(&b, true, &f), -EBADMSG);
	CHECK_INT(take(&b, false, &f), -EBADMSG);
	CHECK_INT(held_take(zeros, HELD_HEAD, true, &f), -EBADMSG);
	buf_done(&b);
	/* What does not fit is not begun. */
	buf_init(&b, HELD_HEAD + 2);
	CHECK_INT(held_put(&b, HELD_SAY, 1, "abc", 3), -EMSGSIZE);
	CHECK_INT(b.len, 0);
	buf_done(&b);
}

static int read_found(const char *text, size_t n, struct held_found *ret)
{
	struct held_frame f = {.kind = HELD_FOUND, .p = text, .n = n};

	return held_found_read(&f, ret);
}

TEST(what_was_found)
{
	static const char good[] = "ssh-ed25519 AAAA\n{\"op\":\"hello\"}\n";
	static const char *const bad[] = {"x", "\n", "\n\n", "a b\n", "a b\n\n", "a\nb\n",
		" b\nc\n", "a \nc\n", "a b\nc", "a b\nc\nd", "a b\nc\n\n"};
	struct held_found f;

	CHECK_INT(read_found(good, sizeof(good) - 1, &f), 0);
	CHECK(span_eq(f.type, "ssh-ed25519"));
	CHECK(span_eq(f.key, "AAAA"));
	CHECK(span_eq(f.hello, "{\"op\":\"hello\"}"));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (read_found(bad[i], strlen(bad[i]), &f) != -EBADMSG)
			FAIL("taken: %s", bad[i]);
	CHECK_INT(read_found(good, sizeof(good), &f), -EBADMSG);
}

/* ---- Keys of sessions ---- */

static char dir[64];

static const char *in_dir(const char *name)
{
	static char path[2][128];
	static int i;

	i = !i;
	snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

static void write_file(const char *name, const char *text)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		FAIL("cannot write %s", name);
	close(fd);
}

static void begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/tocsin-held-XXXXXX");
	if (!mkdtemp(dir))
		FAIL("no directory");
	setenv("XDG_RUNTIME_DIR", dir, 1);
}

static void end(void)
{
	static const char *const names[] = {"key", "key-cert.pub", "key2", "agent", "tocsin/x",
		"tocsin/y", "tocsin", "away", "run"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (unlink(in_dir(names[i])) < 0)
			(void)rmdir(in_dir(names[i]));
	(void)rmdir(dir);
}

static struct held_key key_of(const struct host_config *h)
{
	struct held_key *keys = held_keys_new(h, 1, "me", dir), key = {0};

	if (keys)
		key = *keys;
	free(keys);
	return key;
}

static bool same(const struct host_config *a, const struct host_config *b)
{
	struct held_key x = key_of(a), y = key_of(b);

	return memcmp(&x, &y, sizeof(x)) == 0;
}

TEST(keys_of_one_configuration)
{
	const char *const files[] = {"~/key", NULL};
	struct host_config a = {.name = "a", .address = "10.0.0.1", .key_files = files}, b = a;

	begin();
	write_file("key", "1");
	CHECK(same(&a, &b));
	b.name = "another name of it";
	CHECK(same(&a, &b));
	b.port = 22;
	CHECK(same(&a, &b));
	b.user = "me";
	CHECK(same(&a, &b));
	end();
}

TEST(keys_of_different_ones)
{
	const char *const files[] = {"~/key", NULL}, *const more[] = {"~/key", "~/key2", NULL},
			  *const none[] = {NULL};
	struct host_config a = {.name = "a", .address = "10.0.0.1", .key_files = files};
	struct host_config hop = {.name = "j", .address = "10.0.0.9", .key_files = files},
			   hop2 = hop, first = hop;
	struct ssh_settings s = {.port = 22};
	struct host_config others[10];
	size_t n = 0;

	begin();
	write_file("key", "1");
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		others[i] = a;
	others[n++].address = "10.0.0.2";
	others[n++].port = 2222;
	others[n++].user = "you";
	others[n++].host_key_alias = "10.0.0.1";
	others[n++].host_key_alias = "";
	others[n++].key_files = more;
	others[n++].key_files = none;
	others[n++].key_files = NULL;
	others[n++].jump = &hop;
	others[n++].ssh = &s;
	CHECK_INT(n, ARRAY_LEN(others));
	for (size_t i = 0; i < n; i++) {
		if (same(&a, &others[i]))
			FAIL("number %zu has the same key", i);
		for (size_t k = 0; k < i; k++)
			if (same(&others[i], &others[k]))
				FAIL("%zu and %zu have the same key", i, k);
	}
	a.jump = &hop;
	others[0] = a;
	others[0].jump = &hop2;
	CHECK(same(&a, &others[0]));
	hop2.user = "you";
	CHECK(!same(&a, &others[0]));
	hop2 = hop;
	hop2.jump = &first;
	CHECK(!same(&a, &others[0]));
	end();
}

TEST(keys_of_changed_settings)
{
	struct ssh_settings s = {.port = 22}, t = s;
	struct host_config a = {.name = "a", .address = "10.0.0.1", .ssh = &s}, b = a;
	char text[] = "x", *list[] = {text};

	begin();
	b.ssh = &t;
	CHECK(same(&a, &b));
#define CHANGED(member, value)                                                                     \
	do {                                                                                       \
		t = s;                                                                             \
		t.member = value;                                                                  \
		CHECK(!same(&a, &b));                                                              \
	} while (0)
	CHANGED(kex, text);
	CHANGED(ciphers, text);
	CHANGED(macs, text);
	CHANGED(host_key_algorithms, text);
	CHANGED(pubkey_algorithms, text);
	CHANGED(preferred_authentications, text);
	CHANGED(address_family, text);
	CHANGED(bind_address, text);
	CHANGED(identity_agent, text);
	CHANGED(identities_only, true);
	CHANGED(compression, true);
	t = s;
	t.certificate_files = list;
	t.n_certificate_files = 1;
	CHECK(!same(&a, &b));
	end();
}

TEST(keys_of_changed_files)
{
	const char *const files[] = {"~/key", NULL};
	struct host_config a = {.name = "a", .address = "10.0.0.1", .key_files = files};
	struct held_key before, now;

	begin();
	write_file("key", "1");
	before = key_of(&a);
	write_file("key", "22");
	now = key_of(&a);
	CHECK(memcmp(&before, &now, sizeof(now)) != 0);
	before = now;
	write_file("key-cert.pub", "1");
	now = key_of(&a);
	CHECK(memcmp(&before, &now, sizeof(now)) != 0);
	before = now;
	write_file("key2", "22");
	CHECK_INT(rename(in_dir("key2"), in_dir("key")), 0);
	now = key_of(&a);
	CHECK(memcmp(&before, &now, sizeof(now)) != 0);
	end();
}

TEST(keys_without_memory)
{
	const char *const files[] = {"~/key", NULL};
	struct host_config a = {.name = "a", .address = "10.0.0.1", .key_files = files};
	struct held_key *keys;

	begin();
	for (long n = 1;; n++) {
		failalloc_countdown = n;
		keys = held_keys_new(&a, 1, "me", dir);
		if (!failalloc_spent())
			break;
		CHECK(!keys);
	}
	failalloc_countdown = 0;
	CHECK(keys != NULL);
	free(keys);
	end();
}

TEST(hosts_that_are_not_held)
{
	struct host_config hop = {.name = "j", .address = "j", .proxy_command = "nc"};
	struct host_config a = {.name = "a", .address = "a"};

	CHECK(held_possible(&a));
	a.jump = &hop;
	CHECK(!held_possible(&a));
	hop.proxy_command = NULL;
	CHECK(held_possible(&a));
	a.proxy_command = "nc";
	CHECK(!held_possible(&a));
	a = (struct host_config){.name = "a", .address = "a", .connection = CONNECTION_LOCAL};
	CHECK(!held_possible(&a));
}

TEST(who_this_is)
{
	struct held_hi a, b;

	begin();
	CHECK_INT(held_hi_new(NULL, &a), 0);
	CHECK_INT(held_hi_new("", &b), 0);
	CHECK(held_hi_same(&a, &b));
	CHECK_INT(memcmp(a.agent, b.agent, sizeof(a.agent)), 0);
	CHECK_INT(held_hi_new(in_dir("agent"), &b), 0);
	CHECK(held_hi_same(&a, &b));
	CHECK(memcmp(a.agent, b.agent, sizeof(a.agent)) != 0);
	a = b;
	write_file("agent", "");
	CHECK_INT(held_hi_new(in_dir("agent"), &b), 0);
	CHECK(memcmp(a.agent, b.agent, sizeof(a.agent)) != 0);
	b.protocol++;
	CHECK(!held_hi_same(&a, &b));
	b = a;
	b.version[0]++;
	CHECK(!held_hi_same(&a, &b));
	b = a;
	b.program[2]++;
	CHECK(!held_hi_same(&a, &b));
	end();
}

/* ---- The directory ---- */

static int open_dir(void)
{
	struct err err = {0};

	return held_dir_open(&err);
}

TEST(the_directory_is_ours_alone)
{
	struct stat st;
	struct err err = {0};
	int fd;

	begin();
	fd = open_dir();
	CHECK(fd >= 0);
	CHECK_INT(fstat(fd, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0700);
	close(fd);
	CHECK_INT(chmod(in_dir("tocsin"), 0750), 0);
	CHECK_INT(held_dir_open(&err), -EPERM);
	CHECK(strstr(err.text, "tocsin") != NULL);
	CHECK_INT(rename(in_dir("tocsin"), in_dir("away")), 0);
	CHECK_INT(chmod(in_dir("away"), 0700), 0);
	CHECK_INT(symlink("away", in_dir("tocsin")), 0);
	CHECK_INT(open_dir(), -EPERM);
	CHECK_INT(unlink(in_dir("tocsin")), 0);
	write_file("tocsin", "");
	CHECK_INT(open_dir(), -EPERM);
	end();
}

TEST(a_directory_of_others)
{
	struct stat st;
	int fd;

	if (geteuid() != 0)
		SKIP("needs root");
	begin();
	CHECK_INT(mkdir(in_dir("tocsin"), 0700), 0);
	CHECK_INT(chown(in_dir("tocsin"), 1, 1), 0);
	CHECK_INT(open_dir(), -EPERM);
	/* Another user's runtime directory is no place for us at all. */
	CHECK_INT(mkdir(in_dir("run"), 0700), 0);
	CHECK_INT(chown(in_dir("run"), 1, 1), 0);
	setenv("XDG_RUNTIME_DIR", in_dir("run"), 1);
	fd = open_dir();
	if (fd >= 0)
		close(fd);
	CHECK(stat(in_dir("run/tocsin"), &st) < 0);
	/* What it was made of instead, when nobody has sockets there. */
	(void)rmdir("/tmp/tocsin-0");
	end();
}

TEST(sockets_come_and_go)
{
	struct held_name names[HELD_SOCKETS_MAX], name, shown;
	int d, fd, client;

	begin();
	d = open_dir();
	CHECK(d >= 0);
	CHECK_INT(held_dir_list(d, names), 0);
	CHECK_INT(held_dir_lock(d), 0);
	fd = held_dir_listen(d, &name);
	CHECK(fd >= 0);
	CHECK_INT(held_dir_list(d, names), 0);
	shown = held_dir_shown(&name, 4711, 3);
	CHECK(str_starts(shown.text, "4711-3."));
	CHECK_INT(held_dir_show(d, &name, &shown), 0);
	held_dir_unlock(d);
	CHECK_INT(held_dir_list(d, names), 1);
	CHECK_STR(names[0].text, shown.text);
	client = held_dir_connect(d, &shown);
	CHECK(client >= 0);
	CHECK_INT(held_check_peer(client), 0);
	close(client);
	close(fd);
	/* Nobody is there any more. */
	CHECK_INT(held_dir_connect(d, &shown), -ECONNREFUSED);
	CHECK_INT(held_dir_list(d, names), 0);
	CHECK_INT(held_dir_connect(d, &shown), -ENOENT);
	close(d);
	end();
}

TEST(one_at_a_time_adds_sockets)
{
	struct held_name name;
	int a, b, fd;

	begin();
	a = open_dir();
	b = open_dir();
	CHECK_INT(held_dir_lock(a), 0);
	CHECK_INT(held_dir_lock(b), -EAGAIN);
	fd = held_dir_listen(a, &name);
	CHECK(fd >= 0);
	held_dir_unlock(a);
	/* What was left behind before it was shown goes. */
	CHECK_INT(faccessat(a, name.text, F_OK, 0), 0);
	CHECK_INT(held_dir_lock(b), 0);
	CHECK(faccessat(a, name.text, F_OK, 0) < 0);
	close(fd);
	close(a);
	close(b);
	end();
}

TEST(names_that_are_not_ours)
{
	struct held_name names[HELD_SOCKETS_MAX];
	int d;

	begin();
	d = open_dir();
	write_file("tocsin/x", "");
	CHECK_INT(mkdir(in_dir("tocsin/y"), 0700), 0);
	CHECK_INT(held_dir_list(d, names), 2);
	CHECK(held_dir_connect(d, &names[0]) < 0);
	CHECK(held_dir_connect(d, &names[1]) < 0);
	close(d);
	end();
}

TEST_MAIN(&frames_go_through, &frames_of_the_other_side, &frames_of_wrong_sizes,
	&frames_in_pieces_and_nonsense, &what_was_found, &keys_of_one_configuration,
	&keys_of_different_ones, &keys_of_changed_settings, &keys_of_changed_files,
	&keys_without_memory, &hosts_that_are_not_held, &who_this_is, &the_directory_is_ours_alone,
	&a_directory_of_others, &sockets_come_and_go, &one_at_a_time_adds_sockets,
	&names_that_are_not_ours)
