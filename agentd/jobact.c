/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests that the daemon carries out: actions, and files that are fetched. */
#include "agentd/action.h"
#include "agentd/job.h"
#include "agentd/privlink.h"
#include "agentd/session.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/json.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes of the base64 texts in a request's arguments, decoded. */
#define ARGS_TEXT_MAX (64u << 10)

/* ---- Outcomes ---- */

static json_t *tree_of(const char *text)
{
	return *text ? json_loads(text, 0, NULL) : NULL;
}

static void put_outcome(struct job *job, const struct priv_outcome *o)
{
	json_t *before = tree_of(o->before), *after = tree_of(o->after), *undo = tree_of(o->undo);
	const struct wire_outcome out = {
		.action = job->request.op == WIRE_OP_GET ? "get" : job->request.action,
		.status = o->status,
		.detail = o->detail,
		.before = before,
		.after = after,
		.undo = undo,
	};

	answer_outcome(&job->answer, &out);
	json_decref(before);
	json_decref(after);
	json_decref(undo);
}

static void fail_call(struct job *job, int r)
{
	switch (r) {
	case -ECANCELED:
		answer_fail(&job->answer, WIRE_CODE_CANCELLED, "cancelled");
		break;
	case -ETIMEDOUT:
		answer_fail(&job->answer, WIRE_CODE_TIMEOUT,
			"out of time: the host's audit log tells how it ends");
		break;
	case -EMSGSIZE:
		answer_fail(&job->answer, WIRE_CODE_LIMIT, "the request is too long");
		break;
	default:
		answer_fail(&job->answer, WIRE_CODE_INTERNAL, "the agent's daemon does not answer");
	}
}

/* The daemon's answer to the frame: 0 with it, or the job is answered. */
static int ask(struct job *job, uint64_t number, struct buf *frame, int r,
	const atomic_bool *cancelled, struct privlink_answer *ret)
{
	if (!r)
		r = privlink_call(job->o->daemon, number, frame, cancelled, job->deadline_ms, ret);
	buf_done(frame);
	if (r < 0)
		fail_call(job, r);
	return r;
}

/* ---- Actions ---- */

static bool too_long_reason(struct job *job)
{
	if (strlen(job->request.reason) <= ACTION_REASON_MAX)
		return false;
	answer_fail(&job->answer, WIRE_CODE_USAGE, "the reason is too long");
	return true;
}

static void call_action(struct job *job, const struct priv_action *a)
{
	uint64_t number = privlink_number(job->o->daemon);
	struct privlink_answer answer;
	struct priv_outcome o;
	struct buf frame;
	int r;

	buf_init(&frame, PRIV_FRAME_MAX);
	r = priv_put_action(&frame, number, a);
	/* Once it is asked for it happens, whatever the requester does. */
	if (ask(job, number, &frame, r, NULL, &answer) < 0)
		return;
	io_close(answer.fd);
	if (priv_read_outcome(answer.frame.p, answer.frame.len, &o) == 0)
		put_outcome(job, &o);
	else
		fail_call(job, -EBADMSG);
	buf_done(&answer.frame);
}

void job_run_action(struct job *job)
{
	const struct wire_request *q = &job->request;
	struct priv_action a = {
		.action = action_find(q->action), .dry_run = q->dry_run, .reason = q->reason};
	struct buf text;
	struct err err;

	if (!a.action) {
		answer_fail(&job->answer, WIRE_CODE_UNSUPPORTED, "this agent has no such action");
		return;
	}
	if (too_long_reason(job))
		return;
	buf_init(&text, ARGS_TEXT_MAX);
	if (action_args_read(a.action, q->args, a.values, &text, &err) < 0)
		answer_fail(&job->answer, WIRE_CODE_USAGE, err.text);
	else
		call_action(job, &a);
	buf_done(&text);
}

/* ---- Files ---- */

struct getting {
	struct job *job;
	struct priv_file file;
	int fd;
	EVP_MD_CTX *hash;
	int64_t at, end, sent;
	char sha256[ACTION_IDENTITY_MAX + 1];
	char *piece; /* WIRE_CHUNK_MAX bytes */
};

/*
 * The hash is over the file from its beginning up to the end of the part that is asked for, so that
 * who asks for a lost part again can check the whole: bytes before the part are read, not sent.
 */
static int send_piece(struct getting *g)
{
	int64_t from = g->job->request.offset, want = g->end - g->at;
	ssize_t n;

	if (want > (int64_t)WIRE_CHUNK_MAX)
		want = WIRE_CHUNK_MAX;
	if (g->at < from && g->at + want > from)
		want = from - g->at;
	n = pread(g->fd, g->piece, (size_t)want, g->at);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ENODATA;
	if (EVP_DigestUpdate(g->hash, g->piece, (size_t)n) != 1)
		return -ENOMEM;
	if (g->at >= from) {
		int r = answer_chunk(&g->job->answer, g->at, g->piece, (size_t)n);

		if (r < 0)
			return r;
		g->sent += n;
	}
	g->at += n;
	return atomic_load(&g->job->cancelled) ? -ECANCELED : 0;
}

static int send_file(struct getting *g)
{
	int64_t length = g->job->request.length, from = g->job->request.offset;
	int r = 0;

	g->end = g->file.size;
	if (from > g->end)
		return -ERANGE;
	if (length && length < g->end - from)
		g->end = from + length;
	while (!r && g->at < g->end)
		r = send_piece(g);
	/* It has become shorter: what is there was sent. */
	return r == -ENODATA ? 0 : r;
}

static void end_hash(struct getting *g)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	if (EVP_DigestFinal_ex(g->hash, digest, &n) != 1)
		n = 0;
	for (unsigned int i = 0; i < n && i < ACTION_IDENTITY_MAX / 2; i++)
		snprintf(g->sha256 + 2 * i, 3, "%02x", digest[i]);
}

static bool has_changed(const struct getting *g)
{
	struct stat st;

	return g->at != g->end || fstat(g->fd, &st) < 0 || st.st_size != g->file.size ||
	       st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec != g->file.mtime_ns;
}

/* To the daemon, for the audit log. */
static void tell_got(
	struct getting *g, uint64_t number, enum wire_status status, const char *detail)
{
	const struct priv_got got = {
		.status = status, .bytes = g->sent, .sha256 = g->sha256, .detail = detail};
	struct buf frame;

	buf_init(&frame, PRIV_FRAME_MAX);
	if (priv_put_got(&frame, number, &got) == 0)
		(void)privlink_tell(g->job->o->daemon, &frame);
	buf_done(&frame);
}

static json_t *describe(const struct getting *g)
{
	const struct wire_request *q = &g->job->request;

	return json_pack("{s:o?, s:I, s:I, s:I, s:I, s:I, s:s, s:I}", "path",
		json_bytes_new(q->path, q->path_len), "size", (json_int_t)g->file.size, "mtime",
		(json_int_t)(g->file.mtime_ns / 1000000000), "mode", (json_int_t)g->file.mode,
		"uid", (json_int_t)g->file.uid, "gid", (json_int_t)g->file.gid, "sha256", g->sha256,
		"end", (json_int_t)g->at);
}

static void answer_file(struct getting *g, enum wire_status status, const char *detail)
{
	json_t *before = describe(g);
	const struct wire_outcome o = {
		.action = "get", .status = status, .detail = detail, .before = before};

	answer_outcome(&g->job->answer, &o);
	json_decref(before);
}

static void stream(struct getting *g, uint64_t number)
{
	const char *detail;
	int r = send_file(g);

	end_hash(g);
	if (r == 0) {
		detail = has_changed(g) ? "the file changed while it was read" : "";
		tell_got(g, number, WIRE_DONE, detail);
		answer_file(g, WIRE_DONE, detail);
		return;
	}
	detail = r == -ERANGE ? "the file is shorter than that" : strerror(-r);
	tell_got(g, number, WIRE_FAILED, detail);
	if (answer_failed(&g->job->answer) || r == -ECANCELED)
		job_fail_by_reader(g->job, r);
	else
		answer_file(g, WIRE_FAILED, detail);
}

static void take_file(struct job *job, uint64_t number, struct privlink_answer *answer)
{
	struct getting g = {.job = job, .fd = answer->fd};

	if (g.fd < 0 || priv_read_file(answer->frame.p, answer->frame.len, &g.file) < 0) {
		fail_call(job, -EBADMSG);
		return;
	}
	g.hash = EVP_MD_CTX_new();
	g.piece = malloc(WIRE_CHUNK_MAX);
	if (g.hash && g.piece && EVP_DigestInit_ex(g.hash, EVP_sha256(), NULL) == 1) {
		stream(&g, number);
	} else {
		tell_got(&g, number, WIRE_FAILED, "out of memory");
		answer_fail(&job->answer, WIRE_CODE_INTERNAL, "out of memory");
	}
	EVP_MD_CTX_free(g.hash);
	free(g.piece);
}

void job_run_get(struct job *job)
{
	const struct wire_request *q = &job->request;
	const struct priv_get get = {
		.path = q->path, .offset = q->offset, .length = q->length, .reason = q->reason};
	uint64_t number = privlink_number(job->o->daemon);
	struct privlink_answer answer;
	struct priv_outcome o;
	struct buf frame;
	int r;

	if (too_long_reason(job))
		return;
	buf_init(&frame, PRIV_FRAME_MAX);
	r = priv_put_get(&frame, number, &get);
	if (ask(job, number, &frame, r, &job->cancelled, &answer) < 0)
		return;
	if (priv_read_outcome(answer.frame.p, answer.frame.len, &o) == 0)
		put_outcome(job, &o);
	else
		take_file(job, number, &answer);
	io_close(answer.fd);
	buf_done(&answer.frame);
}
