/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A known_hosts file of any bytes: read, asked about some hosts, and read again after an addition.
 */
#include "common/io.h"
#include "console/fleet/hostkeys.h"

#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define KEY1 "AAAAC3NzaC1lZDI1NTE5AAAAIGe1O6BpeHr6Ie+EKpEDZ0/xrE8K/CRN8tO0OR/kxpUg"
#define KEY2 "AAAAC3NzaC1lZDI1NTE5AAAAICu/36hQxw4EJOTYl+FH3fbo7lvQyJo/3wFOq29qCgTW"

static enum hostkey look(struct hostkeys *hk, const char *host, uint16_t port, const char *key)
{
	char algorithms[HOSTKEYS_ALGORITHMS_MAX];
	struct hostkeys_name name;
	enum hostkey result;
	struct err err = {0};

	if (hostkeys_name(host, NULL, port, &name) < 0)
		return HOSTKEY_ERROR;
	hostkeys_algorithms(hk, &name, true, algorithms);
	assert(strlen(algorithms) > 50);
	result = hostkeys_check(hk, &name, "ssh-ed25519", key, &err);
	assert(result == HOSTKEY_KNOWN || result == HOSTKEY_ADDED || err.text[0]);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[32];
	const char *files[] = {path, NULL};
	struct hostkeys *hk;
	enum hostkey was;
	struct err err;

	if (fd < 0) {
		fd = memfd_create("known_hosts", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		return 0;
	hk = hostkeys_new(files, "/", true, &err);
	assert(hk);
	(void)look(hk, "web1", 2222, KEY2);
	(void)look(hk, "10.0.0.1", 22, KEY1);
	was = look(hk, "web1", 22, KEY1);
	hostkeys_free(hk);
	hk = hostkeys_new(files, "/", false, &err);
	assert(hk);
	/* What was added is known from then on. */
	if (was == HOSTKEY_ADDED)
		assert(look(hk, "web1", 22, KEY1) == HOSTKEY_KNOWN);
	if (was == HOSTKEY_REVOKED || was == HOSTKEY_CHANGED)
		assert(look(hk, "web1", 22, KEY1) == was);
	hostkeys_free(hk);
	return 0;
}
