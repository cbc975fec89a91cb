/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What answers at an address on the network, asked through libcurl, which is loaded when it is
 * first needed. Only http and https; bounded in time and bytes.
 */
#ifndef AGENTD_WEBGET_H
#define AGENTD_WEBGET_H

#include "common/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Milliseconds that one question may take, unless it says otherwise. */
#define WEBGET_TIMEOUT_MS 15000
/* Bytes of an answer. */
#define WEBGET_BODY_MAX (16u << 20)

struct webget {
	const char *url;
	const char *user_agent; /* or NULL */
	int64_t timeout_ms;	/* 0: the usual */
	bool certificate; /* connect only, trust anybody: the peer's certificate is asked for */
	bool (*stop)(void *arg);
	void *arg;
	/* The answer; the buffers are made by webget and freed by webget_done. */
	long status; /* of HTTP; 0 without one */
	int64_t took_us;
	struct buf body;
	struct buf pem; /* the certificate */
	char why[256];	/* "" unless it failed: in words */
};

/* 0, -ENOSYS without libcurl, -ENOMEM, -EIO with `why`. */
int webget(struct webget *w);
void webget_done(struct webget *w);

/* The part of a relay: does what a worker's webget asks for over `fd`. */
void webget_serve(int fd);

#endif
