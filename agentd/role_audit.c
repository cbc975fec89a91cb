/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit log, shown or verified. */
#include "agentd/auditfile.h"
#include "agentd/auditline.h"
#include "agentd/auditread.h"
#include "agentd/auditwords.h"
#include "agentd/role.h"
#include "common/json.h"
#include "common/log.h"
#include "console/output.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct audit_options {
	const char *format;
	bool verify;
} opts_given;

static const struct opt audit_opts[] = {
	{0, "verify", NULL, OPT_FLAG, offsetof(struct audit_options, verify),
		.doc = "show where the chain of hashes is broken instead"},
	{'o', "output", "FORMAT", OPT_STRING, offsetof(struct audit_options, format),
		.doc = "table, json, ndjson, csv, tsv or markdown"},
	OPT_END,
};

/* Members of a line; people are told of them in words. */
static const char *const all_members[] = {"seq", "time", "event", "session", "request", "user",
	"uid", "gid", "groups", "pid", "address", "port", "fingerprint", "claimed", "action",
	"dry_run", "status", "reason", "text", "detail", "args", "before", "after", "undo",
	"uptime_ms", "file", "whole", "prev"};
static const char *const people_columns[] = {"seq", "time", "who", "what", "words"};
static const char *const break_columns[] = {"file", "line", "problem"};

struct listing {
	struct output *output;
	const char *const *members;
	size_t n;
	bool people;
	struct auditwords words;
	int error;	   /* of the output */
	uint64_t no_lines; /* lines that are none of the log's */
};

/* ---- Rows ---- */

/* Memory of the cells of one row. */
struct texts {
	char *all[ARRAY_LEN(all_members)];
	size_t n;
};

static struct cell text_cell(const char *p, size_t n)
{
	return (struct cell){.type = CELL_TEXT, .n = (uint32_t)n, .p = p};
}

/* Bytes that are not UTF-8 stand as base64; objects and lists stay JSON. */
static struct cell tree_cell(const json_t *v, struct texts *texts)
{
	char *text;
	struct buf b;
	size_t n;
	bool bytes;

	buf_init(&b, AUDIT_LINE_MAX);
	bytes = json_bytes_add(&b, v) == 0;
	n = b.len;
	text = bytes ? buf_steal(&b) : json_dumps(v, JSON_COMPACT);
	buf_done(&b);
	if (!text)
		return (struct cell){.type = CELL_NULL};
	texts->all[texts->n++] = text;
	return bytes ? (struct cell){.type = CELL_BLOB, .n = (uint32_t)n, .p = text}
		     : text_cell(text, strlen(text));
}

static struct cell member_cell(const json_t *v, struct texts *texts)
{
	if (!v || json_is_null(v))
		return (struct cell){.type = CELL_NULL};
	if (json_is_integer(v))
		return (struct cell){.type = CELL_INT, .i = json_integer_value(v)};
	if (json_is_boolean(v))
		return (struct cell){.type = CELL_INT, .i = json_is_true(v)};
	if (json_is_string(v))
		return text_cell(json_string_value(v), json_string_length(v));
	return tree_cell(v, texts);
}

static int put_members(struct listing *l, const json_t *tree)
{
	struct cell cells[ARRAY_LEN(all_members)];
	struct texts texts = {.n = 0};
	int r;

	for (size_t i = 0; i < l->n; i++)
		cells[i] = member_cell(json_object_get(tree, l->members[i]), &texts);
	r = output_row(l->output, cells);
	while (texts.n)
		free(texts.all[--texts.n]);
	return r;
}

static int put_words(struct listing *l, const json_t *tree)
{
	struct auditwords *w = &l->words;
	int r = auditwords_of(tree, w);
	const struct cell cells[] = {
		{.type = CELL_INT, .i = json_integer_value(json_object_get(tree, "seq"))},
		text_cell(buf_str(&w->time), w->time.len), text_cell(buf_str(&w->who), w->who.len),
		text_cell(buf_str(&w->what), w->what.len),
		text_cell(buf_str(&w->words), w->words.len)};

	return r < 0 ? r : output_row(l->output, cells);
}

static int put_line(void *arg, const struct audit_place *place, struct span line)
{
	struct listing *l = arg;
	struct audit_link link;
	int code = 0;
	json_t *tree = audit_line_read(line, &link, &code);

	(void)place;
	if (!tree) {
		l->no_lines++;
		return code == -ENOMEM ? code : 0;
	}
	l->error = l->people ? put_words(l, tree) : put_members(l, tree);
	json_decref(tree);
	return l->error;
}

static void put_break(void *arg, const struct audit_place *place, const char *why)
{
	struct listing *l = arg;
	char name[AUDIT_NAME_MAX];
	struct cell cells[3];

	auditfile_name(place->file, name);
	cells[0] = text_cell(name, strlen(name));
	cells[1] = (struct cell){.type = CELL_INT, .i = (int64_t)place->line};
	cells[2] = text_cell(why, strlen(why));
	if (!l->error)
		l->error = output_row(l->output, cells);
}

/* ---- The two ways ---- */

static int show(const struct agent_options *o, struct listing *l, struct err *err)
{
	int r = audit_read(o->state_dir, put_line, l, err);

	if (l->no_lines)
		log_note("audit: %" PRIu64 " lines are none of the log's (--verify tells which)",
			l->no_lines);
	return r < 0 ? r : ROLE_GOOD;
}

struct verifying {
	struct audit_verifier verifier;
	struct listing *listing;
};

static int verify_line(void *arg, const struct audit_place *place, struct span line)
{
	struct verifying *v = arg;
	int r = audit_verify_line(&v->verifier, place, line, NULL);

	return r < 0 ? r : v->listing->error;
}

/* The last hash is for those who keep it elsewhere: of lines cut off at the end nothing else tells.
 */
static int verify(const struct agent_options *o, struct listing *l, struct err *err)
{
	struct verifying v = {.verifier = {.broken = put_break, .arg = l}, .listing = l};
	const struct audit_verifier *f = &v.verifier;
	int r = audit_read(o->state_dir, verify_line, &v, err);

	if (r < 0)
		return r;
	audit_verify_end(&v.verifier);
	if (f->torn)
		log_note("audit: %" PRIu64 " lines were left unfinished by a crash or a full disk",
			f->torn);
	if (f->breaks)
		log_error("audit: the chain is broken in %" PRIu64 " places", f->breaks);
	else
		log_note("audit: the chain is whole, lines %" PRId64 " to %" PRId64
			 "; the last one's hash is %s",
			f->first_seq, f->seq, f->last.hex);
	return f->breaks ? ROLE_BROKEN : ROLE_GOOD;
}

/* ---- The role ---- */

static const char *format_name(void)
{
	return opts_given.format ? opts_given.format : "table";
}

static void choose_columns(struct listing *l)
{
	bool people = str_eq(format_name(), "table") || str_eq(format_name(), "markdown");

	l->people = people && !opts_given.verify;
	l->members = opts_given.verify ? break_columns : people ? people_columns : all_members;
	l->n = opts_given.verify ? ARRAY_LEN(break_columns)
	       : people		 ? ARRAY_LEN(people_columns)
				 : ARRAY_LEN(all_members);
	if (l->people)
		output_prose(l->output);
}

static int answer(const struct agent_options *o, const struct format *format, struct err *err)
{
	struct sink *sink = sink_new(STDOUT_FILENO, true, err);
	struct listing l = {.output = sink ? output_new(format, sink, err) : NULL};
	int r, end;

	if (!l.output) {
		sink_free(sink);
		return -err->code;
	}
	auditwords_init(&l.words);
	choose_columns(&l);
	l.error = output_header(l.output, l.members, l.n);
	r = l.error ? -EIO : opts_given.verify ? verify(o, &l, err) : show(o, &l, err);
	end = output_end(l.output);
	if (!l.error)
		l.error = end;
	output_free(l.output);
	sink_free(sink);
	auditwords_done(&l.words);
	/* The reader that went away is no error. */
	if (l.error == -EPIPE)
		return r < 0 ? ROLE_GOOD : r;
	return l.error ? err_sys(err, -l.error, "cannot write") : r;
}

static int run(const struct agent_options *o, int argc, char **argv)
{
	const struct format *format = format_find(format_name());
	struct err err = {.code = 0};
	int r;

	(void)argv;
	if (argc > 0 || !format) {
		if (argc > 0)
			log_error("audit: takes no argument (%d given)", argc);
		else
			log_error("audit: no format \"%s\"", format_name());
		return ROLE_REFUSED;
	}
	r = answer(o, format, &err);
	if (r >= 0)
		return r;
	log_error("audit: %s", err.text);
	return ROLE_FAILED;
}

const struct role role_audit = {
	.name = "audit",
	.args = "",
	.summary = "show or verify the audit log of this machine",
	.help = "Exit status: 0 shown or whole, 1 the chain is broken, 2 usage, 3 there is no log "
		"or "
		"it cannot be read.",
	.opts = audit_opts,
	.values = &opts_given,
	.run = run,
};
