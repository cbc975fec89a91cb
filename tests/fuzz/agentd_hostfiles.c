/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole files and messages: unit files, jobs of at, certificates, attributes, what comes over
 * D-Bus. The first byte chooses.
 */
#include "agentd/atjob.h"
#include "agentd/certinfo.h"
#include "agentd/dbus.h"
#include "agentd/oncalendar.h"
#include "agentd/unitfile.h"
#include "agentd/xattrs.h"

#include <errno.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void within(struct span inner, const char *p, size_t n)
{
	MUST(!inner.n || (inner.p >= p && inner.p + inner.n <= p + n));
}

static size_t settings(char *p, size_t n)
{
	struct unitfile_line l;
	struct unitfile u;
	size_t found = 0;

	unitfile_init(&u, p, n);
	while (unitfile_next(&u, &l)) {
		within(l.section, p, n);
		within(l.key, p, n);
		within(l.value, p, n);
		found++;
	}
	return found;
}

/* A file can be gone through again. */
static void read_unit(char *p, size_t n)
{
	size_t first = settings(p, n);

	MUST(settings(p, n) == first);
}

static void read_job(char *p, size_t n)
{
	struct span all = {p, n};
	struct atjob_name name;
	struct atjob job;

	atjob_name_read(all, &name);
	atjob_read(all, &job);
	within(job.mail, p, n);
	within(job.command, p, n);
	MUST(job.uid >= -1 && job.gid >= -1);
}

static void read_certs(char *p, size_t n)
{
	struct certbundle b;
	struct buf text;
	X509 *c;

	buf_init(&text, 64u << 10);
	MUST(certbundle_init(&b, p, n) == 0);
	while ((c = certbundle_next(&b))) {
		int64_t t;

		cert_common_name(c, &text);
		cert_name(X509_get_subject_name(c), true, &text);
		cert_name(X509_get_issuer_name(c), false, &text);
		cert_key_strength(c, &text);
		cert_key_usage(c, &text);
		cert_serial(c, &text);
		cert_sha1(c, &text);
		MUST(cert_signing_algorithm(c) && cert_key_algorithm(c));
		cert_time(X509_get0_notBefore(c), &t);
		X509_free(c);
	}
	certbundle_done(&b);
	buf_done(&text);
}

static void read_attributes(char *p, size_t n)
{
	struct buf text;

	buf_init(&text, XATTRS_MAX);
	xattrs_capabilities(&text, p, n);
	buf_reset(&text);
	MUST(xattrs_acl(&text, p, n) != -EBADMSG || !text.len);
	buf_done(&text);
}

static void read_message(char *p, size_t n)
{
	const char *signature = n && p[n - 1] & 1 ? "v" : "a(ssssssouso)";
	struct dbus_body b;
	const char *text;
	uint32_t serial;
	uint64_t number;
	size_t end;

	if (dbus_message_read(p, n, signature, &serial, &b) != 1)
		return;
	MUST(b.p >= p && b.p + b.n <= p + n);
	if (signature[0] == 'v') {
		if (dbus_variant(&b, "s") && dbus_string(&b, &text))
			MUST(strlen(text) < n);
		if (dbus_variant(&b, "t"))
			dbus_u64(&b, &number);
		return;
	}
	if (!dbus_array(&b, 8, &end))
		return;
	while (b.at < end && dbus_align(&b, 8) && dbus_string(&b, &text) && dbus_u32(&b, &serial))
		MUST(strlen(text) < n && b.at <= b.n);
}

static void read_calendar(char *p, size_t n)
{
	struct oncalendar c;
	int64_t t;

	if (oncalendar_read((struct span){p, n}, &c) == 0 &&
		oncalendar_next(&c, 1700000000, &t) == 0)
		MUST(t > 1700000000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const readers[])(char *p, size_t n) = {
		read_unit, read_job, read_certs, read_attributes, read_message, read_calendar};
	char *copy;

	if (!n)
		return 0;
	copy = malloc(n > 1 ? n - 1 : 1);
	MUST(copy);
	memcpy(copy, data + 1, n - 1);
	readers[data[0] % ARRAY_LEN(readers)](copy, n - 1);
	free(copy);
	return 0;
}
