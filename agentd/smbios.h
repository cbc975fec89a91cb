/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables that the firmware leaves (SMBIOS, also called DMI), as the kernel hands them out in
 * /sys/firmware/dmi/tables/DMI to root. Their lengths are not trusted.
 */
#ifndef AGENTD_SMBIOS_H
#define AGENTD_SMBIOS_H

#include "common/buf.h"
#include "common/str.h"

#include <stdint.h>

struct scan;

/* Bytes of all tables that are read. */
#define SMBIOS_MAX (1u << 20)

enum { SMBIOS_BIOS = 0, SMBIOS_PROCESSOR = 4 };

/* One structure; the pointers point into the text. */
struct smbios_entry {
	uint8_t type;
	uint16_t handle;
	const uint8_t *p; /* header and formatted part: `length` bytes */
	size_t length;
	size_t size; /* with the strings behind it */
};

/* Replaces *b (max SMBIOS_MAX) by the tables; what cannot be read is counted as skipped. */
bool smbios_load(struct scan *s, struct buf *b);
/* Takes the next structure off `*rest`; false at the end or where nothing more makes sense. */
bool smbios_next(struct span *rest, struct smbios_entry *ret);
/* Little-endian number of 1, 2 or 4 bytes at this offset of the formatted part, 0 beyond it. */
uint32_t smbios_number(const struct smbios_entry *e, size_t at, size_t bytes);
/* The string whose number is at this offset, without blanks behind it; empty where there is none.
 */
struct span smbios_string(const struct smbios_entry *e, size_t at);

#endif
