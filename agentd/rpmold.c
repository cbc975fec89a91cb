/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/rpmold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What one call looks at before it comes back without a package. */
#define LOOKS_MAX 256

static uint32_t number32(const unsigned char *p, bool swapped)
{
	uint32_t n = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;

	return swapped ? __builtin_bswap32(n) : n;
}

static uint16_t number16(const unsigned char *p, bool swapped)
{
	uint16_t n = (uint16_t)(p[0] | p[1] << 8);

	return swapped ? __builtin_bswap16(n) : n;
}

/* 1 when all `n` bytes are there, 0 when the file ends before, -errno. */
static int read_at(const struct rpmold *d, void *p, size_t n, uint64_t at)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = pread(d->fd, (char *)p + done, n - done, (off_t)(at + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		done += (size_t)got;
	}
	return 1;
}

/* ---- Berkeley DB ---- */

#define BDB_MAGIC_AT	12
#define BDB_MAGIC	0x00061561u
#define BDB_PAGE_SIZE	20
#define BDB_ENCRYPTED	24
#define BDB_TYPE	25 /* of every page */
#define BDB_LAST	32
#define BDB_META_SIZE	72
#define BDB_PAGE_HEADER 26
#define BDB_NEXT	16
#define BDB_ENTRIES	20
#define BDB_USED	22 /* bytes of an overflow page */
#define BDB_HASH_META	8
#define BDB_HASH	13
#define BDB_HASH_OLD	2 /* before 4.6 */
#define BDB_OVERFLOW	7
/* Values: their bytes follow; or a page number and a length, from the fourth byte on. */
#define BDB_HERE	   1
#define BDB_ELSEWHERE	   3
#define BDB_ELSEWHERE_SIZE 12

/* Where entry `i` of the page at hand begins and ends; false when that is outside of it. */
static bool bdb_entry(const struct rpmold *d, size_t i, size_t *ret_from, size_t *ret_to)
{
	const unsigned char *index = d->page + BDB_PAGE_HEADER;
	size_t first = BDB_PAGE_HEADER + 2 * d->entries, to = d->page_size;

	if (i)
		to = number16(index + 2 * (i - 1), d->swapped);
	*ret_from = number16(index + 2 * i, d->swapped);
	*ret_to = to;
	return *ret_from >= first && *ret_from < to && to <= d->page_size;
}

/* A long value, page by page. Every page has something of it, so that this ends. */
static int bdb_overflow(struct rpmold *d, uint32_t number, size_t n)
{
	if (n > d->header.max)
		return -EBADMSG;
	while (d->header.len < n) {
		size_t left = n - d->header.len, used;
		int r = number <= d->last ? read_at(d, d->overflow, d->page_size,
						    (uint64_t)number * d->page_size)
					  : 0;

		if (r <= 0)
			return r < 0 ? r : -EBADMSG;
		used = number16(d->overflow + BDB_USED, d->swapped);
		if (d->overflow[BDB_TYPE] != BDB_OVERFLOW || !used ||
			used > d->page_size - BDB_PAGE_HEADER)
			return -EBADMSG;
		r = buf_add(&d->header, d->overflow + BDB_PAGE_HEADER, used < left ? used : left);
		if (r < 0)
			return r;
		number = number32(d->overflow + BDB_NEXT, d->swapped);
	}
	return 1;
}

/* Is the key that of a package? Number 0 is where rpm keeps the next number. */
static bool bdb_is_package(const struct rpmold *d, size_t from, size_t to)
{
	static const unsigned char none[4];

	return to - from == 1 + sizeof(none) && d->page[from] == BDB_HERE &&
	       memcmp(d->page + from + 1, none, sizeof(none)) != 0;
}

/* The package whose key is entry d->entry. 1, 0 when that is none, -errno. */
static int bdb_take(struct rpmold *d)
{
	size_t from, to;
	int r;

	if (!bdb_entry(d, d->entry, &from, &to))
		return -EBADMSG;
	if (!bdb_is_package(d, from, to))
		return 0;
	if (!bdb_entry(d, d->entry + 1, &from, &to))
		return -EBADMSG;
	if (d->page[from] == BDB_HERE) {
		r = buf_add(&d->header, d->page + from + 1, to - from - 1);
		return r < 0 ? r : 1;
	}
	if (d->page[from] != BDB_ELSEWHERE || to - from < BDB_ELSEWHERE_SIZE)
		return -EBADMSG;
	return bdb_overflow(d, number32(d->page + from + 4, d->swapped),
		number32(d->page + from + 8, d->swapped));
}

/* The next page. 1, 0 at the end of the file, -errno. */
static int bdb_page(struct rpmold *d)
{
	unsigned char type;
	int r;

	d->entries = d->entry = 0;
	if (d->number > d->last)
		return 0;
	r = read_at(d, d->page, d->page_size, (uint64_t)d->number++ * d->page_size);
	if (r <= 0)
		return r;
	type = d->page[BDB_TYPE];
	if (type == BDB_HASH || type == BDB_HASH_OLD)
		d->entries = number16(d->page + BDB_ENTRIES, d->swapped);
	if (2 * d->entries > d->page_size - BDB_PAGE_HEADER) {
		d->entries = 0;
		d->broken++;
	}
	return 1;
}

/* 1: a package; 0: the end; -EAGAIN: neither yet. */
static int bdb_next(struct rpmold *d)
{
	int r;

	if (d->entry + 1 >= d->entries) {
		r = bdb_page(d);
		return r == 1 ? -EAGAIN : r;
	}
	r = bdb_take(d);
	d->entry += 2;
	return r == 0 ? -EAGAIN : r;
}

static bool bdb_open(struct rpmold *d, const unsigned char *meta)
{
	uint32_t magic = number32(meta + BDB_MAGIC_AT, false);

	d->swapped = magic == __builtin_bswap32(BDB_MAGIC);
	if ((magic != BDB_MAGIC && !d->swapped) || meta[BDB_TYPE] != BDB_HASH_META ||
		meta[BDB_ENCRYPTED])
		return false;
	d->page_size = number32(meta + BDB_PAGE_SIZE, d->swapped);
	d->last = number32(meta + BDB_LAST, d->swapped);
	d->number = 1;
	d->next = bdb_next;
	return d->page_size >= 512 && d->page_size <= RPMOLD_PAGE_MAX;
}

/* ---- ndb ---- */

#define NDB_MAGIC      "RpmP"
#define NDB_SLOT       "Slot"
#define NDB_BLOB       "BlbS"
#define NDB_VERSION    4
#define NDB_PAGES      12
#define NDB_PAGE       4096u
#define NDB_SLOT_SIZE  16
#define NDB_BLOCK      16u
#define NDB_BLOB_HEAD  16
#define NDB_FIRST_SLOT 2 /* the file's header is in place of the others */

/* A slot: magic, number of the package (0: none), first block, number of blocks. */
static int ndb_take(struct rpmold *d, const unsigned char *slot)
{
	uint32_t package = number32(slot + 4, false), n;
	uint64_t at = (uint64_t)number32(slot + 8, false) * NDB_BLOCK;
	unsigned char head[NDB_BLOB_HEAD];
	int r;

	if (memcmp(slot, NDB_SLOT, 4) != 0)
		return -EBADMSG;
	if (!package)
		return 0;
	r = read_at(d, head, sizeof(head), at);
	if (r <= 0)
		return r < 0 ? r : -EBADMSG;
	n = number32(head + 12, false);
	if (memcmp(head, NDB_BLOB, 4) != 0 || number32(head + 4, false) != package ||
		n > d->header.max || n > (uint64_t)number32(slot + 12, false) * NDB_BLOCK)
		return -EBADMSG;
	r = buf_room(&d->header, n);
	if (r == 0)
		r = read_at(d, d->header.p, n, at + sizeof(head));
	if (r <= 0)
		return r < 0 ? r : -EBADMSG;
	buf_added(&d->header, n);
	return 1;
}

static int ndb_next(struct rpmold *d)
{
	int r;

	if (d->entry < d->entries) {
		r = ndb_take(d, d->page + NDB_SLOT_SIZE * d->entry++);
		return r == 0 ? -EAGAIN : r;
	}
	if (d->number == d->last)
		return 0;
	r = read_at(d, d->page, NDB_PAGE, (uint64_t)d->number * NDB_PAGE);
	if (r <= 0)
		return r;
	d->entry = d->number++ ? 0 : NDB_FIRST_SLOT;
	d->entries = NDB_PAGE / NDB_SLOT_SIZE;
	return -EAGAIN;
}

static bool ndb_open(struct rpmold *d, const unsigned char *head)
{
	if (memcmp(head, NDB_MAGIC, 4) != 0 || number32(head + NDB_VERSION, false) != 0)
		return false;
	d->last = number32(head + NDB_PAGES, false);
	d->next = ndb_next;
	return true;
}

/* ---- Both ---- */

int rpmold_open(struct rpmold *d, int fd, size_t header_max)
{
	unsigned char head[BDB_META_SIZE];
	int r;

	*d = (struct rpmold){.fd = fd};
	buf_init(&d->header, header_max);
	r = read_at(d, head, sizeof(head), 0);
	if (r <= 0 || (!bdb_open(d, head) && !ndb_open(d, head)))
		return r < 0 ? r : -EBADMSG;
	d->page = malloc(RPMOLD_PAGE_MAX);
	d->overflow = malloc(RPMOLD_PAGE_MAX);
	return d->page && d->overflow ? 0 : -ENOMEM;
}

void rpmold_done(struct rpmold *d)
{
	buf_done(&d->header);
	free(d->page);
	free(d->overflow);
	d->page = d->overflow = NULL;
}

int rpmold_next(struct rpmold *d, const void **ret_header, size_t *ret_n)
{
	int r = -EAGAIN;

	for (unsigned i = 0; i < LOOKS_MAX && r == -EAGAIN; i++) {
		buf_reset(&d->header);
		r = d->next(d);
		if (r == -EBADMSG || r == -EMSGSIZE) {
			d->broken++;
			r = -EAGAIN;
		}
	}
	if (r != 1)
		return r;
	*ret_header = buf_str(&d->header);
	*ret_n = d->header.len;
	return 1;
}
