/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/hostinfo.h"
#include "agentd/root.h"
#include "agentd/table.h"
#include "common/map.h"
#include "common/str.h"

#include <errno.h>

#define SMALL_MAX (64u << 10)
/* A few kilobytes for each processor. */
#define CPUINFO_MAX (32u << 20)
#define CORES_MAX   (1u << 16)

enum {
	HOSTNAME,
	UUID,
	CPU_TYPE,
	CPU_SUBTYPE,
	CPU_BRAND,
	CPU_PHYSICAL_CORES,
	CPU_LOGICAL_CORES,
	CPU_SOCKETS,
	CPU_MICROCODE,
	PHYSICAL_MEMORY,
	HARDWARE_VENDOR,
	HARDWARE_MODEL,
	HARDWARE_VERSION,
	HARDWARE_SERIAL,
	BOARD_VENDOR,
	BOARD_MODEL,
	BOARD_VERSION,
	BOARD_SERIAL,
	COMPUTER_NAME,
	LOCAL_HOSTNAME,
};

static const struct column columns[] = {
	[HOSTNAME] = {"hostname", COL_TEXT, 0,
		"Host name with its domain, where /etc/hosts tells it"},
	[UUID] = {"uuid", COL_TEXT, 0,
		"Identity of the machine: the firmware's UUID, or made of /etc/machine-id"},
	[CPU_TYPE] = {"cpu_type", COL_TEXT, 0, "Architecture"},
	[CPU_SUBTYPE] = {"cpu_subtype", COL_TEXT, 0, "Model number of the processor"},
	[CPU_BRAND] = {"cpu_brand", COL_TEXT, 0, "Name of the processor"},
	[CPU_PHYSICAL_CORES] = {"cpu_physical_cores", COL_INTEGER, 0, "Number of cores"},
	[CPU_LOGICAL_CORES] = {"cpu_logical_cores", COL_INTEGER, 0, "Number of hardware threads"},
	[CPU_SOCKETS] = {"cpu_sockets", COL_INTEGER, 0, "Number of processors"},
	[CPU_MICROCODE] = {"cpu_microcode", COL_TEXT, 0, "Version of the microcode"},
	[PHYSICAL_MEMORY] = {"physical_memory", COL_BIGINT, 0, "Memory in bytes"},
	[HARDWARE_VENDOR] = {"hardware_vendor", COL_TEXT, 0, "Maker of the machine"},
	[HARDWARE_MODEL] = {"hardware_model", COL_TEXT, 0, "Its model"},
	[HARDWARE_VERSION] = {"hardware_version", COL_TEXT, 0, "Version of the model"},
	[HARDWARE_SERIAL] = {"hardware_serial", COL_TEXT, 0, "Its serial number"},
	[BOARD_VENDOR] = {"board_vendor", COL_TEXT, 0, "Maker of the main board"},
	[BOARD_MODEL] = {"board_model", COL_TEXT, 0, "Model of the board"},
	[BOARD_VERSION] = {"board_version", COL_TEXT, 0, "Version of the board"},
	[BOARD_SERIAL] = {"board_serial", COL_TEXT, 0, "Serial number of the board"},
	[COMPUTER_NAME] = {"computer_name", COL_TEXT, 0, "Host name as the kernel has it"},
	[LOCAL_HOSTNAME] = {"local_hostname", COL_TEXT, 0, "As hostname"},
	COL_END,
};

/* A file's content without blanks around it, "" where it cannot be read. */
static struct span read_text(struct scan *s, const char *path, struct buf *b)
{
	int r;

	buf_reset(b);
	r = root_read(scan_root(s), path, b);
	if (r == -EACCES || r == -EPERM)
		scan_skipped(s, "value", "file", -r);
	return span_trim((struct span){buf_str(b), b->len});
}

/* ---- Names ---- */

/*
 * The first name of the line of /etc/hosts that has `name` in it: what the resolver would answer,
 * without asking the network.
 */
static struct span full_name(struct span hosts, const char *name)
{
	struct span line, rest, word, first;

	while (span_split(&hosts, '\n', &line)) {
		rest = line;
		span_split(&rest, '#', &line);
		first = (struct span){NULL, 0};
		for (unsigned i = 0; span_word(&line, &word); i++) {
			if (i == 1)
				first = word;
			if (i && span_eq(word, name))
				return first;
		}
	}
	return span_str(name);
}

static void put_names(struct scan *s, const struct hostinfo *host, struct buf *b)
{
	struct span full = full_name(read_text(s, "/etc/hosts", b), host->name);

	row_bytes(s, HOSTNAME, full.p, full.n);
	row_bytes(s, LOCAL_HOSTNAME, full.p, full.n);
	row_text(s, COMPUTER_NAME, host->name);
}

/* ---- Processors and memory ---- */

struct cpus {
	struct map *sockets, *cores; /* by their numbers */
	int64_t threads;
	char socket[32], core[32];    /* of the processor being read */
	bool brand, model, microcode; /* have been told */
};

static int note(struct map *m, const char *a, const char *b)
{
	static char seen;
	char key[80];
	int r;

	if (!a[0])
		return 0;
	snprintf(key, sizeof(key), "%s:%s", a, b);
	r = map_put(m, key, &seen, NULL);
	return r == -ENOMEM ? r : 0;
}

static int cpu_ends(struct cpus *c)
{
	int r = note(c->sockets, c->socket, "");

	if (!r)
		r = note(c->cores, c->socket, c->core);
	c->socket[0] = c->core[0] = '\0';
	return r;
}

static void keep(char *to, size_t size, struct span value)
{
	if (value.n < size) {
		memcpy(to, value.p, value.n);
		to[value.n] = '\0';
	}
}

static void put_once(struct scan *s, unsigned col, struct span value, bool *told)
{
	if (!*told)
		row_bytes(s, col, value.p, value.n);
	*told = true;
}

static int cpu_line(struct scan *s, struct cpus *c, struct span line)
{
	struct span key, value = line;

	if (!span_split(&value, ':', &key) || !value.p)
		return cpu_ends(c);
	key = span_trim(key);
	value = span_trim(value);
	if (span_eq(key, "processor"))
		c->threads++;
	else if (span_eq(key, "physical id"))
		keep(c->socket, sizeof(c->socket), value);
	else if (span_eq(key, "core id"))
		keep(c->core, sizeof(c->core), value);
	else if (span_eq(key, "model name"))
		put_once(s, CPU_BRAND, value, &c->brand);
	else if (span_eq(key, "model"))
		put_once(s, CPU_SUBTYPE, value, &c->model);
	else if (span_eq(key, "microcode"))
		put_once(s, CPU_MICROCODE, value, &c->microcode);
	return 0;
}

/* Some architectures tell no sockets and cores: then each thread is taken for a core. */
static void put_counts(struct scan *s, const struct cpus *c)
{
	size_t cores = map_len(c->cores), sockets = map_len(c->sockets);

	row_int(s, CPU_LOGICAL_CORES, c->threads ? c->threads : -1);
	row_int(s, CPU_PHYSICAL_CORES, cores ? (int64_t)cores : c->threads ? c->threads : -1);
	row_int(s, CPU_SOCKETS, sockets ? (int64_t)sockets : -1);
}

static int put_cpus(struct scan *s)
{
	struct cpus c = {.sockets = map_new(CORES_MAX), .cores = map_new(CORES_MAX)};
	struct span rest, line;
	struct buf b;
	int r = c.sockets && c.cores ? 0 : -ENOMEM;

	buf_init(&b, CPUINFO_MAX);
	row_text(s, CPU_BRAND, "");
	row_text(s, CPU_SUBTYPE, "0");
	row_text(s, CPU_MICROCODE, "");
	rest = read_text(s, "/proc/cpuinfo", &b);
	while (!r && span_split(&rest, '\n', &line))
		r = cpu_line(s, &c, line);
	if (!r)
		r = cpu_ends(&c);
	if (!r)
		put_counts(s, &c);
	buf_done(&b);
	map_free(c.sockets, NULL);
	map_free(c.cores, NULL);
	return r;
}

/* "MemTotal:  16384 kB" */
static void put_memory(struct scan *s, struct buf *b)
{
	struct span rest = read_text(s, "/proc/meminfo", b), line, word;
	uint64_t kb;

	row_int(s, PHYSICAL_MEMORY, -1);
	while (span_split(&rest, '\n', &line)) {
		if (!span_word(&line, &word) || !span_eq(word, "MemTotal:"))
			continue;
		if (span_word(&line, &word) && parse_span(word, 10, INT64_MAX / 1024, &kb) == 0)
			row_int(s, PHYSICAL_MEMORY, (int64_t)kb * 1024);
		return;
	}
}

/* ---- The row ---- */

static void put_hardware(struct scan *s, struct buf *b)
{
	static const struct {
		unsigned col;
		const char *file;
	} files[] = {
		{HARDWARE_VENDOR, "sys_vendor"},
		{HARDWARE_MODEL, "product_name"},
		{HARDWARE_VERSION, "product_version"},
		{HARDWARE_SERIAL, "product_serial"},
		{BOARD_VENDOR, "board_vendor"},
		{BOARD_MODEL, "board_name"},
		{BOARD_VERSION, "board_version"},
		{BOARD_SERIAL, "board_serial"},
	};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct span text;
		char path[64];

		if (!scan_wants(s, files[i].col))
			continue;
		snprintf(path, sizeof(path), "/sys/class/dmi/id/%s", files[i].file);
		text = read_text(s, path, b);
		row_bytes(s, files[i].col, text.p, text.n);
	}
}

static bool wants_any(const struct scan *s, unsigned from, unsigned to)
{
	while (from <= to)
		if (scan_wants(s, from++))
			return true;
	return false;
}

static int system_info_step(struct scan *s)
{
	struct hostinfo host;
	struct buf b;
	int r = 0;

	buf_init(&b, SMALL_MAX);
	hostinfo_read(scan_root(s), &host);
	row_begin(s);
	put_names(s, &host, &b);
	if (scan_wants(s, UUID)) {
		char uuid[HOSTINFO_TEXT_MAX];

		hostinfo_uuid(scan_root(s), &host, uuid);
		row_text(s, UUID, uuid);
	}
	row_text(s, CPU_TYPE, host.arch);
	if (wants_any(s, CPU_SUBTYPE, CPU_MICROCODE))
		r = put_cpus(s);
	if (scan_wants(s, PHYSICAL_MEMORY))
		put_memory(s, &b);
	put_hardware(s, &b);
	row_end(s);
	buf_done(&b);
	return r;
}

const struct table table_system_info = {
	.name = "system_info",
	.doc = "The machine: its names, processors, memory and maker.",
	.columns = columns,
	.step = system_info_step,
};
