/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/smbios.h"

#include "agentd/attr.h"

#include <string.h>

#define TABLES	   "/sys/firmware/dmi/tables/DMI"
#define HEADER_LEN 4

bool smbios_load(struct scan *s, struct buf *b)
{
	struct span text;

	return attr_read(s, b, &text, TABLES) && b->len > 0;
}

/* Bytes of the strings behind the formatted part, with the two NULs that end them. */
static size_t strings_size(const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i + 1 < n && (p[i] || p[i + 1]))
		i++;
	return i + 1 < n ? i + 2 : n;
}

bool smbios_next(struct span *rest, struct smbios_entry *ret)
{
	const uint8_t *p = (const void *)rest->p;
	struct smbios_entry e;

	if (rest->n < HEADER_LEN || p[1] < HEADER_LEN || p[1] > rest->n)
		return false;
	e = (struct smbios_entry){
		.type = p[0], .handle = (uint16_t)(p[2] | p[3] << 8), .p = p, .length = p[1]};
	e.size = e.length + strings_size(p + e.length, rest->n - e.length);
	*rest = (struct span){rest->p + e.size, rest->n - e.size};
	*ret = e;
	return true;
}

bool smbios_has(const struct smbios_entry *e, size_t at, size_t bytes)
{
	return at + bytes <= e->length;
}

uint64_t smbios_wide(const struct smbios_entry *e, size_t at, size_t bytes)
{
	uint64_t n = 0;

	if (!smbios_has(e, at, bytes))
		return 0;
	while (bytes--)
		n = n << 8 | e->p[at + bytes];
	return n;
}

uint32_t smbios_number(const struct smbios_entry *e, size_t at, size_t bytes)
{
	return (uint32_t)smbios_wide(e, at, bytes);
}

struct span smbios_string_number(const struct smbios_entry *e, uint32_t number)
{
	struct span rest = {(const char *)e->p + e->length, e->size - e->length}, text = {"", 0};

	if (!number)
		return (struct span){"", 0};
	while (number--) {
		if (!rest.n || !span_split(&rest, '\0', &text) || !text.n || !rest.p)
			return (struct span){"", 0};
	}
	return span_trim(text);
}

struct span smbios_string(const struct smbios_entry *e, size_t at)
{
	return smbios_string_number(e, smbios_number(e, at, 1));
}

/* ---- Rows ---- */

void smbios_rows(
	struct scan *s, uint8_t type, void (*put)(struct scan *s, const struct smbios_entry *e))
{
	struct smbios_entry e;
	unsigned number = 0;
	struct span rest;
	struct buf b;

	buf_init(&b, SMBIOS_MAX);
	smbios_load(s, &b);
	rest = (struct span){buf_str(&b), b.len};
	while (smbios_next(&rest, &e) && !scan_stop(s)) {
		if (e.type != type)
			continue;
		e.number = number++;
		put(s, &e);
	}
	buf_done(&b);
}

void row_smbios_string(struct scan *s, unsigned col, const struct smbios_entry *e, size_t at)
{
	struct span text = smbios_string(e, at);

	if (smbios_has(e, at, 1))
		row_bytes(s, col, text.p, text.n);
}

void row_smbios_int(
	struct scan *s, unsigned col, const struct smbios_entry *e, size_t at, size_t bytes)
{
	if (smbios_has(e, at, bytes))
		row_int(s, col, (int64_t)smbios_wide(e, at, bytes));
}

void row_smbios_handle(struct scan *s, unsigned col, const struct smbios_entry *e, size_t at)
{
	if (smbios_has(e, at, 2))
		row_printf(s, col, "0x%04x", smbios_number(e, at, 2));
}

void row_smbios_name(struct scan *s, unsigned col, const struct smbios_entry *e, size_t at,
	const char *const *names, size_t n)
{
	uint32_t value = smbios_number(e, at, 1);

	if (value < n && names[value])
		row_text(s, col, names[value]);
}

void row_smbios_range(struct scan *s, unsigned first, unsigned last, const struct smbios_entry *e,
	size_t from, size_t wide_from)
{
	if (!smbios_has(e, from, 8))
		return;
	if (smbios_number(e, from, 4) != UINT32_MAX) {
		row_printf(s, first, "0x%08x", smbios_number(e, from, 4));
		row_printf(s, last, "0x%08x", smbios_number(e, from + 4, 4));
	} else if (smbios_has(e, wide_from, 16)) {
		row_printf(s, first, "0x%012llx", (unsigned long long)smbios_wide(e, wide_from, 8));
		row_printf(
			s, last, "0x%012llx", (unsigned long long)smbios_wide(e, wide_from + 8, 8));
	}
}
