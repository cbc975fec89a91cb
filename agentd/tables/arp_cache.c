/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/table.h"
#include "agentd/textfile.h"
#include "common/str.h"

#include <errno.h>
#include <linux/if_arp.h>

/* IP address, type, flags, hardware address, mask, device */
#define WORDS 6

enum {
	ADDRESS,
	MAC,
	INTERFACE,
	PERMANENT,
};

static const struct column columns[] = {
	{"address", COL_TEXT, 0, "IPv4 address of the neighbour"},
	{"mac", COL_TEXT, 0, "Its hardware address"},
	{"interface", COL_TEXT, 0, "Interface it is reached by"},
	{"permanent", COL_TEXT, 0, "1 when the entry was set by hand, else 0"},
	COL_END,
};

struct state {
	struct textfile file;
	bool open, headed;
};

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->open)
		textfile_done(&st->file);
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	int r = textfile_open(&st->file, scan_root(s), "/proc/net/arp");

	st->open = r == 0;
	if (r < 0 && r != -ENOENT && r != -ENOMEM)
		scan_warn(s, "/proc/net/arp: %s", textfile_why(r));
	return r == -ENOMEM ? r : 0;
}

static void put_line(struct scan *s, struct span line)
{
	struct span words[WORDS], word;
	uint64_t flags;
	size_t n = 0;

	while (span_split(&line, ' ', &word))
		if (word.n && n < WORDS)
			words[n++] = word;
	if (n < WORDS || words[2].n < 3 ||
		parse_span((struct span){words[2].p + 2, words[2].n - 2}, 16, UINT32_MAX, &flags) <
			0)
		return;
	row_begin(s);
	row_bytes(s, ADDRESS, words[0].p, words[0].n);
	row_bytes(s, MAC, words[3].p, words[3].n);
	row_bytes(s, INTERFACE, words[5].p, words[5].n);
	row_text(s, PERMANENT, flags & ATF_PERM ? "1" : "0");
	row_end(s);
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	char *line;
	size_t len;
	int r = st->open ? textfile_next(&st->file, &line, &len) : TEXTFILE_END;

	if (r < 0) {
		scan_skipped(s, "/proc/net/arp", "file", -r);
		return 0;
	}
	if (r != TEXTFILE_LINE)
		return r == TEXTFILE_AGAIN;
	if (st->headed)
		put_line(s, (struct span){line, len});
	st->headed = true;
	return 1;
}

const struct table table_arp_cache = {
	.name = "arp_cache",
	.doc = "Hardware addresses of IPv4 neighbours.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
