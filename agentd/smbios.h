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

enum {
	SMBIOS_BIOS = 0,
	SMBIOS_PROCESSOR = 4,
	SMBIOS_OEM_STRINGS = 11,
	SMBIOS_MEMORY_ARRAY = 16,
	SMBIOS_MEMORY_DEVICE = 17,
	SMBIOS_MEMORY_ERROR = 18,
	SMBIOS_ARRAY_ADDRESS = 19,
	SMBIOS_DEVICE_ADDRESS = 20,
	SMBIOS_MEMORY_ERROR_64 = 33,
};

/* One structure; the pointers point into the text. */
struct smbios_entry {
	uint8_t type;
	uint16_t handle;
	const uint8_t *p; /* header and formatted part: `length` bytes */
	size_t length;
	size_t size;	 /* with the strings behind it */
	unsigned number; /* within its type, from 0; set by smbios_rows */
};

/* Replaces *b (max SMBIOS_MAX) by the tables; what cannot be read is counted as skipped. */
bool smbios_load(struct scan *s, struct buf *b);
/* Takes the next structure off `*rest`; false at the end or where nothing more makes sense. */
bool smbios_next(struct span *rest, struct smbios_entry *ret);
/* Little-endian number of 1, 2 or 4 bytes at this offset of the formatted part, 0 beyond it. */
uint32_t smbios_number(const struct smbios_entry *e, size_t at, size_t bytes);
/* As above, up to 8 bytes. */
uint64_t smbios_wide(const struct smbios_entry *e, size_t at, size_t bytes);
/* Does the formatted part reach that far? Older firmware has shorter ones. */
bool smbios_has(const struct smbios_entry *e, size_t at, size_t bytes);
/* The string whose number is at this offset, without blanks behind it; empty where there is none.
 */
struct span smbios_string(const struct smbios_entry *e, size_t at);
/* The string of this number, from 1. */
struct span smbios_string_number(const struct smbios_entry *e, uint32_t number);

/* ---- Tables whose rows are the structures of one type ---- */

/* Calls `put` for each structure of that type. */
void smbios_rows(
	struct scan *s, uint8_t type, void (*put)(struct scan *s, const struct smbios_entry *e));
/* Each leaves the column NULL where the structure ends before. */
void row_smbios_string(struct scan *s, unsigned col, const struct smbios_entry *e, size_t at);
void row_smbios_int(
	struct scan *s, unsigned col, const struct smbios_entry *e, size_t at, size_t bytes);
/* 0x0012: a reference to a structure, or the structure's own (at SMBIOS_HANDLE). */
void row_smbios_handle(struct scan *s, unsigned col, const struct smbios_entry *e, size_t at);
#define SMBIOS_HANDLE 2
/* The name that names[byte] is, if any. */
void row_smbios_name(struct scan *s, unsigned col, const struct smbios_entry *e, size_t at,
	const char *const *names, size_t n);
/*
 * First and last address of a range, KiB in 4 bytes at `from` and behind; where the former is all
 * ones the bytes themselves in 8 at `wide_from` and behind.
 */
void row_smbios_range(struct scan *s, unsigned first, unsigned last, const struct smbios_entry *e,
	size_t from, size_t wide_from);

#endif
