/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digests as columns. */
#ifndef AGENTD_ROWDIGEST_H
#define AGENTD_ROWDIGEST_H

#include "agentd/table.h"

/* In hexadecimal digits, when wanted; where the library does not offer MD5 the column stays NULL.
 */
void row_md5(struct scan *s, unsigned col, const void *p, size_t n);

#endif
