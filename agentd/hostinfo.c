/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/hostinfo.h"

#include "agentd/root.h"
#include "common/buf.h"
#include "common/str.h"

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
	}
	first_line(root, "/etc/machine-id", &b, ret->machine_id);
	first_line(root, "/proc/sys/kernel/random/boot_id", &b, ret->boot_id);
	os_release(root, &b, ret);
	buf_done(&b);
}
