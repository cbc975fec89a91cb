/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/devids.h"

#include <errno.h>

#define BUS "/sys/bus/pci/devices"

enum {
	PCI_SLOT,
	PCI_CLASS,
	DRIVER,
	VENDOR,
	VENDOR_ID,
	MODEL,
	MODEL_ID,
	PCI_CLASS_ID,
	PCI_SUBCLASS_ID,
	PCI_SUBCLASS,
	SUBSYSTEM_VENDOR_ID,
	SUBSYSTEM_VENDOR,
	SUBSYSTEM_MODEL_ID,
	SUBSYSTEM_MODEL,
};

static const struct column columns[] = {
	{"pci_slot", COL_TEXT, 0, "Where it is: domain:bus:device.function"},
	{"pci_class", COL_TEXT, 0, "What kind of device it is; names are from pci.ids"},
	{"driver", COL_TEXT, 0, "Driver that it is bound to"},
	{"vendor", COL_TEXT, 0, "Its maker"},
	{"vendor_id", COL_TEXT, 0, "Number of the maker, hexadecimal"},
	{"model", COL_TEXT, 0, "Its model"},
	{"model_id", COL_TEXT, 0, "Number of the model, hexadecimal"},
	{"pci_class_id", COL_TEXT, 0, "Number of its class, hexadecimal"},
	{"pci_subclass_id", COL_TEXT, 0, "Number of its subclass, hexadecimal"},
	{"pci_subclass", COL_TEXT, 0, "Its subclass"},
	{"subsystem_vendor_id", COL_TEXT, 0, "Number of the maker of the card, hexadecimal"},
	{"subsystem_vendor", COL_TEXT, 0, "Maker of the card"},
	{"subsystem_model_id", COL_TEXT, 0, "Number of the card, hexadecimal"},
	{"subsystem_model", COL_TEXT, 0, "The card"},
	COL_END,
};

static const struct {
	unsigned col;
	enum devid_name name;
} named[] = {
	{VENDOR, DEVID_VENDOR},
	{MODEL, DEVID_MODEL},
	{SUBSYSTEM_VENDOR, DEVID_SUB_VENDOR},
	{SUBSYSTEM_MODEL, DEVID_SUB_MODEL},
	{PCI_CLASS, DEVID_CLASS},
	{PCI_SUBCLASS, DEVID_SUBCLASS},
};

static uint64_t number(struct scan *s, struct buf *b, const char *device, const char *attr)
{
	uint64_t n;

	return attr_uint(s, b, &n, BUS "/%s/%s", device, attr) ? n : 0;
}

static void read_ids(struct scan *s, struct devids *d)
{
	struct buf b;

	buf_init(&b, ATTR_MAX);
	for (size_t i = 0; i < d->n; i++) {
		struct devid *id = &d->p[i];
		uint64_t class = number(s, &b, id->name, "class");

		id->vendor = (uint16_t)number(s, &b, id->name, "vendor");
		id->model = (uint16_t)number(s, &b, id->name, "device");
		id->sub_vendor = (uint16_t)number(s, &b, id->name, "subsystem_vendor");
		id->sub_model = (uint16_t)number(s, &b, id->name, "subsystem_device");
		id->class = (uint8_t)(class >> 16);
		id->subclass = (uint8_t)(class >> 8);
	}
	buf_done(&b);
}

static int devices_open(struct scan *s)
{
	static const char *const files[] = {
		"/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids", "/usr/share/pci.ids", NULL};
	struct devids *d = scan_state(s);
	bool names = false;
	int r = devids_list(d, s, BUS);

	for (size_t i = 0; i < ARRAY_LEN(named); i++)
		names |= scan_wants(s, named[i].col);
	read_ids(s, d);
	if (!r && names)
		r = devids_find_names(d, s, files);
	if (r < 0)
		devids_done(d);
	return r;
}

static void put_device(struct scan *s, const struct devid *id)
{
	struct span driver;
	struct buf b;

	buf_init(&b, ATTR_MAX);
	row_begin(s);
	row_text(s, PCI_SLOT, id->name);
	if (scan_wants(s, DRIVER))
		row_text(s, DRIVER, "");
	if (scan_wants(s, DRIVER) && attr_link(s, &b, &driver, BUS "/%s/driver", id->name))
		row_bytes(s, DRIVER, driver.p, driver.n);
	for (size_t i = 0; i < ARRAY_LEN(named); i++)
		row_text(s, named[i].col, id->names[named[i].name] ? id->names[named[i].name] : "");
	row_printf(s, VENDOR_ID, "0x%04x", id->vendor);
	row_printf(s, MODEL_ID, "0x%04x", id->model);
	row_printf(s, SUBSYSTEM_VENDOR_ID, "0x%04x", id->sub_vendor);
	row_printf(s, SUBSYSTEM_MODEL_ID, "0x%04x", id->sub_model);
	row_printf(s, PCI_CLASS_ID, "0x%02x", id->class);
	row_printf(s, PCI_SUBCLASS_ID, "0x%02x", id->subclass);
	row_end(s);
	buf_done(&b);
}

static int devices_step(struct scan *s)
{
	struct devids *d = scan_state(s);

	if (d->at == d->n)
		return 0;
	put_device(s, &d->p[d->at++]);
	return 1;
}

static void devices_close(struct scan *s)
{
	devids_done(scan_state(s));
}

const struct table table_pci_devices = {
	.name = "pci_devices",
	.doc = "Devices on the PCI bus.",
	.columns = columns,
	.open = devices_open,
	.step = devices_step,
	.close = devices_close,
	.state_size = sizeof(struct devids),
};
