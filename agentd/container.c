/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/container.h"

#include <string.h>

#define ID_DIGITS 64
/* BuildKit's and others' that are not hexadecimal. */
#define ID_BUILD 25

static bool is_hex(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!memchr("0123456789abcdef", s.p[i], 16))
			return false;
	return s.n == ID_DIGITS;
}

static bool drop_suffix(struct span *s, const char *suffix)
{
	size_t n = strlen(suffix);

	if (s->n < n || memcmp(s->p + s->n - n, suffix, n) != 0)
		return false;
	s->n -= n;
	return true;
}

/* "docker-4fd4….scope", as systemd's cgroup driver has them */
static bool scope_of(struct span part, struct container *ret)
{
	static const struct {
		const char *prefix, *runtime;
	} prefixes[] = {
		{"docker-", "docker"},
		{"cri-containerd-", "containerd"},
		{"nerdctl-", "containerd"},
		{"crio-", "crio"},
		{"libpod-", "podman"},
	};

	drop_suffix(&part, ".scope");
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		struct span id = part;

		if (!span_skip(&id, prefixes[i].prefix) || !is_hex(id))
			continue;
		ret->id = id;
		ret->runtime = prefixes[i].runtime;
		return true;
	}
	return false;
}

/* Machines of systemd, whose name is all they have. */
static bool machine_of(struct span part, struct container *ret)
{
	if (span_skip(&part, "systemd-nspawn@")) {
		if (!drop_suffix(&part, ".service"))
			return false;
	} else if (!span_skip(&part, "machine-") || !drop_suffix(&part, ".scope")) {
		return false;
	}
	/* Virtual machines are registered there as well. */
	if (!part.n || (part.n >= 4 && memcmp(part.p, "qemu", 4) == 0))
		return false;
	ret->id = part;
	ret->runtime = "nspawn";
	return true;
}

static bool lxc_of(struct span part, struct span parent, struct container *ret)
{
	struct span name = part;

	if (!span_skip(&name, "lxc.payload.")) {
		if (!span_eq(parent, "lxc") && !span_eq(parent, "lxc.payload"))
			return false;
		name = part;
	}
	if (!name.n)
		return false;
	ret->id = name;
	ret->runtime = "lxc";
	return true;
}

static const char *runtime_of(struct span parent, struct span path)
{
	if (span_eq(parent, "docker"))
		return "docker";
	if (span_eq(parent, "libpod_parent") || span_eq(parent, "libpod"))
		return "podman";
	if (span_eq(parent, "default") || span_eq(parent, "moby") ||
		memmem(path.p, path.n, "/kubepods", strlen("/kubepods")))
		return "containerd";
	return "unknown";
}

static bool part_of(struct span part, struct span parent, struct span path, struct container *ret)
{
	/* Podman's monitor is outside of the container that it watches, as is CRI-O's. */
	if (scope_of(part, ret) || machine_of(part, ret) || lxc_of(part, parent, ret))
		return true;
	if (!is_hex(part) && !(span_eq(parent, "buildkit") && part.n == ID_BUILD))
		return false;
	ret->id = part;
	ret->runtime = span_eq(parent, "buildkit") ? "docker" : runtime_of(parent, path);
	return true;
}

bool container_of_path(struct span path, struct container *ret)
{
	struct span rest = path, part, parent = {"", 0};
	bool found = false;

	while (path.n && span_split(&rest, '/', &part)) {
		if (part.n && part_of(part, parent, path, ret)) {
			ret->path = (struct span){path.p, (size_t)(part.p + part.n - path.p)};
			found = true;
		}
		parent = part;
	}
	return found;
}

bool container_of_cgroups(struct span text, struct container *ret)
{
	struct span line, field;

	/* "12:memory:/docker/4fd4…" */
	while (text.p && span_split(&text, '\n', &line))
		if (span_split(&line, ':', &field) && line.p && span_split(&line, ':', &field) &&
			line.p && container_of_path(line, ret))
			return true;
	return false;
}
