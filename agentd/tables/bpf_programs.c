/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/bpfprog.h"
#include "agentd/procfs.h"
#include "agentd/root.h"
#include "agentd/table.h"
#include "common/str.h"

#include <errno.h>

enum {
	ID,
	TYPE,
	NAME,
	TAG,
	UID,
	LOAD_TIME,
	GPL_COMPATIBLE,
	JITED_SIZE,
	XLATED_SIZE,
	MAP_IDS,
	IFINDEX,
	RUN_TIME_NS,
	RUN_COUNT,
};

static const struct column columns[] = {
	{"id", COL_BIGINT, COL_INDEX, "Number of the program"},
	{"type", COL_TEXT, 0, "What it can be attached to: kprobe, xdp, cgroup_skb …"},
	{"name", COL_TEXT, 0, "Name that its maker gave it, at most 15 bytes"},
	{"tag", COL_TEXT, 0, "Digest of its instructions"},
	{"uid", COL_BIGINT, 0, "User that loaded it"},
	{"load_time", COL_BIGINT, 0, "When it was loaded, in seconds since 1970"},
	{"gpl_compatible", COL_INTEGER, 0, "1: it says that it is licensed so"},
	{"jited_size", COL_BIGINT, 0, "Bytes of machine code"},
	{"xlated_size", COL_BIGINT, 0, "Bytes of BPF instructions"},
	{"map_ids", COL_TEXT, 0, "Numbers of the maps that it uses, separated by commas"},
	{"ifindex", COL_BIGINT, 0, "Network device that it was offloaded to; 0: none"},
	{"run_time_ns", COL_BIGINT, 0, "Time spent in it, where kernel.bpf_stats_enabled is set"},
	{"run_count", COL_BIGINT, 0, "How often it ran, where that is set"},
	COL_END,
};

/* enum bpf_prog_type */
static const char *const types[] = {"unspec", "socket_filter", "kprobe", "sched_cls", "sched_act",
	"tracepoint", "xdp", "perf_event", "cgroup_skb", "cgroup_sock", "lwt_in", "lwt_out",
	"lwt_xmit", "sock_ops", "sk_skb", "cgroup_device", "sk_msg", "raw_tracepoint",
	"cgroup_sock_addr", "lwt_seg6local", "lirc_mode2", "sk_reuseport", "flow_dissector",
	"cgroup_sysctl", "raw_tracepoint_writable", "cgroup_sockopt", "tracing", "struct_ops",
	"ext", "lsm", "sk_lookup", "syscall", "netfilter"};

struct state {
	uint32_t last; /* id that was looked at */
	int64_t boot;  /* when the machine was started; 0: not known */
	bool live, opened;
	bool one; /* only the program after `last` is asked about */
	struct bpfprogs list;
};

static int programs_open(struct scan *s)
{
	struct state *st = scan_state(s);
	struct procfs fs = {0};
	bool never = false;
	int64_t id;

	st->live = root_is_live(scan_root(s));
	if (scan_eq_int(s, ID, &id, &never)) {
		st->one = true;
		st->live &= id > 0 && id <= UINT32_MAX;
		st->last = (uint32_t)id - 1;
	}
	st->live &= !never;
	if (st->live && scan_wants(s, LOAD_TIME) && procfs_init(&fs, scan_root(s)) == 0)
		st->boot = procfs_boot_time(&fs);
	procfs_done(&fs);
	st->opened = st->live;
	if (st->live)
		bpfprogs_init(&st->list, st->last);
	return 0;
}

static void put_type(struct scan *s, uint32_t type)
{
	if (type < ARRAY_LEN(types))
		row_text(s, TYPE, types[type]);
	else
		row_printf(s, TYPE, "%u", type);
}

static void put_maps(struct scan *s, const uint32_t *ids, uint32_t n)
{
	char text[BPFPROG_MAPS_MAX * 11 + 1] = "";
	size_t len = 0;

	for (uint32_t i = 0; i < n && i < BPFPROG_MAPS_MAX; i++)
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "%s%u", i ? "," : "", ids[i]);
	row_text(s, MAP_IDS, text);
}

static void put_program(struct scan *s, const struct state *st, const struct bpf_prog_info *info,
	const uint32_t *maps)
{
	char tag[2 * BPF_TAG_SIZE + 1];

	for (unsigned i = 0; i < BPF_TAG_SIZE; i++)
		snprintf(tag + 2 * i, 3, "%02x", info->tag[i]);
	row_begin(s);
	row_int(s, ID, info->id);
	put_type(s, info->type);
	row_bytes(s, NAME, info->name, strnlen(info->name, sizeof(info->name)));
	row_text(s, TAG, tag);
	row_int(s, UID, info->created_by_uid);
	if (st->boot)
		row_int(s, LOAD_TIME, st->boot + (int64_t)(info->load_time / 1000000000));
	row_int(s, GPL_COMPATIBLE, info->gpl_compatible);
	row_int(s, JITED_SIZE, info->jited_prog_len);
	row_int(s, XLATED_SIZE, info->xlated_prog_len);
	put_maps(s, maps, info->nr_map_ids);
	row_int(s, IFINDEX, info->ifindex);
	row_int(s, RUN_TIME_NS, (int64_t)info->run_time_ns);
	row_int(s, RUN_COUNT, (int64_t)info->run_cnt);
	row_end(s);
}

static int programs_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct bpfprog p;
	int r = st->live ? bpfprogs_next(&st->list, &p) : 0;

	/* ENOSYS, EINVAL: a kernel that has no such thing. */
	if (r == -EPERM || r == -EACCES)
		scan_warn(s, "only root may list programs");
	if (r <= 0 || (st->one && p.id != st->last + 1))
		return 0;
	if (!p.error)
		put_program(s, st, &p.info, p.maps);
	else if (p.error != ENOENT)
		scan_skipped(s, "information", "program", p.error);
	return !st->one;
}

static void programs_close(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->opened)
		bpfprogs_done(&st->list);
}

const struct table table_bpf_programs = {
	.name = "bpf_programs",
	.doc = "BPF programs that are loaded into the kernel; for root.",
	.columns = columns,
	.open = programs_open,
	.step = programs_step,
	.close = programs_close,
	.state_size = sizeof(struct state),
};
