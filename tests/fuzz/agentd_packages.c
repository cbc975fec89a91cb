/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rpm's header of a package, its databases and the stanzas of control files: nothing is read
 * outside of them.
 */
#include "agentd/control.h"
#include "agentd/rpmheader.h"
#include "agentd/rpmold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

#define HEADER_MAX (256u << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void within(struct span inner, const char *p, size_t n)
{
	MUST(!inner.n || (inner.p >= p && inner.p + inner.n <= p + n));
}

static void read_rpm(const char *p, size_t n)
{
	static const uint32_t tags[] = {RPM_NAME, RPM_EPOCH, RPM_GROUP, RPM_LONGSIZE};
	struct rpm_header h;
	struct rpm_files files;
	struct rpm_file f;
	struct rpm_value v;
	struct span text;
	uint64_t number;

	if (rpm_header_read(p, n, &h) < 0)
		return;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (!rpm_header_find(&h, tags[i], &v))
			continue;
		rpm_value_int(&v, 0, &number);
		rpm_value_int(&v, SIZE_MAX, &number);
		while (rpm_value_string(&v, &text))
			within(text, p, n);
	}
	if (rpm_files_init(&files, &h) == 0)
		while (rpm_files_next(&files, &f)) {
			within(f.dir, p, n);
			within(f.name, p, n);
			within(f.user, p, n);
			within(f.digest, p, n);
		}
	rpm_files_done(&files);
}

static void read_database(const uint8_t *data, size_t n)
{
	int fd = memfd_create("rpm", MFD_CLOEXEC), r = 1;
	struct rpmold d;
	const void *p;
	size_t len;

	MUST(fd >= 0 && write(fd, data, n) == (ssize_t)n);
	if (rpmold_open(&d, fd, HEADER_MAX) == 0)
		while ((r = rpmold_next(&d, &p, &len)) != 0) {
			MUST(r == 1 || r == -EAGAIN);
			if (r == 1)
				read_rpm(p, len);
		}
	rpmold_done(&d);
	close(fd);
}

static void read_control(const char *p, size_t n, char separator)
{
	static const char *const names[] = {"a", "Package", "x y", NULL};
	struct span rest = {p, n}, line;
	struct control c;

	control_init(&c, separator, names);
	while (span_split(&rest, '\n', &line)) {
		int r = control_line(&c, line);

		MUST(r >= 0);
		for (unsigned i = 0; i < 3; i++)
			MUST(control_get(&c, i).n <= n);
		if (r == 0)
			control_reset(&c);
	}
	control_done(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* Of its very size, so that one byte too far is seen. */
	char *p = malloc(n ? n : 1);

	if (!p)
		return 0;
	memcpy(p, data, n);
	read_rpm(p, n);
	read_database(data, n);
	read_control(p, n, ':');
	read_control(p, n, '=');
	free(p);
	return 0;
}
