/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/rpmheader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY_SIZE 16

enum {
	TYPE_INT8 = 2,
	TYPE_INT16,
	TYPE_INT32,
	TYPE_INT64,
	TYPE_STRING,
	TYPE_BIN,
	TYPE_STRINGS,
	TYPE_I18N
};

/* Algorithm of OpenPGP. */
#define DIGEST_SHA256 8

static uint64_t big_endian(const unsigned char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

int rpm_header_read(const void *p, size_t n, struct rpm_header *ret)
{
	const unsigned char *at = p;
	uint64_t entries, size;

	if (n < 8)
		return -EBADMSG;
	entries = big_endian(at, 4);
	size = big_endian(at + 4, 4);
	if (entries * ENTRY_SIZE + size > n - 8)
		return -EBADMSG;
	ret->index = at + 8;
	ret->n = (size_t)entries;
	ret->data = ret->index + entries * ENTRY_SIZE;
	ret->size = (size_t)size;
	return 0;
}

bool rpm_header_find(const struct rpm_header *h, uint32_t tag, struct rpm_value *ret)
{
	*ret = (struct rpm_value){0};
	for (size_t i = 0; i < h->n; i++) {
		const unsigned char *e = h->index + i * ENTRY_SIZE;
		uint64_t offset = big_endian(e + 8, 4);

		if (big_endian(e, 4) != tag)
			continue;
		if (offset >= h->size)
			return false;
		ret->type = (uint32_t)big_endian(e + 4, 4);
		ret->count = (uint32_t)big_endian(e + 12, 4);
		ret->p = h->data + offset;
		ret->n = h->size - (size_t)offset;
		return true;
	}
	return false;
}

bool rpm_value_int(const struct rpm_value *v, size_t i, uint64_t *ret)
{
	size_t width;

	if (v->type < TYPE_INT8 || v->type > TYPE_INT64)
		return false;
	width = (size_t)1 << (v->type - TYPE_INT8);
	if (i >= v->count || i >= v->n / width)
		return false;
	*ret = big_endian(v->p + i * width, width);
	return true;
}

bool rpm_value_string(struct rpm_value *v, struct span *ret)
{
	const unsigned char *end;

	if (!v->count ||
		(v->type != TYPE_STRING && v->type != TYPE_STRINGS && v->type != TYPE_I18N))
		return false;
	end = memchr(v->p, '\0', v->n);
	if (!end)
		return false;
	*ret = (struct span){(const char *)v->p, (size_t)(end - v->p)};
	v->n -= ret->n + 1;
	v->p = end + 1;
	v->count--;
	return true;
}

/* ---- Files ---- */

int rpm_files_init(struct rpm_files *f, const struct rpm_header *h)
{
	struct rpm_value dirs, algorithm;
	size_t cap = 0;
	uint64_t n;
	int r = 0;

	*f = (struct rpm_files){0};
	rpm_header_find(h, RPM_BASENAMES, &f->basenames);
	rpm_header_find(h, RPM_DIRINDEXES, &f->dirindexes);
	rpm_header_find(h, RPM_FILEUSERNAME, &f->users);
	rpm_header_find(h, RPM_FILEGROUPNAME, &f->groups);
	rpm_header_find(h, RPM_FILEDIGESTS, &f->digests);
	rpm_header_find(h, RPM_FILEMODES, &f->modes);
	if (!rpm_header_find(h, RPM_LONGFILESIZES, &f->sizes))
		rpm_header_find(h, RPM_FILESIZES, &f->sizes);
	rpm_header_find(h, RPM_FILEDIGESTALGO, &algorithm);
	f->sha256 = rpm_value_int(&algorithm, 0, &n) && n == DIGEST_SHA256;
	rpm_header_find(h, RPM_DIRNAMES, &dirs);
	for (struct span dir; !r && rpm_value_string(&dirs, &dir);) {
		/* There cannot be more than there are bytes. */
		r = array_grow(&f->dirs, &cap, f->n_dirs + 1, sizeof(*f->dirs), h->size + 1);
		if (!r)
			f->dirs[f->n_dirs++] = dir;
	}
	return r;
}

void rpm_files_done(struct rpm_files *f)
{
	free(f->dirs);
	*f = (struct rpm_files){0};
}

bool rpm_files_next(struct rpm_files *f, struct rpm_file *ret)
{
	uint64_t dir;

	*ret = (struct rpm_file){.dir = {"", 0}};
	if (!rpm_value_string(&f->basenames, &ret->name))
		return false;
	if (rpm_value_int(&f->dirindexes, f->at, &dir) && dir < f->n_dirs)
		ret->dir = f->dirs[dir];
	rpm_value_string(&f->users, &ret->user);
	rpm_value_string(&f->groups, &ret->group);
	rpm_value_string(&f->digests, &ret->digest);
	ret->has_size = rpm_value_int(&f->sizes, f->at, &ret->size);
	ret->has_mode = rpm_value_int(&f->modes, f->at, &ret->mode);
	f->at++;
	return true;
}
