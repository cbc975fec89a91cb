/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asking a service of this machine over D-Bus: method calls with string arguments, one at a time,
 * each answered or given up within a bounded time. Nothing that comes back is believed: lengths are
 * checked, a reply of another shape than asked for is an error.
 */
#ifndef AGENTD_DBUS_H
#define AGENTD_DBUS_H

#include "common/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Milliseconds for one call, connecting included. */
#define DBUS_CALL_MS 3000
/* Bytes of one message. */
#define DBUS_MESSAGE_MAX (16u << 20)
/* Messages that are no reply to us, passed over while waiting for it. */
#define DBUS_OTHERS_MAX 1024

struct dbus {
	int fd;
	uint32_t serial;
	struct buf in, out;
	size_t taken; /* bytes of `in` that are the reply before */
};

/* The content of a reply; valid until the next call. */
struct dbus_body {
	const char *p;
	size_t n, at;
};

/*
 * `path`: the socket. `hello`: it is a bus with many peers, not one service's own socket. 0 or
 * -errno; dbus_done may be called in any case.
 */
int dbus_init(struct dbus *d, const char *path, bool hello);
/* Accepts a zeroed struct. */
void dbus_done(struct dbus *d);

struct dbus_call {
	const char *to, *object, *interface, *method;
	const char *args[2]; /* strings; NULL behind the last one */
	const char *returns; /* the signature that the reply must have */
};
/* 0, -EREMOTEIO when it was answered by an error, -ETIMEDOUT, -EPROTO, -EMSGSIZE, -errno. */
int dbus_call(struct dbus *d, const struct dbus_call *c, struct dbus_body *ret);

/* Each: false when the content is not so. A string has a NUL at its end. */
bool dbus_u32(struct dbus_body *b, uint32_t *ret);
bool dbus_u64(struct dbus_body *b, uint64_t *ret);
bool dbus_string(struct dbus_body *b, const char **ret); /* an object's path too */
/* The signature of the variant that follows. */
bool dbus_variant(struct dbus_body *b, const char *signature);
/* The length of the array whose elements, aligned to `align`, follow; *ret_end is where they end.
 */
bool dbus_array(struct dbus_body *b, size_t align, size_t *ret_end);
bool dbus_align(struct dbus_body *b, size_t to);

/* For tests: a whole message; 1 with the serial that it answers, 0 when it answers none, -EPROTO,
 * -EREMOTEIO for an error. */
int dbus_message_read(
	const char *p, size_t n, const char *returns, uint32_t *ret_serial, struct dbus_body *ret);

#endif
