/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/auditsource.h"

#include "agentd/auditfile.h"
#include "agentd/broker.h"
#include "agentd/root.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>

/*
 * A relay is told a time, as eight bytes, and sends this before each line and once at the end, in
 * the machine's own byte order.
 */
struct head {
	uint64_t line;
	uint32_t file, n; /* bytes that follow */
	int32_t error;	  /* positive; of the end */
	uint8_t is_end, first, ended, skipped;
};

struct auditsource {
	struct audit_reader *reader; /* of the files, or: */
	int relay;
	struct buf line;
};

/* ---- Sending ---- */

static int receive(int fd, void *p, size_t n)
{
	ssize_t got = recv(fd, p, n, MSG_WAITALL);

	return got < 0 ? -errno : (size_t)got == n ? 0 : -EPIPE;
}

static int send_end(int fd, int error)
{
	const struct head h = {.is_end = 1, .error = error};

	return io_write_all(fd, &h, sizeof(h));
}

static int send_line(int fd, const struct audit_place *place, struct span line)
{
	const struct head h = {.line = place->line,
		.file = place->file,
		.n = (uint32_t)line.n,
		.first = place->first,
		.ended = place->ended,
		.skipped = place->skipped};
	int r = io_write_all(fd, &h, sizeof(h));

	return r < 0 ? r : io_write_all(fd, line.p, line.n);
}

void auditsource_serve(int fd, int dirfd)
{
	struct audit_reader *reader = NULL;
	struct audit_place place;
	struct span line;
	int64_t since;
	int r = receive(fd, &since, sizeof(since));

	if (r == 0)
		r = audit_reader_new(dirfd, since, &reader);
	else
		io_close(dirfd);
	while (r >= 0 && (r = audit_reader_next(reader, &place, &line)) == 1)
		if (send_line(fd, &place, line) < 0)
			break;
	if (r <= 0)
		(void)send_end(fd, -r);
	audit_reader_free(reader);
}

/* ---- Receiving ---- */

static int next_of_relay(struct auditsource *s, struct audit_place *ret_place, struct span *ret)
{
	struct head h;
	int r = receive(s->relay, &h, sizeof(h));

	if (r == 0 && h.is_end)
		return h.error > 0 && h.error < 4096 ? -h.error : h.error ? -EPROTO : 0;
	buf_reset(&s->line);
	if (r == 0)
		r = buf_room(&s->line, h.n);
	if (r == 0)
		r = receive(s->relay, s->line.p, h.n);
	if (r < 0)
		return r;
	buf_added(&s->line, h.n);
	*ret_place = (struct audit_place){.file = h.file,
		.line = h.line,
		.first = h.first,
		.ended = h.ended,
		.skipped = h.skipped};
	*ret = (struct span){s->line.p, s->line.len};
	return 1;
}

/* ---- For the table ---- */

static int open_files(
	const struct root *root, const char *state_dir, int64_t since, struct audit_reader **ret)
{
	int fd = root_open(root, state_dir, O_RDONLY | O_DIRECTORY);

	return fd < 0 ? fd : audit_reader_new(fd, since, ret);
}

/* The relay waits for the time. */
static int open_relay(int64_t since)
{
	int fd = broker_open(PRIV_RELAY_AUDIT, ""), r;

	if (fd < 0)
		return fd;
	r = io_write_all(fd, &since, sizeof(since));
	if (r == 0)
		return fd;
	io_close(fd);
	return r;
}

int auditsource_open(const struct root *root, const char *state_dir, bool own, int64_t since,
	struct auditsource **ret)
{
	struct auditsource *s = calloc(1, sizeof(*s));
	int r = 0;

	if (!s)
		return -ENOMEM;
	s->relay = -1;
	buf_init(&s->line, AUDIT_GIVEN_MAX);
	/* Never by itself, with whatever capability: the right is the daemon's to look at. */
	if (broker_is_set())
		r = s->relay = own ? open_relay(since) : -EINVAL;
	else
		r = open_files(root, state_dir, since, &s->reader);
	if (r < 0) {
		auditsource_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

int auditsource_next(struct auditsource *s, struct audit_place *ret_place, struct span *ret)
{
	return s->reader ? audit_reader_next(s->reader, ret_place, ret)
			 : next_of_relay(s, ret_place, ret);
}

void auditsource_free(struct auditsource *s)
{
	if (!s)
		return;
	audit_reader_free(s->reader);
	io_close(s->relay);
	buf_done(&s->line);
	free(s);
}
