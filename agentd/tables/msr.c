/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/attr.h"
#include "agentd/root.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define CPU_DIR	       "/dev/cpu"
#define TURBO_DISABLED (UINT64_C(1) << 38)

enum {
	PROCESSOR_NUMBER,
	TURBO_DISABLED_COL,
	TURBO_RATIO_LIMIT,
	PLATFORM_INFO,
	PERF_CTL,
	PERF_STATUS,
	FEATURE_CONTROL,
	RAPL_POWER_LIMIT,
	RAPL_ENERGY_STATUS,
	RAPL_POWER_UNITS,
};

static const struct column columns[] = {
	{"processor_number", COL_BIGINT, 0, "Number of the processor"},
	{"turbo_disabled", COL_BIGINT, 0, "1: it never runs faster than it is sold for"},
	{"turbo_ratio_limit", COL_BIGINT, 0, "Limits of turbo mode (register 0x1ad)"},
	{"platform_info", COL_BIGINT, 0, "What the platform is capable of (0xce)"},
	{"perf_ctl", COL_BIGINT, 0, "Wanted performance state (0x199, low 16 bits)"},
	{"perf_status", COL_BIGINT, 0, "Performance state it is in (0x198)"},
	{"feature_control", COL_BIGINT, 0, "Which features are enabled and locked (0x3a)"},
	{"rapl_power_limit", COL_BIGINT, 0, "Limit of power of the package (0x610)"},
	{"rapl_energy_status", COL_BIGINT, 0, "Energy that the package has used (0x611)"},
	{"rapl_power_units", COL_BIGINT, 0, "Units of the two before (0x606)"},
	COL_END,
};

static void put_registers(struct scan *s, int fd)
{
	static const struct {
		unsigned col;
		off_t at;
		uint64_t mask;
	} registers[] = {
		{TURBO_DISABLED_COL, 0x1a0, TURBO_DISABLED},
		{TURBO_RATIO_LIMIT, 0x1ad, UINT64_MAX},
		{PLATFORM_INFO, 0xce, UINT64_MAX},
		{PERF_CTL, 0x199, 0xffff},
		{PERF_STATUS, 0x198, UINT64_MAX},
		{FEATURE_CONTROL, 0x3a, UINT64_MAX},
		{RAPL_POWER_LIMIT, 0x610, UINT64_MAX},
		{RAPL_ENERGY_STATUS, 0x611, UINT64_MAX},
		{RAPL_POWER_UNITS, 0x606, UINT64_MAX},
	};
	uint64_t value;

	for (size_t i = 0; i < ARRAY_LEN(registers); i++) {
		if (!scan_wants(s, registers[i].col) ||
			pread(fd, &value, sizeof(value), registers[i].at) != sizeof(value))
			continue;
		value &= registers[i].mask;
		row_int(s, registers[i].col,
			registers[i].mask == TURBO_DISABLED ? value != 0 : (int64_t)value);
	}
}

static void put_processor(struct scan *s, const char *name)
{
	char path[64];
	uint64_t number;
	int fd;

	if (parse_uint(name, 0, INT32_MAX, &number) < 0)
		return;
	snprintf(path, sizeof(path), CPU_DIR "/%s/msr", name);
	fd = root_open(scan_root(s), path, O_RDONLY);
	if (fd < 0) {
		if (fd != -ENOENT && fd != -ENXIO && fd != -ENODEV)
			scan_skipped(s, "registers", "processor", -fd);
		return;
	}
	row_begin(s);
	row_int(s, PROCESSOR_NUMBER, (int64_t)number);
	put_registers(s, fd);
	row_end(s);
	io_close(fd);
}

static int msr_step(struct scan *s)
{
	const char *name;
	DIR *dir;

	/* The devices of another root are this machine's. */
	if (!root_is_live(scan_root(s)))
		return 0;
	dir = attr_opendir(s, CPU_DIR);
	while ((name = attr_next(dir)) && !scan_stop(s))
		put_processor(s, name);
	attr_closedir(dir);
	return 0;
}

const struct table table_msr = {
	.name = "msr",
	.doc = "Registers of Intel processors; for root, where the kernel module msr is loaded.",
	.columns = columns,
	.step = msr_step,
};
