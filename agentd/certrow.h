/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The columns that all tables of certificates have. */
#ifndef AGENTD_CERTROW_H
#define AGENTD_CERTROW_H

#include "agentd/table.h"
#include "common/buf.h"

#include <openssl/types.h>

/* Bytes of one value. */
#define CERTROW_TEXT_MAX (64u << 10)

struct certrow_columns {
	unsigned common_name, subject, subject2, issuer, issuer2, ca, self_signed, not_valid_before,
		not_valid_after, signing_algorithm, key_algorithm, key_strength, key_usage,
		subject_key_id, authority_key_id, sha1, serial;
};
/* In place of a column that the table has not. */
#define CERTROW_NO_COLUMN ((unsigned)-1)

/* Sets them, between row_begin and row_end. `text` (max CERTROW_TEXT_MAX) is for its use. */
void row_cert(struct scan *s, const struct certrow_columns *cols, X509 *c, struct buf *text);

#endif
