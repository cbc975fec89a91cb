/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/blockdev.h"

#include "agentd/root.h"
#include "common/io.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define DEV "/dev/"

/* ---- Which ones ---- */

/* The kernel writes a slash in a name as "!". */
static void swap_chars(char *name, char from, char to)
{
	for (; *name; name++)
		if (*name == from)
			*name = to;
}

void blockdevs_open(struct blockdevs *d, struct scan *s, unsigned name)
{
	const char *only = scan_eq_text(s, name);

	*d = (struct blockdevs){.s = s};
	buf_init(&d->b, ATTR_MAX);
	if (!only) {
		d->dir = attr_opendir(s, BLOCKDEV_DIR);
		return;
	}
	if (!str_starts(only, DEV) || str_copy(d->only, sizeof(d->only), only + strlen(DEV)) < 0 ||
		d->only[0] == '.' || strchr(d->only, '!'))
		d->only[0] = '\0';
	swap_chars(d->only, '/', '!');
}

void blockdevs_close(struct blockdevs *d)
{
	attr_closedir(d->dir);
	buf_done(&d->b);
}

const char *blockdevs_next(struct blockdevs *d)
{
	struct span text;

	if (d->dir)
		return attr_next(d->dir);
	if (d->done || !d->only[0])
		return NULL;
	d->done = true;
	return attr_read(d->s, &d->b, &text, BLOCKDEV_DIR "/%s/dev", d->only) ? d->only : NULL;
}

void blockdev_row(struct scan *s, unsigned col, const char *name)
{
	char node[sizeof(DEV) + BLOCKDEV_NAME_MAX];

	snprintf(node, sizeof(node), DEV "%s", name);
	swap_chars(node, '!', '/');
	row_text(s, col, node);
}

static bool copy_span(char ret[BLOCKDEV_NAME_MAX], struct span text)
{
	if (!text.n || text.n >= BLOCKDEV_NAME_MAX)
		return false;
	memcpy(ret, text.p, text.n);
	ret[text.n] = '\0';
	return true;
}

/* "../../devices/…/block/sda/sda1": a partition lies in the directory of its disk. */
static bool disk_of(struct blockdevs *d, const char *name, char ret[BLOCKDEV_NAME_MAX])
{
	char path[PATH_MAX];
	struct span rest, part, last = {NULL, 0}, before = {NULL, 0};

	snprintf(path, sizeof(path), BLOCKDEV_DIR "/%s", name);
	buf_reset(&d->b);
	if (root_readlink(scan_root(d->s), path, &d->b) < 0)
		return false;
	rest = (struct span){buf_str(&d->b), d->b.len};
	while (span_split(&rest, '/', &part)) {
		before = last;
		last = part;
	}
	return !span_eq(before, "block") && !span_eq(before, "") && copy_span(ret, before);
}

bool blockdev_parent(struct blockdevs *d, const char *name, char ret[BLOCKDEV_NAME_MAX])
{
	const char *slave;
	DIR *dir;

	if (disk_of(d, name, ret))
		return true;
	dir = attr_opendir(d->s, BLOCKDEV_DIR "/%s/slaves", name);
	slave = attr_next(dir);
	if (slave)
		str_copy(ret, BLOCKDEV_NAME_MAX, slave);
	attr_closedir(dir);
	return slave != NULL;
}

/* ---- What is on them ---- */

static void keep(char to[BLOCKDEV_TEXT_MAX], struct span value)
{
	if (value.n >= BLOCKDEV_TEXT_MAX)
		value.n = BLOCKDEV_TEXT_MAX - 1;
	memcpy(to, value.p, value.n);
	to[value.n] = '\0';
}

/* "E:ID_FS_TYPE=ext4" */
static bool from_udev(struct blockdevs *d, const char *name, struct blockdev_content *ret)
{
	char number[32];
	struct span rest, line;

	if (!attr_read(d->s, &d->b, &rest, BLOCKDEV_DIR "/%s/dev", name) ||
		rest.n >= sizeof(number))
		return false;
	memcpy(number, rest.p, rest.n);
	number[rest.n] = '\0';
	if (!attr_read(d->s, &d->b, &rest, "/run/udev/data/b%s", number))
		return false;
	while (span_split(&rest, '\n', &line)) {
		if (span_skip(&line, "E:ID_FS_UUID="))
			keep(ret->uuid, line);
		else if (span_skip(&line, "E:ID_FS_TYPE="))
			keep(ret->type, line);
		else if (span_skip(&line, "E:ID_FS_LABEL="))
			keep(ret->label, line);
	}
	return true;
}

/* libblkid's, of which the headers are not needed to build. */
struct blkid {
	void *lib;
	void *(*new_probe)(void);
	void (*free_probe)(void *pr);
	int (*set_device)(void *pr, int fd, int64_t offset, int64_t size);
	int (*enable_superblocks)(void *pr, int on);
	int (*set_flags)(void *pr, int flags);
	int (*safeprobe)(void *pr);
	int (*lookup)(void *pr, const char *name, const char **ret, size_t *ret_len);
};
#define BLKID_LABEL (1 << 1)
#define BLKID_UUID  (1 << 3)
#define BLKID_TYPE  (1 << 5)

static bool blkid_load(struct blkid *k)
{
	const struct {
		const char *name;
		void *to;
	} symbols[] = {
		{"blkid_new_probe", &k->new_probe},
		{"blkid_free_probe", &k->free_probe},
		{"blkid_probe_set_device", &k->set_device},
		{"blkid_probe_enable_superblocks", &k->enable_superblocks},
		{"blkid_probe_set_superblocks_flags", &k->set_flags},
		{"blkid_do_safeprobe", &k->safeprobe},
		{"blkid_probe_lookup_value", &k->lookup},
	};

	*k = (struct blkid){.lib = dlopen("libblkid.so.1", RTLD_LAZY | RTLD_LOCAL)};
	for (size_t i = 0; k->lib && i < ARRAY_LEN(symbols); i++) {
		void *p = dlsym(k->lib, symbols[i].name);

		memcpy(symbols[i].to, &p, sizeof(p));
		if (!p) {
			dlclose(k->lib);
			k->lib = NULL;
		}
	}
	return k->lib != NULL;
}

static void lookup(const struct blkid *k, void *pr, const char *name, char to[BLOCKDEV_TEXT_MAX])
{
	const char *value;

	if (k->lookup(pr, name, &value, NULL) == 0)
		keep(to, span_str(value));
}

static void probe_device(const struct blkid *k, int fd, struct blockdev_content *ret)
{
	void *pr = k->new_probe();

	if (!pr)
		return;
	if (k->set_device(pr, fd, 0, 0) == 0 && k->enable_superblocks(pr, 1) == 0 &&
		k->set_flags(pr, BLKID_LABEL | BLKID_UUID | BLKID_TYPE) == 0 &&
		k->safeprobe(pr) == 0) {
		lookup(k, pr, "UUID", ret->uuid);
		lookup(k, pr, "TYPE", ret->type);
		lookup(k, pr, "LABEL", ret->label);
	}
	k->free_probe(pr);
}

static void from_device(struct blockdevs *d, const char *name, struct blockdev_content *ret)
{
	char node[sizeof(DEV) + BLOCKDEV_NAME_MAX];
	struct blkid k;
	struct stat st;
	int fd;

	snprintf(node, sizeof(node), DEV "%s", name);
	swap_chars(node, '!', '/');
	if (root_stat(scan_root(d->s), node, true, &st) < 0 || !S_ISBLK(st.st_mode))
		return;
	fd = root_open(scan_root(d->s), node, O_RDONLY);
	if (fd == -EACCES || fd == -EPERM)
		scan_skipped(d->s, "content", "device", -fd);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISBLK(st.st_mode) && blkid_load(&k)) {
		probe_device(&k, fd, ret);
		dlclose(k.lib);
	}
	io_close(fd);
}

void blockdev_probe(struct blockdevs *d, const char *name, struct blockdev_content *ret)
{
	*ret = (struct blockdev_content){0};
	if (!from_udev(d, name, ret) && root_is_live(scan_root(d->s)))
		from_device(d, name, ret);
}
