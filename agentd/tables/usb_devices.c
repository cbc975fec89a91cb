/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/devids.h"

#include <errno.h>
#include <inttypes.h>

#define BUS "/sys/bus/usb/devices"

enum {
	USB_ADDRESS,
	USB_PORT,
	VENDOR,
	VENDOR_ID,
	VERSION,
	MODEL,
	MODEL_ID,
	SERIAL,
	CLASS,
	SUBCLASS,
	PROTOCOL,
	REMOVABLE,
};

static const struct column columns[] = {
	{"usb_address", COL_INTEGER, 0, "Number of the bus"},
	{"usb_port", COL_INTEGER, 0, "Number of the device on it"},
	{"vendor", COL_TEXT, 0, "Its maker, from usb.ids or as it says itself"},
	{"vendor_id", COL_TEXT, 0, "Number of the maker, hexadecimal"},
	{"version", COL_TEXT, 0, "Its release, four digits"},
	{"model", COL_TEXT, 0, "Its model, from usb.ids or as it says itself"},
	{"model_id", COL_TEXT, 0, "Number of the model, hexadecimal"},
	{"serial", COL_TEXT, 0, "Serial number that it tells"},
	{"class", COL_TEXT, 0, "Class of the device; 0: its interfaces tell"},
	{"subclass", COL_TEXT, 0, "Subclass of the device"},
	{"protocol", COL_TEXT, 0, "Protocol of the device"},
	{"removable", COL_INTEGER, 0, "1: it can be unplugged, 0: it is built in, -1: not known"},
	COL_END,
};

/* Attributes without "0x". */
static bool hex(struct scan *s, struct buf *b, const char *device, const char *attr, uint64_t *ret)
{
	struct span text;

	return attr_read(s, b, &text, BUS "/%s/%s", device, attr) && text.n &&
	       parse_span(text, 16, UINT16_MAX, ret) == 0;
}

static void read_ids(struct scan *s, struct devids *d)
{
	struct buf b;
	uint64_t n;

	buf_init(&b, ATTR_MAX);
	for (size_t i = 0; i < d->n; i++) {
		struct devid *id = &d->p[i];

		if (hex(s, &b, id->name, "idVendor", &n))
			id->vendor = (uint16_t)n;
		if (hex(s, &b, id->name, "idProduct", &n))
			id->model = (uint16_t)n;
	}
	buf_done(&b);
}

static int devices_open(struct scan *s)
{
	static const char *const files[] = {"/usr/share/misc/usb.ids", "/usr/share/hwdata/usb.ids",
		"/var/lib/usbutils/usb.ids", "/usr/share/usb.ids", NULL};
	struct devids *d = scan_state(s);
	int r = devids_list(d, s, BUS);

	if (!r && (scan_wants(s, VENDOR) || scan_wants(s, MODEL))) {
		read_ids(s, d);
		r = devids_find_names(d, s, files);
	}
	if (r < 0)
		devids_done(d);
	return r;
}

static void put_name(struct scan *s, unsigned col, struct buf *b, const char *name,
	const char *device, const char *attr)
{
	row_text(s, col, name ? name : "");
	if (!name)
		attr_row(s, col, b, BUS "/%s/%s", device, attr);
}

static void put_class(struct scan *s, struct buf *b, const char *device)
{
	static const char *const attrs[] = {"bDeviceClass", "bDeviceSubClass", "bDeviceProtocol"};
	uint64_t n;

	for (unsigned i = 0; i < ARRAY_LEN(attrs); i++)
		if (scan_wants(s, CLASS + i) && hex(s, b, device, attrs[i], &n))
			row_printf(s, CLASS + i, "%" PRIu64, n);
}

static void put_removable(struct scan *s, struct buf *b, const char *device)
{
	struct span text;

	if (!scan_wants(s, REMOVABLE))
		return;
	attr_read(s, b, &text, BUS "/%s/removable", device);
	row_int(s, REMOVABLE, span_eq(text, "removable") ? 1 : span_eq(text, "fixed") ? 0 : -1);
}

/* Interfaces of devices are on the bus as well: they have no number. */
static void put_device(struct scan *s, const struct devid *id, struct buf *b)
{
	uint64_t bus, number;

	if (!attr_uint(s, b, &bus, BUS "/%s/busnum", id->name) ||
		!attr_uint(s, b, &number, BUS "/%s/devnum", id->name))
		return;
	row_begin(s);
	row_int(s, USB_ADDRESS, (int64_t)bus);
	row_int(s, USB_PORT, (int64_t)number);
	put_name(s, VENDOR, b, id->names[DEVID_VENDOR], id->name, "manufacturer");
	put_name(s, MODEL, b, id->names[DEVID_MODEL], id->name, "product");
	attr_row(s, VENDOR_ID, b, BUS "/%s/idVendor", id->name);
	attr_row(s, MODEL_ID, b, BUS "/%s/idProduct", id->name);
	attr_row(s, VERSION, b, BUS "/%s/bcdDevice", id->name);
	row_text(s, SERIAL, "");
	attr_row(s, SERIAL, b, BUS "/%s/serial", id->name);
	put_class(s, b, id->name);
	put_removable(s, b, id->name);
	row_end(s);
}

static int devices_step(struct scan *s)
{
	struct devids *d = scan_state(s);
	struct buf b;

	if (d->at == d->n)
		return 0;
	buf_init(&b, ATTR_MAX);
	put_device(s, &d->p[d->at++], &b);
	buf_done(&b);
	return 1;
}

static void devices_close(struct scan *s)
{
	devids_done(scan_state(s));
}

const struct table table_usb_devices = {
	.name = "usb_devices",
	.doc = "Devices on the USB.",
	.columns = columns,
	.open = devices_open,
	.step = devices_step,
	.close = devices_close,
	.state_size = sizeof(struct devids),
};
