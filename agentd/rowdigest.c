/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/rowdigest.h"

#include <openssl/evp.h>
#include <stdio.h>

void row_md5(struct scan *s, unsigned col, const void *p, size_t n)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	unsigned len = 0;

	if (!scan_wants(s, col) || EVP_Digest(p, n, digest, &len, EVP_md5(), NULL) != 1)
		return;
	for (unsigned i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	row_bytes(s, col, hex, 2 * len);
}
