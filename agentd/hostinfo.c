/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/hostinfo.h"

#include "agentd/root.h"
#include "common/buf.h"
#include "common/str.h"

#include <elf.h>
#include <strings.h>
#include <sys/utsname.h>

#define HOSTINFO_FILE_MAX (64u << 10)

static void keep(char dst[HOSTINFO_TEXT_MAX], struct span s)
{
	size_t n = s.n < HOSTINFO_TEXT_MAX ? s.n : HOSTINFO_TEXT_MAX - 1;

	memcpy(dst, s.p, n);
	dst[n] = '\0';
}

static bool read_some(const struct root *root, const char *path, struct buf *b)
{
	int r;

	buf_reset(b);
	r = root_read(root, path, b);
	return (r == 0 || r == -EMSGSIZE) && b->len > 0;
}

static void first_line(
	const struct root *root, const char *path, struct buf *b, char dst[HOSTINFO_TEXT_MAX])
{
	struct span rest, line;

	if (!read_some(root, path, b))
		return;
	rest = (struct span){b->p, b->len};
	if (span_split(&rest, '\n', &line))
		keep(dst, span_trim(line));
}

/* A value of os-release: quoted as in a shell, where a backslash keeps the next character. */
static void os_value(struct span v, char dst[HOSTINFO_TEXT_MAX])
{
	size_t out = 0;

	v = span_trim(v);
	if (v.n >= 2 && (v.p[0] == '"' || v.p[0] == '\'') && v.p[v.n - 1] == v.p[0])
		v = (struct span){v.p + 1, v.n - 2};
	for (size_t i = 0; i < v.n && out + 1 < HOSTINFO_TEXT_MAX; i++) {
		if (v.p[i] == '\\' && i + 1 < v.n)
			i++;
		dst[out++] = v.p[i];
	}
	dst[out] = '\0';
}

static void os_release(const struct root *root, struct buf *b, struct hostinfo *ret)
{
	struct span rest, line, key;

	if (!read_some(root, "/etc/os-release", b) && !read_some(root, "/usr/lib/os-release", b))
		return;
	rest = (struct span){b->p, b->len};
	while (span_split(&rest, '\n', &line)) {
		if (!span_split(&line, '=', &key) || !line.p)
			continue;
		if (span_eq(key, "NAME"))
			os_value(line, ret->os);
		else if (span_eq(key, "VERSION_ID"))
			os_value(line, ret->os_version);
	}
}

/* The machine a program of the root was made for, by its ELF header. */
static void arch_of_programs(const struct root *root, struct buf *b, char dst[HOSTINFO_TEXT_MAX])
{
	static const struct {
		uint16_t machine;
		const char *name[2]; /* little-endian, big-endian */
	} machines[] = {
		{EM_X86_64, {"x86_64", "x86_64"}},
		{EM_386, {"i686", "i686"}},
		{EM_AARCH64, {"aarch64", "aarch64_be"}},
		{EM_ARM, {"armv7l", "armv7b"}},
		{EM_RISCV, {"riscv64", "riscv64"}},
		{EM_PPC64, {"ppc64le", "ppc64"}},
		{EM_S390, {"s390x", "s390x"}},
		{EM_LOONGARCH, {"loongarch64", "loongarch64"}},
	};
	static const char *const programs[] = {"/bin/sh", "/sbin/init", "/usr/bin/env"};
	bool big;
	uint16_t m;

	for (size_t i = 0; i < ARRAY_LEN(programs); i++)
		if (read_some(root, programs[i], b) && b->len >= EI_NIDENT + 4)
			break;
	if (b->len < EI_NIDENT + 4 || memcmp(b->p, ELFMAG, SELFMAG) != 0)
		return;
	big = b->p[EI_DATA] == ELFDATA2MSB;
	m = (uint16_t)((uint8_t)b->p[EI_NIDENT + 2 + big] | (uint8_t)b->p[EI_NIDENT + 3 - big]
								    << 8);
	for (size_t i = 0; i < ARRAY_LEN(machines); i++)
		if (machines[i].machine == m)
			keep(dst, span_str(machines[i].name[big]));
}

void hostinfo_read(const struct root *root, struct hostinfo *ret)
{
	struct utsname u;
	struct buf b;

	memset(ret, 0, sizeof(*ret));
	buf_init(&b, HOSTINFO_FILE_MAX);
	if (root_is_live(root) && uname(&u) == 0) {
		keep(ret->name, span_str(u.nodename));
		keep(ret->kernel, span_str(u.release));
		keep(ret->arch, span_str(u.machine));
	} else {
		first_line(root, "/etc/hostname", &b, ret->name);
		first_line(root, "/proc/sys/kernel/osrelease", &b, ret->kernel);
		arch_of_programs(root, &b, ret->arch);
	}
	first_line(root, "/etc/machine-id", &b, ret->machine_id);
	first_line(root, "/proc/sys/kernel/random/boot_id", &b, ret->boot_id);
	os_release(root, &b, ret);
	buf_done(&b);
}

/* ---- The machine's UUID ---- */

/* What boards carry whose maker did not care to give them one of their own. */
static bool is_placeholder(const char *uuid)
{
	static const char *const known[] = {"00000000-0000-0000-0000-000000000000",
		"03000200-0400-0500-0006-000700080009", "03020100-0504-0706-0809-0a0b0c0d0e0f",
		"10000000-0000-8000-0040-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcasecmp(uuid, known[i]) == 0)
			return true;
	return strlen(uuid) != strlen(known[0]);
}

void hostinfo_uuid(
	const struct root *root, const struct hostinfo *host, char ret[HOSTINFO_TEXT_MAX])
{
	const char *id = host->machine_id;
	struct buf b;

	ret[0] = '\0';
	buf_init(&b, HOSTINFO_FILE_MAX);
	first_line(root, "/sys/class/dmi/id/product_uuid", &b, ret);
	buf_done(&b);
	if (!is_placeholder(ret))
		return;
	ret[0] = '\0';
	if (strlen(id) == 32)
		snprintf(ret, HOSTINFO_TEXT_MAX, "%.8s-%.4s-%.4s-%.4s-%.12s", id, id + 8, id + 12,
			id + 16, id + 20);
}
