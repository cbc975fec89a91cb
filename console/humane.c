/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/humane.h"

#include "common/str.h"
#include "console/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* Times before are durations or counters, whatever the column is called. */
#define TIME_LEAST 86400
#define TIME_MOST  INT64_C(32503680000) /* the year 3000 */

static bool is_time(const char *column)
{
	static const char *const names[] = {"time", "start_time", "mtime", "atime", "ctime",
		"btime", "last_change", "install_time", "created", "modified", "expires", "next",
		"last"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(column, names[i]))
			return true;
	return str_ends(column, "_time") && !str_eq(column, "user_time") &&
	       !str_eq(column, "system_time");
}

static bool is_size(const char *column)
{
	return str_eq(column, "size") || str_ends(column, "_size") || str_ends(column, "_bytes") ||
	       str_eq(column, "physical_memory");
}

static bool is_port(const char *column)
{
	return str_eq(column, "port") || str_ends(column, "_port");
}

static bool is_one_of(const char *column, const char *const *names)
{
	while (*names && !str_eq(column, *names))
		names++;
	return *names;
}

enum humane_kind humane_kind(const char *column)
{
	static const char *const users[] = {"uid", "euid", "suid", "fsuid", "auid", "ouid", NULL};
	static const char *const groups[] = {"gid", "egid", "sgid", "fsgid", NULL};

	if (is_time(column))
		return HUMANE_TIME;
	if (is_size(column))
		return HUMANE_SIZE;
	if (is_port(column))
		return HUMANE_PORT;
	if (is_one_of(column, users) || str_ends(column, "_uid"))
		return HUMANE_USER;
	if (is_one_of(column, groups) || str_ends(column, "_gid"))
		return HUMANE_GROUP;
	return HUMANE_NUMBER;
}

/* The number stays in sight: a host may call anybody root. */
static const char *owner(const struct humane_who *who, bool group, int64_t id)
{
	const char *name = who ? who->name(who->arg, who->host, group, id) : NULL;

	if (!name && id == 0)
		name = "root";
	return name;
}

static int put_time(struct buf *out, int64_t t)
{
	time_t at = (time_t)t;
	char text[40];
	struct tm tm;

	if (!localtime_r(&at, &tm) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		return buf_printf(out, "%" PRId64, t);
	return buf_puts(out, text);
}

static int put_size(struct buf *out, int64_t n)
{
	static const char units[] = "KMGTPE";
	double size = (double)n;
	size_t i = 0;

	if (n < 10000)
		return buf_printf(out, "%" PRId64, n);
	for (size /= 1024; size >= 1000 && i + 2 < sizeof(units); i++)
		size /= 1024;
	return buf_printf(out, size < 10 ? "%.1f%c" : "%.0f%c", size, units[i]);
}

/* The few that everybody knows: a file of services may be anything. */
static const char *service(int64_t port)
{
	static const struct {
		int port;
		const char *name;
	} known[] = {{21, "ftp"}, {22, "ssh"}, {23, "telnet"}, {25, "smtp"}, {53, "domain"},
		{67, "dhcp"}, {69, "tftp"}, {80, "http"}, {110, "pop3"}, {111, "rpc"}, {123, "ntp"},
		{143, "imap"}, {161, "snmp"}, {389, "ldap"}, {443, "https"}, {445, "smb"},
		{465, "smtps"}, {514, "syslog"}, {587, "submission"}, {636, "ldaps"},
		{853, "dns-tls"}, {993, "imaps"}, {995, "pop3s"}, {1433, "mssql"}, {2049, "nfs"},
		{2375, "docker"}, {2376, "docker-tls"}, {2379, "etcd"}, {3306, "mysql"},
		{3389, "rdp"}, {5432, "postgres"}, {5900, "vnc"}, {5985, "winrm"}, {6379, "redis"},
		{6443, "kubernetes"}, {8080, "http-alt"}, {8443, "https-alt"},
		{9200, "elasticsearch"}, {10250, "kubelet"}, {11211, "memcached"},
		{27017, "mongodb"}};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].port == port)
			return known[i].name;
	return NULL;
}

static bool as_number(const struct cell *c, int64_t *ret)
{
	char text[32];

	if (c->type == CELL_INT) {
		*ret = c->i;
		return true;
	}
	if (c->type != CELL_TEXT || c->n == 0 || c->n >= sizeof(text))
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)c->n, c->p);
	return parse_int(text, INT64_MIN, INT64_MAX, ret) == 0;
}

const char *humane_name(enum humane_kind kind, const struct cell *c, const struct humane_who *who)
{
	int64_t n;

	if (kind < HUMANE_PORT || !as_number(c, &n))
		return NULL;
	return kind == HUMANE_PORT ? service(n) : owner(who, kind == HUMANE_GROUP, n);
}

int humane_cell(struct buf *out, const char *column, const struct cell *c,
	const struct humane_who *who, bool *ret_right)
{
	enum humane_kind kind = humane_kind(column);
	const char *name;
	int64_t n;

	*ret_right = c->type == CELL_INT || c->type == CELL_REAL;
	if (!as_number(c, &n))
		return format_cell_text(out, c);
	if (kind == HUMANE_TIME && n >= TIME_LEAST && n < TIME_MOST) {
		*ret_right = false;
		return put_time(out, n);
	}
	if (kind == HUMANE_SIZE && n >= 0)
		return put_size(out, n);
	/* The numbers below each other, whether they have names or not. */
	if (kind == HUMANE_USER || kind == HUMANE_GROUP)
		*ret_right = false;
	name = humane_name(kind, c, who);
	return name ? buf_printf(out, "%" PRId64 " %s", n, name) : format_cell_text(out, c);
}
