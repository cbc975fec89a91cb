/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/container.h"

#include "tests/unit/test.h"

#include <stdbool.h>

#define ID  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static const struct {
	const char *path, *id, *runtime, *upto; /* id NULL: in no container */
} paths[] = {
	{"/docker/" ID, ID, "docker", "/docker/" ID},
	{"/docker/" ID "/docker/" ID2 "/x", ID2, "docker", "/docker/" ID "/docker/" ID2},
	{"/system.slice/docker-" ID ".scope", ID, "docker", "/system.slice/docker-" ID ".scope"},
	{"/docker/buildkit/abcdefghijklmnopqrstuvwxy", "abcdefghijklmnopqrstuvwxy", "docker",
		"/docker/buildkit/abcdefghijklmnopqrstuvwxy"},
	{"/a/nerdctl-" ID ".scope", ID, "containerd", "/a/nerdctl-" ID ".scope"},
	{"/kubepods/burstable/pod1/" ID, ID, "containerd", "/kubepods/burstable/pod1/" ID},
	{"/default/" ID "/init", ID, "containerd", "/default/" ID},
	{"/x/crio-" ID ".scope", ID, "crio", "/x/crio-" ID ".scope"},
	{"/libpod_parent/libpod-" ID, ID, "podman", "/libpod_parent/libpod-" ID},
	{"/lxc/a", "a", "lxc", "/lxc/a"},
	{"/lxc.payload/a/b", "a", "lxc", "/lxc.payload/a"},
	{"/lxc.payload.c", "c", "lxc", "/lxc.payload.c"},
	{"/machine.slice/machine-m.scope", "m", "nspawn", "/machine.slice/machine-m.scope"},
	{"/machine.slice/systemd-nspawn@m.service/payload", "m", "nspawn",
		"/machine.slice/systemd-nspawn@m.service"},
	{"/somebody/" ID, ID, "unknown", "/somebody/" ID},
	{"/x/crio-conmon-" ID ".scope", NULL, NULL, NULL},
	{"/x/libpod-conmon-" ID ".scope", NULL, NULL, NULL},
	{"/lxc.monitor.c", NULL, NULL, NULL},
	{"/lxc", NULL, NULL, NULL},
	{"/lxc/", NULL, NULL, NULL},
	{"/lxc.payload.", NULL, NULL, NULL},
	{"/docker/" ID "0", NULL, NULL, NULL},
	{"/docker/0123", NULL, NULL, NULL},
	{"/docker/X123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", NULL, NULL,
		NULL},
	{"/machine.slice/machine-qemu\\x2d1\\x2dvm.scope", NULL, NULL, NULL},
	{"/machine.slice/machine-.scope", NULL, NULL, NULL},
	{"/user.slice/user-1000.slice/session-1.scope", NULL, NULL, NULL},
	{"/", NULL, NULL, NULL},
	{"", NULL, NULL, NULL},
};

TEST(container_paths)
{
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct container c;
		bool in = container_of_path(span_str(paths[i].path), &c);

		if (in != (paths[i].id != NULL))
			FAIL("'%s': %s a container", paths[i].path, in ? "in" : "not in");
		if (in && (!span_eq(c.id, paths[i].id) || !span_eq(c.path, paths[i].upto) ||
				  strcmp(c.runtime, paths[i].runtime) != 0))
			FAIL("'%s': '%.*s' of %s", paths[i].path, (int)c.id.n, c.id.p, c.runtime);
	}
}

TEST(container_cgroups)
{
	struct container c;

	CHECK(container_of_cgroups(
		span_str("9:name=systemd:/init.scope\n4:memory:/lxc/a:b\n0::/"), &c));
	CHECK(span_eq(c.id, "a:b"));
	CHECK(!container_of_cgroups(span_str("0::/init.scope\n"), &c));
	CHECK(!container_of_cgroups(span_str("/docker/" ID "\n:/docker/" ID "\n::\n:\n"), &c));
	CHECK(!container_of_cgroups(span_str(""), &c));
	CHECK(!container_of_cgroups((struct span){NULL, 0}, &c));
}

TEST_MAIN(&container_paths, &container_cgroups)
