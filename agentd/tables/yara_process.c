/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/proctable.h"
#include "agentd/textfile.h"
#include "agentd/yara.h"
#include "common/io.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Bytes that are searched at once, and how many of them again with what follows. */
#define PIECE	(4u << 20)
#define OVERLAP (64u << 10)

enum {
	PID,
	MATCHES,
	COUNT,
	SIG_GROUP,
	SIGFILE,
	SIGRULE,
	STRINGS,
	TAGS,
	SIGURL,
	PID_WITH_NAMESPACE,
};

static const struct column columns[] = {
	{"pid", COL_INTEGER, COL_INDEX | COL_REQUIRED, "Process id"},
	{"matches", COL_TEXT, 0, "Names of the rules that match, separated by commas"},
	{"count", COL_INTEGER, 0, "How many rules match"},
	{"sig_group", COL_TEXT, COL_ADDITIONAL, "Not known here"},
	{"sigfile", COL_TEXT, COL_ADDITIONAL, "Absolute path of a file with rules"},
	{"sigrule", COL_TEXT, COL_ADDITIONAL | COL_HIDDEN, "Text of the rules"},
	{"strings", COL_TEXT, 0, "Always empty"},
	{"tags", COL_TEXT, 0, "Tags of the rules that match, separated by commas"},
	{"sigurl", COL_TEXT, COL_ADDITIONAL | COL_HIDDEN, "Not known here"},
	{"pid_with_namespace", COL_INTEGER, COL_ADDITIONAL | COL_HIDDEN, "Always 0"},
	COL_END,
};

struct state {
	struct proc_walk walk;
	struct yara_rules *rules;
	struct yara_found found;
	char *piece; /* heap, PIECE bytes */
	/* The process at hand, while `maps` is open. */
	int32_t pid;
	bool open;
	struct textfile maps;
	int mem;
	uint64_t at, end; /* of the region at hand */
};

static void close_process(struct state *st)
{
	if (st->open) {
		textfile_done(&st->maps);
		io_close(st->mem);
	}
	st->open = false;
	st->at = st->end = 0;
}

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	close_process(st);
	free(st->piece);
	yara_found_done(&st->found);
	proc_walk_close(&st->walk);
}

static int open_scan(struct scan *s)
{
	static const struct yara_columns cols = {SIG_GROUP, SIGFILE, SIGRULE, SIGURL};
	struct state *st = scan_state(s);
	int r = proc_walk_open(&st->walk, s, PID);

	yara_found_init(&st->found, s);
	if (!r)
		st->rules = yara_rules_of(s, scan_root(s), &cols, &r);
	if (!r && st->rules) {
		st->piece = malloc(PIECE);
		r = st->piece ? 0 : -ENOMEM;
	}
	if (r < 0)
		close_scan(s);
	return r;
}

static int next_process(struct scan *s, struct state *st)
{
	struct procfs_proc p;
	int r = st->rules ? proc_walk_next(&st->walk, &st->pid) : 0, maps;

	if (r <= 0)
		return r;
	r = proc_walk_process(&st->walk, s, st->pid, &p);
	if (r < 0)
		return r == -ENOMEM ? r : 1;
	maps = procfs_open_file(&p, "maps");
	st->mem = maps < 0 ? maps : procfs_open_file(&p, "mem");
	procfs_close(&p);
	proc_skipped(s, "memory", st->mem);
	if (st->mem < 0) {
		io_close(maps);
		return 1;
	}
	r = textfile_init(&st->maps, maps);
	if (r < 0) {
		io_close(st->mem);
		return r;
	}
	st->open = true;
	yara_found_reset(&st->found);
	return 1;
}

static void put_row(struct scan *s, const struct state *st)
{
	const char *file = scan_eq_text(s, SIGFILE), *rule = scan_eq_text(s, SIGRULE);

	row_begin(s);
	row_int(s, PID, st->pid);
	yara_found_row(&st->found, MATCHES, COUNT, STRINGS, TAGS);
	row_text(s, SIG_GROUP, "");
	row_text(s, SIGFILE, file ? file : "");
	row_text(s, SIGRULE, rule ? rule : "");
	row_text(s, SIGURL, "");
	row_int(s, PID_WITH_NAMESPACE, 0);
	row_end(s);
}

/* "55e0-55e4 r-xp …": sets the region at hand, unless it cannot be read. */
static void take_region(struct state *st, struct span line)
{
	struct span range, from;
	uint64_t start, end;

	if (!span_split(&line, ' ', &range) || !line.n || line.p[0] != 'r')
		return;
	span_split(&range, '-', &from);
	if (!range.p || parse_span(from, 16, INT64_MAX, &start) < 0 ||
		parse_span(range, 16, INT64_MAX, &end) < 0 || end < start)
		return;
	st->at = start;
	st->end = end;
}

/* The next piece of the region. What cannot be read of it (devices, gone meanwhile) is left out. */
static void search_piece(struct scan *s, struct state *st)
{
	uint64_t left = st->end - st->at;
	ssize_t n = pread(st->mem, st->piece, left < PIECE ? left : PIECE, (off_t)st->at);
	int r;

	if (n <= 0) {
		st->at = st->end;
		return;
	}
	r = yara_search_mem(st->rules, st->piece, (size_t)n, &st->found);
	if (r < 0 && r != -ECANCELED)
		scan_skipped(s, "memory", "region", -r);
	st->at += (uint64_t)n;
	if (st->at < st->end && (size_t)n > OVERLAP)
		st->at -= OVERLAP;
}

static int next_region(struct scan *s, struct state *st)
{
	char *line;
	size_t len;
	int r = textfile_next(&st->maps, &line, &len);

	if (r == TEXTFILE_LINE)
		take_region(st, (struct span){line, len});
	if (r < 0)
		proc_skipped(s, "memory", r);
	if (r == TEXTFILE_END)
		put_row(s, st);
	if (r < 0 || r == TEXTFILE_END)
		close_process(st);
	return 1;
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);

	if (!st->open)
		return next_process(s, st);
	if (st->at == st->end)
		return next_region(s, st);
	search_piece(s, st);
	return 1;
}

const struct table table_yara_process = {
	.name = "yara_process",
	.doc = "Which YARA rules match the memory of processes, region by region; they are not "
	       "stopped "
	       "for it. The rules are given as sigrule or sigfile.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
