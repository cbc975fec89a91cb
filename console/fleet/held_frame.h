/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client and a holder of connections say to each other over their socket (held.h): frames
 * of a head and some bytes, in the machine's own byte order, since both run on it. Neither side
 * takes the other's word for lengths.
 *
 * `host` is a number that the client chose; it stands for one loan and is not used again.
 */
#ifndef CONSOLE_FLEET_HELD_FRAME_H
#define CONSOLE_FLEET_HELD_FRAME_H

#include "common/buf.h"
#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum held_kind {
	HELD_HI = 1, /* first, both ways: struct held_hi */
	/* The client's. */
	HELD_FIND,  /* struct held_key: lend the session that is at rest, answered by FOUND */
	HELD_HAVE,  /* struct held_key: is there such a session at rest? answered by HAS */
	HELD_ASKED, /* that was all: answered by TOLD after the other answers */
	HELD_SAY,   /* bytes for the host */
	HELD_AGAIN, /* the bytes of the last SAY, for this host */
	HELD_REST,  /* every request of this loan is answered */
	HELD_BACK,  /* ends the loan: the session is at rest */
	HELD_DROP,  /* ends the loan: the session is to be closed */
	/* The holder's. */
	HELD_FOUND, /* lent: held_found_read */
	HELD_HAS,
	HELD_TOLD,
	HELD_HEARD, /* bytes of the host */
	HELD_GONE,  /* the session is over, and so the loan: why, in words */
	HELD_KINDS
};

#define HELD_HEAD 8
/* Bytes of the host in one frame; of a client in one frame: a request and its newline. */
#define HELD_HEARD_MAX (32u << 10)
#define HELD_SAY_MAX   ((256u << 10) + 1)
/* Of a hello and of the keys before it; hosts with longer ones are not held. */
#define HELD_HELLO_MAX	4096
#define HELD_KEYS_MAX	8192
#define HELD_FOUND_MAX	(HELD_HELLO_MAX + HELD_KEYS_MAX)
#define HELD_WORDS_MAX	1024
#define HELD_READ_BYTES (64u << 10)
/* Numbers of hosts are below this one. */
#define HELD_HOSTS_MAX (1u << 20)

/* Changes when what the frames mean does. */
#define HELD_PROTOCOL 1
#define HELD_DIGEST   32

/* The same program, file and version, on both sides, or nothing is said any more. */
struct held_hi {
	uint32_t protocol, pid;
	char version[16];
	uint64_t program[4];		  /* device, inode, size, time of its file */
	unsigned char agent[HELD_DIGEST]; /* the client's: which ssh-agent it has */
};

/* Whom a session leads to and as whom, held_key.h. */
struct held_key {
	unsigned char digest[HELD_DIGEST];
};

struct held_frame {
	enum held_kind kind;
	uint32_t host;
	const char *p; /* into the bytes that were read */
	size_t n;
};

/*
 * Reads once from a socket of the two, HELD_READ_BYTES at most. 1: bytes came, 0: none for now,
 * -errno: the end of it.
 */
int held_read(int fd, struct buf *in);
/* As buf_add. */
int held_put(struct buf *b, enum held_kind kind, uint32_t host, const void *p, size_t n);
/*
 * Takes the frame at the beginning of the `n` bytes at `p`, which came from a client or a holder:
 * its length in bytes, 0 when it is not all there yet, -EBADMSG when that side does not say so.
 */
long held_take(const char *p, size_t n, bool from_client, struct held_frame *ret);

/*
 * What FOUND holds: a line "TYPE KEY" with the host's key, and the agent's hello line. Texts are
 * those of the frame.
 */
struct held_found {
	struct span type, key;
	struct span hello; /* without its newline */
};
/* 0 or -EBADMSG. */
int held_found_read(const struct held_frame *f, struct held_found *ret);

#endif
