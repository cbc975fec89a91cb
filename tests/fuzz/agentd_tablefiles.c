/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole tables over a root in which one file holds anything: the first byte chooses the file, and
 * so the tables that read it. Each query ends, and well.
 */
#include "agentd/engine.h"
#include "agentd/root.h"
#include "tests/unit/tree.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)
#define QUERY_MS  5000
#define TABLES_OF 9 /* tables that read one file, at most */

#define CHROME	  "/home/bob/.config/google-chrome/Default/"
#define CONTAINER "0123456789012345678901234567890123456789012345678901234567890123"
#define DOCKER	  "/var/lib/docker/containers/" CONTAINER "/"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct {
	const char *path;
	const char *tables[TABLES_OF];
} files[] = {
	{"/proc/modules", {"kernel_modules"}},
	{"/proc/keys", {"kernel_keys"}},
	{"/proc/loadavg", {"load_average"}},
	{"/proc/stat", {"cpu_time"}},
	{"/proc/meminfo", {"memory_info"}},
	{"/proc/iomem", {"memory_map"}},
	{"/proc/sysvipc/shm", {"shared_memory"}},
	{"/etc/sysctl.conf", {"system_controls"}},
	{"/proc/7/maps", {"process_memory_map"}},
	{"/proc/7/cgroup", {"containers"}},
	{"/proc/7/stat", {"process_tree"}},
	{"/proc/mdstat", {"md_devices", "md_drives", "md_personalities"}},
	{"/proc/mounts", {"selinux_settings"}},
	{"/usr/share/misc/pci.ids", {"pci_devices"}},
	{"/sys/firmware/dmi/tables/DMI",
		{"smbios_tables", "cpu_info", "platform_info", "memory_devices", "memory_arrays",
			"memory_error_info", "memory_array_mapped_addresses",
			"memory_device_mapped_addresses", "oem_strings"}},
	{"/run/udev/data/b8:0", {"block_devices", "disk_encryption"}},
	{"/sys/class/block/sda/dm/uuid", {"disk_encryption"}},
	{"/var/lib/containers/storage/overlay-containers/containers.json", {"containers"}},
	{"/sys/firmware/efi/efivars/db-x", {"secureboot_certificates"}},
	{"/etc/portage/package.mask", {"portage_keywords"}},
	{"/var/lib/portage/world", {"portage_packages"}},
	{"/var/db/pkg/a/b-1/USE", {"portage_use"}},
	{"/sys/class/mei/mei0/fw_ver", {"intel_me_info"}},
	{"/etc/shadow", {"shadow"}},
	{"/etc/os-release", {"os_version"}},
	{"/etc/apt/sources.list", {"apt_sources"}},
	{"/etc/apt/sources.list.d/b.sources", {"apt_sources"}},
	{"/etc/yum.repos.d/a.repo", {"yum_sources"}},
	{"/etc/ssh/ssh_config", {"ssh_configs"}},
	{"/home/bob/.ssh/known_hosts", {"known_hosts"}},
	{"/home/bob/.zsh_history", {"shell_history"}},
	{CHROME "Preferences", {"chrome_extensions", "chrome_extension_content_scripts"}},
	{CHROME "Extensions/abcdefghijklmnopabcdefghijklmnop/1.0_0/manifest.json",
		{"chrome_extensions", "chrome_extension_content_scripts"}},
	{"/home/bob/.mozilla/firefox/x.default/extensions.json", {"firefox_addons"}},
	{"/home/bob/.vscode/extensions/extensions.json", {"vscode_extensions"}},
	{"/home/bob/.local/share/JetBrains/Idea2024/plugin.jar", {"jetbrains_plugins"}},
	{"/usr/lib/node_modules/a/package.json", {"npm_packages"}},
	{"/usr/lib/python3/dist-packages/b-1.dist-info/METADATA", {"python_packages"}},
	{"/run/utmp", {"logged_in_users"}},
	{"/var/log/wtmp", {"last"}},
	{"/var/log/btmp", {"btmp"}},
	{"/etc/xdg/autostart/a.desktop", {"startup_items"}},
	{"/etc/systemd/system/a.timer", {"systemd_units", "systemd_timers"}},
	{"/var/lib/dpkg/status", {"deb_packages"}},
	{"/var/lib/dpkg/diversions", {"deb_package_files"}},
	{"/var/lib/dpkg/info/bash.list", {"deb_package_files"}},
	{"/var/lib/rpm/rpmdb.sqlite", {"rpm_packages", "rpm_package_files"}},
	{DOCKER "config.v2.json", {"containers"}},
	{"/proc/net/arp", {"arp_cache"}},
	{"/proc/net/route", {"routes"}},
};
/* What is always there. */
static const char *const given[][2] = {
	{"/proc/8/cgroup",
		"0::/libpod-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
	{"/proc/8/stat", "8 (a) S 7 1 1 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 100 4096 1"},
	{"/proc/sys/kernel/x", "1"},
	{"/sys/block/md0/md/raid_disks", "4"},
	{"/sys/bus/pci/devices/0000:00:01.0/vendor", "0x8086"},
	{"/sys/bus/pci/devices/0000:00:01.0/device", "0x1237"},
	{"/sys/bus/pci/devices/0000:00:01.0/class", "0x010601"},
	{"/sys/class/block/sda/dev", "8:0"},
	{"/sys/firmware/efi/x", ""},
	{"/etc/portage/package.keywords", "=a/b-1 ~amd64"},
	{"/var/db/pkg/a/b-1/SLOT", "0"},
	{"/etc/passwd", "bob:x:1000:1000::/home/bob:/bin/bash\n"},
	{"/proc/9/cgroup", "0::/system.slice/docker-" CONTAINER ".scope"},
	{"/proc/9/stat", "9 (b) S 7 1 1 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 100 4096 1"},
};

static char top[PATH_MAX];
static struct root *root;

static void put(const char *path, const void *p, size_t n)
{
	char full[2 * PATH_MAX];
	int fd;

	snprintf(full, sizeof(full), "%s%s", top, path);
	for (char *slash = full + strlen(top) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	MUST(fd >= 0 && (!n || write(fd, p, n) == (ssize_t)n));
	close(fd);
}

static void take_away(const char *path)
{
	char full[2 * PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", top, path);
	unlink(full);
}

static void end(void)
{
	tree_remove(top);
}

static void begin(void)
{
	struct err err;

	snprintf(top, sizeof(top), "%s/tocsin-fuzz.XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	MUST(mkdtemp(top) && atexit(end) == 0 && engine_init(&err) == 0);
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		put(given[i][0], given[i][1], strlen(given[i][1]));
	root = root_new(top, &err);
	MUST(root);
}

static int columns(void *arg, const struct wire_column *cols, size_t n)
{
	(void)arg;
	MUST(cols && n);
	return 0;
}

static int row(void *arg, const struct cell *cells, size_t n)
{
	(void)arg;
	MUST(cells && n);
	return 0;
}

static void ask(const char *table)
{
	struct engine_result result;
	struct err err;
	char sql[128];
	struct engine_query q = {.root = root, .sql = sql, .columns = columns, .row = row};

	q.timeout_ms = QUERY_MS;
	q.sql_len = (size_t)snprintf(sql, sizeof(sql), "select * from %s", table);
	MUST(engine_run(&q, &result, &err) == 0);
	engine_result_done(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t which;

	if (!root)
		begin();
	if (!n)
		return 0;
	which = data[0] % (sizeof(files) / sizeof(files[0]));
	put(files[which].path, data + 1, n - 1);
	for (size_t i = 0; i < TABLES_OF && files[which].tables[i]; i++)
		ask(files[which].tables[i]);
	take_away(files[which].path);
	return 0;
}
