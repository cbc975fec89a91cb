/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The header that rpm keeps of each package: tags with their values, in the order of bytes of the
 * network. Nothing is copied, no length in it is believed.
 */
#ifndef AGENTD_RPMHEADER_H
#define AGENTD_RPMHEADER_H

#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rpm_tag {
	RPM_SHA1HEADER = 269,
	RPM_NAME = 1000,
	RPM_VERSION = 1001,
	RPM_RELEASE = 1002,
	RPM_EPOCH = 1003,
	RPM_INSTALLTIME = 1008,
	RPM_SIZE = 1009,
	RPM_VENDOR = 1011,
	RPM_GROUP = 1016,
	RPM_ARCH = 1022,
	RPM_FILESIZES = 1028,
	RPM_FILEMODES = 1030,
	RPM_FILEDIGESTS = 1035,
	RPM_FILEUSERNAME = 1039,
	RPM_FILEGROUPNAME = 1040,
	RPM_SOURCERPM = 1044,
	RPM_DIRINDEXES = 1116,
	RPM_BASENAMES = 1117,
	RPM_DIRNAMES = 1118,
	RPM_LONGFILESIZES = 5008,
	RPM_LONGSIZE = 5009,
	RPM_FILEDIGESTALGO = 5011,
};

struct rpm_header {
	const unsigned char *index; /* entries of 16 bytes */
	size_t n;
	const unsigned char *data;
	size_t size;
};
/* 0 or -EBADMSG; keeps pointing into `p`. */
int rpm_header_read(const void *p, size_t n, struct rpm_header *ret);

struct rpm_value {
	uint32_t type, count;
	const unsigned char *p;
	size_t n; /* bytes from p to the end of all data */
};
/* False, and a value without anything in it, when there is no such tag. */
bool rpm_header_find(const struct rpm_header *h, uint32_t tag, struct rpm_value *ret);

/* The i-th number; false when there is none. */
bool rpm_value_int(const struct rpm_value *v, size_t i, uint64_t *ret);
/* Takes the next string off the value; false at the end. A NUL stands behind it. */
bool rpm_value_string(struct rpm_value *v, struct span *ret);

/* Of one package's files, one after the other. */
struct rpm_files {
	struct rpm_value basenames, users, groups, digests; /* what is left of them */
	struct rpm_value dirindexes, sizes, modes;
	struct span *dirs; /* heap */
	size_t n_dirs, at;
	bool sha256; /* what the digests are */
};
struct rpm_file {
	struct span dir, name;		 /* the path is the one behind the other */
	struct span user, group, digest; /* p is NULL where there is none */
	uint64_t size, mode;
	bool has_size, has_mode;
};
/* 0 or -ENOMEM; rpm_files_done may be called in any case. */
int rpm_files_init(struct rpm_files *f, const struct rpm_header *h);
void rpm_files_done(struct rpm_files *f);
bool rpm_files_next(struct rpm_files *f, struct rpm_file *ret);

#endif
