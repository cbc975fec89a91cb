/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session process hands its two descriptors over to the daemon, and waits until it is told how
 * the session ended. */
#ifndef AGENTD_HANDOVER_H
#define AGENTD_HANDOVER_H

#include "common/err.h"
#include "common/wire.h"

#include <stdbool.h>

/* The daemon's socket in the run directory. */
#define HANDOVER_SOCKET "agentd.sock"

enum handover_end {
	HANDOVER_ENDED,	  /* the worker ended by itself, with `status` */
	HANDOVER_REFUSED, /* by the daemon: `code` and `text` are for the requester */
	HANDOVER_BROKEN,  /* it ended otherwise: the reader was told */
};

struct handover {
	enum handover_end end;
	int status;
	enum wire_code code;
	char text[ERR_TEXT_MAX];
};

/*
 * 0 with `ret`; -ENOENT when there is no socket, so that no daemon was meant to be asked; or -errno
 * with `err`: there is one that does not answer, or is not the agent's.
 */
int handover(const char *run_dir, int in, int out, struct handover *ret, struct err *err);

#endif
