/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deletions that were interrupted: what becomes of their marks. */
#include "agentd/filefacts.h"
#include "agentd/root.h"
#include "agentd/unfinished.h"
#include "agentd/vaultfile.h"
#include "common/io.h"
#include "tests/unit/test.h"
#include "tests/unit/tree.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

/* A folder of this test's own, removed at the end. */
static char top[] = "/tmp/tocsin-unfinished.XXXXXX";
static struct root *root;
static struct err err;
static unsigned told;

static bool is_marked(const char *id)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/state/vault/.moving-%s", top, id);
	return access(path, F_OK) == 0;
}

static bool is_there(const char *id)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" VAULT_PRIVATE_NAME, top, id);
	return access(path, F_OK) == 0;
}

TEST(begin)
{
	char state[PATH_MAX];

	CHECK(mkdtemp(top));
	snprintf(state, sizeof(state), "%s/state", top);
	CHECK_INT(mkdir(state, 0700), 0);
	root = root_new("/", &err);
	CHECK(root);
}

static json_t *meta_of(int fd)
{
	json_t *meta = json_pack("{s:s}", "kind", VAULT_KIND_FILE);
	struct filefacts f;
	char path[PATH_MAX];

	/* No text: to be read it needs memory. */
	snprintf(path, sizeof(path), "%s/evil\xff", top);
	CHECK_INT(filefacts_read(fd, &f, &err), 0);
	CHECK_INT(filecopy(fd, -1, 0, f.sha256, &err), 0);
	CHECK_INT(vaultfile_put(meta, &f, span_str(path)), 0);
	filefacts_done(&f);
	return meta;
}

/* As one leaves it who dies before the file is unlinked. */
static void interrupted(char id[VAULT_ID_MAX])
{
	struct vault v = VAULT_NONE;
	struct vault_entry e = VAULT_ENTRY_NONE;
	char path[PATH_MAX];
	json_t *meta;
	int fd;

	snprintf(path, sizeof(path), "%s/state", top);
	CHECK_INT(vault_open(path, true, &v, &err), 0);
	CHECK_INT(vault_entry_new(&v, 0, 1000, &e, &err), 0);
	snprintf(path, sizeof(path), "%s/" VAULT_PRIVATE_NAME, top, e.id);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	meta = meta_of(fd);
	CHECK_INT(vault_commit(&e, meta, &err), 0);
	CHECK_INT(vault_entry_mark(&e, VAULT_AWAY, &err), 0);
	memcpy(id, e.id, VAULT_ID_MAX);
	json_decref(meta);
	io_close(fd);
	e.mark = io_close(e.mark);
	vault_entry_done(&e);
	vault_close(&v);
}

static void on_told(void *arg, enum vault_way way, const struct action_outcome *o)
{
	(void)arg;
	(void)way;
	(void)o;
	told++;
}

static void settle(void)
{
	char state[PATH_MAX];

	told = 0;
	snprintf(state, sizeof(state), "%s/state", top);
	unfinished_settle(state, root, on_told, NULL);
}

TEST(finished)
{
	char id[VAULT_ID_MAX];

	interrupted(id);
	CHECK(is_marked(id) && is_there(id));
	settle();
	CHECK_INT(told, 1);
	CHECK(!is_marked(id) && !is_there(id));
	settle();
	CHECK_INT(told, 0);
}

/* It is no reason to leave the others as they are. */
TEST(meta_that_is_damaged)
{
	static const char *const texts[] = {"{", "", "[]", "{}", "{\"a\":1,\"a\":2}"};
	char bad[VAULT_ID_MAX], good[VAULT_ID_MAX], path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		int fd;

		interrupted(bad);
		interrupted(good);
		snprintf(path, sizeof(path), "%s/state/vault/%s/meta.json", top, bad);
		fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
		CHECK(fd >= 0 && io_write_all(fd, texts[i], strlen(texts[i])) == 0);
		io_close(fd);
		settle();
		CHECK_INT(told, 1);
		CHECK(!is_marked(bad) && !is_marked(good) && !is_there(good));
	}
}

TEST(memory_that_runs_out)
{
	char id[VAULT_ID_MAX];

	for (long i = 1; i < 1000; i++) {
		bool spent;

		interrupted(id);
		failalloc_countdown = i;
		settle();
		spent = failalloc_spent();
		failalloc_countdown = 0;
		/* It is not forgotten. */
		CHECK(is_marked(id) || !is_there(id));
		settle();
		CHECK(!is_marked(id) && !is_there(id));
		if (!spent)
			return;
	}
	FAIL("it never ends");
}

TEST(descriptors_that_run_out)
{
	struct rlimit was, few;
	char id[VAULT_ID_MAX];

	CHECK_INT(getrlimit(RLIMIT_NOFILE, &was), 0);
	for (rlim_t i = 0; i < 16; i++) {
		int next = dup(STDIN_FILENO);

		CHECK(next >= 0);
		io_close(next);
		interrupted(id);
		few = (struct rlimit){(rlim_t)next + i, was.rlim_max};
		CHECK_INT(setrlimit(RLIMIT_NOFILE, &few), 0);
		settle();
		CHECK_INT(setrlimit(RLIMIT_NOFILE, &was), 0);
		CHECK(is_marked(id) || !is_there(id));
		settle();
		CHECK(!is_marked(id) && !is_there(id));
	}
}

TEST(end)
{
	root_free(root);
	CHECK_INT(tree_remove(top), 0);
}

TEST_MAIN(&begin, &finished, &meta_that_is_damaged, &memory_that_runs_out,
	&descriptors_that_run_out, &end)
