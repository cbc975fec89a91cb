/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of PCI and USB devices, from the lists pci.ids and usb.ids where the host has them. The
 * lists are read once through for all devices that are asked about.
 */
#ifndef AGENTD_DEVIDS_H
#define AGENTD_DEVIDS_H

#include "agentd/attr.h"

/* Devices of one bus; more are left out. */
#define DEVIDS_MAX	4096
#define DEVIDS_NAME_MAX 64

enum devid_name {
	DEVID_VENDOR,
	DEVID_MODEL,
	DEVID_SUB_VENDOR, /* these and what follows: of PCI only */
	DEVID_SUB_MODEL,
	DEVID_CLASS,
	DEVID_SUBCLASS,
	DEVID_NAMES,
};

struct devid {
	char name[DEVIDS_NAME_MAX]; /* its directory on the bus */
	uint16_t vendor, model, sub_vendor, sub_model;
	uint8_t class, subclass;
	char *names[DEVID_NAMES]; /* heap, NULL where not known */
};

struct devids {
	struct devid *p; /* heap */
	size_t n, cap;
	size_t at; /* the caller's: the next to make a row of */
};

void devids_done(struct devids *d);
/* Adds the devices of a bus (their names in this directory). 0 or -ENOMEM. */
int devids_list(struct devids *d, struct scan *s, const char *dir);
/* Fills in the names, from the first of these files (NULL-ended) that is there. 0 or -ENOMEM. */
int devids_find_names(struct devids *d, struct scan *s, const char *const *files);

#endif
