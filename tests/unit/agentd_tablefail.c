/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables over captured and made files, with every allocation of the agent's own failing once. */
#include "agentd/engine.h"
#include "agentd/root.h"

#include "tests/unit/test.h"
#include "tests/unit/tree.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#define ALLOCATIONS_MAX 20000

static const char *const files[][2] = {
	{"/proc/1/cgroup", "0::/lxc.payload.a/x\n"},
	{"/proc/1/stat", "1 (a) S 0 1 1 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 100 4096 1"},
	{"/proc/1/maps", "00400000-00401000 r-xp 00000000 fd:01 77 /bin/a\n"},
	{"/proc/modules", "a 1 0 - Live 0x0\n"},
	{"/proc/mdstat", "md0 : active raid1 sda1[0]\n 1 blocks [1/1] [U]\n"},
	{"/proc/mounts", "none /selinux selinuxfs rw 0 0\n"},
	{"/proc/sys/kernel/x", "1"},
	{"/etc/sysctl.d/a.conf", "kernel.x = 2\n"},
	{"/selinux/enforce", "1"},
	{"/sys/class/block/sda/dev", "8:0"},
	{"/run/udev/data/b8:0", "E:ID_FS_TYPE=ext4\n"},
	{"/sys/bus/pci/devices/0:0/vendor", "0x8086"},
	{"/usr/share/misc/pci.ids", "8086  Intel\n"},
	{"/sys/firmware/dmi/tables/DMI", "\x7f\x04\x01\x01"},
	{"/sys/class/dmi/id/bios_vendor", "a"},
	{"/proc/loadavg", "1 2 3"},
	{"/sys/kernel/security/apparmor/policy/profiles/a/name", "a"},
};
static const struct {
	const char *name;
	size_t rows;
} tables[] = {
	{"kernel_modules", 1},
	{"system_controls", 1},
	{"process_memory_map", 1},
	{"process_namespaces", 1},
	{"process_open_pipes", 0},
	{"process_tree", 1},
	{"deleted_files", 0},
	{"containers", 1},
	{"md_devices", 1},
	{"md_drives", 1},
	{"selinux_settings", 1},
	{"block_devices", 1},
	{"disk_encryption", 1},
	{"pci_devices", 1},
	{"smbios_tables", 1},
	{"platform_info", 1},
	{"apparmor_profiles", 1},
	{"load_average", 3},
};

static char top[] = "/tmp/tocsin-tablefail.XXXXXX";

static void put(const char *path, const char *text)
{
	char full[PATH_MAX];
	int fd;

	snprintf(full, sizeof(full), "%s%s", top, path);
	for (char *p = full + strlen(top) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(full, 0700);
		*p = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int columns(void *arg, const struct wire_column *cols, size_t n)
{
	(void)arg;
	(void)cols;
	return n ? 0 : -EINVAL;
}

static int row(void *arg, const struct cell *cells, size_t n)
{
	(void)cells;
	*(size_t *)arg += n > 0;
	return 0;
}

static int ask(const struct root *root, const char *table, size_t *ret_rows)
{
	struct engine_result result;
	struct err err;
	char sql[64];
	struct engine_query q = {.root = root, .sql = sql, .columns = columns, .row = row};
	int r;

	*ret_rows = 0;
	q.arg = ret_rows;
	q.sql_len = (size_t)snprintf(sql, sizeof(sql), "select * from %s", table);
	r = engine_run(&q, &result, &err);
	engine_result_done(&result);
	return r;
}

/* Each allocation on the way fails in its turn; afterwards all is as before. */
static void fail_each(const struct root *root, const char *table, size_t want)
{
	size_t rows;
	long n = 0;
	int r;

	do {
		failalloc_countdown = ++n;
		r = ask(root, table, &rows);
		if (r && r != -ENOMEM)
			FAIL("%s, allocation %ld: %d", table, n, r);
	} while (failalloc_spent() && n < ALLOCATIONS_MAX);
	failalloc_countdown = 0;
	CHECK_INT(ask(root, table, &rows), 0);
	if (rows != want)
		FAIL("%s has %zu rows, not %zu", table, rows, want);
}

TEST(tables_without_memory)
{
	struct err err;
	struct root *root;

	CHECK(mkdtemp(top) && engine_init(&err) == 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		put(files[i][0], files[i][1]);
	root = root_new(top, &err);
	CHECK(root);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		fail_each(root, tables[i].name, tables[i].rows);
	root_free(root);
	tree_remove(top);
}

TEST_MAIN(&tables_without_memory)
