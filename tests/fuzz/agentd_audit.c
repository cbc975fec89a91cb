/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The audit log: any lines may be verified; an entry of any bytes becomes one line of ASCII that
 * is read again and that the chain takes.
 */
#include "agentd/auditread.h"

#include <stdlib.h>
#include <string.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void on_break(void *arg, const struct audit_place *place, const char *why)
{
	(void)arg;
	MUST(place->line > 0 && *why);
}

static void verify(struct span text)
{
	struct audit_verifier v = {.broken = on_break};
	struct audit_place place = {.first = true, .ended = true};
	struct span line;

	while (span_split(&text, '\n', &line)) {
		place.line++;
		place.ended = text.p != NULL;
		MUST(audit_verify_line(&v, &place, line, NULL) == 0);
		place.first = false;
	}
	audit_verify_end(&v);
}

static void check_line(struct span line)
{
	struct audit_verifier v = {.broken = on_break};
	struct audit_place place = {.line = 1, .first = true, .ended = true};

	MUST(line.n && line.p[line.n - 1] == '\n');
	for (size_t i = 0; i + 1 < line.n; i++)
		MUST(line.p[i] >= 0x20 && (unsigned char)line.p[i] < 0x80);
	line.n--;
	MUST(audit_verify_line(&v, &place, line, NULL) == 0);
	audit_verify_end(&v);
	MUST(v.lines == 1 && v.breaks == 0);
}

static void make(const char *text)
{
	struct audit_entry e = {.event = AUDIT_QUERY, .text = text, .reason = text, .detail = text};
	json_t *line = audit_line_new(1, &audit_hash_none, "query");
	struct buf b;

	buf_init(&b, AUDIT_LINE_MAX + 1);
	MUST(line && audit_line_add(line, &e) == 0);
	MUST(audit_line_put(line, &b) == 0);
	check_line((struct span){b.p, b.len});
	buf_done(&b);
	json_decref(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = malloc(n + 1);

	MUST(text);
	memcpy(text, data, n);
	text[n] = '\0';
	verify((struct span){text, n});
	make(text);
	free(text);
	return 0;
}
