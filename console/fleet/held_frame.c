/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/held_frame.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

struct head {
	uint32_t host;
	uint32_t size_kind; /* 24 bits of length, 8 of kind */
};
_Static_assert(sizeof(struct head) == HELD_HEAD, "as documented");

/* Bytes that a frame may have, and whose it is. */
static const struct {
	uint32_t min, max;
	bool client, holder;
} rules[HELD_KINDS] = {
	[HELD_HI] = {sizeof(struct held_hi), sizeof(struct held_hi), true, true},
	[HELD_FIND] = {sizeof(struct held_key), sizeof(struct held_key), .client = true},
	[HELD_HAVE] = {sizeof(struct held_key), sizeof(struct held_key), .client = true},
	[HELD_ASKED] = {.client = true},
	[HELD_SAY] = {1, HELD_SAY_MAX, .client = true},
	[HELD_AGAIN] = {.client = true},
	[HELD_REST] = {.client = true},
	[HELD_BACK] = {.client = true},
	[HELD_DROP] = {.client = true},
	[HELD_FOUND] = {1, HELD_FOUND_MAX, .holder = true},
	[HELD_HAS] = {.holder = true},
	[HELD_TOLD] = {.holder = true},
	[HELD_HEARD] = {1, HELD_HEARD_MAX, .holder = true},
	[HELD_GONE] = {0, HELD_WORDS_MAX, .holder = true},
};

int held_read(int fd, struct buf *in)
{
	ssize_t n;
	int r = buf_room(in, HELD_READ_BYTES);

	if (r < 0)
		return r;
	n = recv(fd, in->p + in->len, HELD_READ_BYTES, 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -EPIPE;
	buf_added(in, (size_t)n);
	return 1;
}

int held_put(struct buf *b, enum held_kind kind, uint32_t host, const void *p, size_t n)
{
	struct head h = {.host = host, .size_kind = (uint32_t)n << 8 | (uint32_t)kind};
	int r = buf_room(b, sizeof(h) + n);

	if (r < 0)
		return r;
	memcpy(b->p + b->len, &h, sizeof(h));
	if (n)
		memcpy(b->p + b->len + sizeof(h), p, n);
	buf_added(b, sizeof(h) + n);
	return 0;
}

long held_take(const char *p, size_t n, bool from_client, struct held_frame *ret)
{
	struct head h;
	uint32_t size, kind;

	if (n < sizeof(h))
		return 0;
	memcpy(&h, p, sizeof(h));
	size = h.size_kind >> 8;
	kind = h.size_kind & 0xff;
	if (kind >= HELD_KINDS || !(from_client ? rules[kind].client : rules[kind].holder) ||
		size < rules[kind].min || size > rules[kind].max || h.host >= HELD_HOSTS_MAX)
		return -EBADMSG;
	if (n - sizeof(h) < size)
		return 0;
	*ret = (struct held_frame){
		.kind = (enum held_kind)kind, .host = h.host, .p = p + sizeof(h), .n = size};
	return (long)(sizeof(h) + size);
}

int held_found_read(const struct held_frame *f, struct held_found *ret)
{
	struct span rest = {f->p, f->n}, line;
	struct held_found found;

	if (memchr(f->p, '\0', f->n))
		return -EBADMSG;
	(void)span_split(&rest, '\n', &line);
	if (!rest.p || !span_split(&line, ' ', &found.type) || !line.p)
		return -EBADMSG;
	found.key = line;
	(void)span_split(&rest, '\n', &found.hello);
	if (!rest.p || rest.n || !found.type.n || !found.key.n || !found.hello.n)
		return -EBADMSG;
	*ret = found;
	return 0;
}
