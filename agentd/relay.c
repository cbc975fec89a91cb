/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/relay.h"

#include "agentd/api.h"
#include "agentd/auditsource.h"
#include "agentd/bpfprog.h"
#include "agentd/http.h"
#include "agentd/iptget.h"
#include "agentd/netlink.h"
#include "agentd/units.h"
#include "agentd/webget.h"
#include "common/io.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Bytes of a request for a service. */
#define REQUEST_MAX 8192
/* Bytes moved at once. */
#define PIECE (64u << 10)
/* Bytes of a file of /proc. */
#define FILE_MAX (1u << 20)

static int connect_unix(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd, r = str_copy(a.sun_path, sizeof(a.sun_path), path);

	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&a, sizeof(a)) < 0) {
		r = -errno;
		io_close(fd);
		return r;
	}
	return fd < 0 ? -errno : fd;
}

/* ---- HTTP over a unix socket ---- */

static bool is_one_of(const char *path, const char *const *list)
{
	for (size_t i = 0; list[i]; i++)
		if (str_eq(path, list[i]))
			return true;
	return false;
}

static int http_open(const char *path)
{
	if (!is_one_of(path, api_docker) && !is_one_of(path, api_lxd))
		return -EACCES;
	return connect_unix(path);
}

int relay_http_request(const char *p, size_t n)
{
	static const char get[] = "GET /", tail[] = HTTP_REQUEST_TAIL;
	size_t at = sizeof(get) - 1, want = sizeof(tail) - 1;

	if (memcmp(p, get, n < at ? n : at) != 0)
		return -EBADMSG;
	while (at < n && p[at] > ' ' && p[at] != 0x7f)
		at++;
	if (at >= n)
		return 0;
	if (n - at > want || memcmp(p + at, tail, n - at) != 0)
		return -EBADMSG;
	return n - at == want;
}

static int read_request(int fd, struct buf *b)
{
	int r = 0;

	while (r == 0) {
		ssize_t n;

		r = buf_room(b, 1024);
		if (r < 0)
			return r;
		n = read(fd, b->p + b->len, 1024);
		if (n <= 0)
			return -EPIPE;
		buf_added(b, (size_t)n);
		r = relay_http_request(b->p, b->len);
	}
	return r;
}

/* Until the service has said all, or nobody listens. */
static void copy_answer(int from, int to)
{
	char *piece = malloc(PIECE);
	ssize_t n;

	while (piece && (n = read(from, piece, PIECE)) > 0)
		if (io_write_all(to, piece, (size_t)n) < 0)
			break;
	free(piece);
}

static void http_run(int fd, int service, const char *path)
{
	struct buf request;

	(void)path;
	buf_init(&request, REQUEST_MAX);
	if (read_request(fd, &request) == 1 && io_write_all(service, request.p, request.len) == 0)
		copy_answer(service, fd);
	buf_done(&request);
}

/* ---- D-Bus ---- */

/* The bus takes whoever connects for who they are: the worker's user, and so does nothing for it.
 */
static int dbus_open(const char *path)
{
	return str_eq(path, UNITS_SYSTEM_BUS) ? connect_unix(path) : -EACCES;
}

static void dbus_run(int fd, int bus, const char *path)
{
	struct buf word;

	(void)path;
	buf_init(&word, 16);
	if (buf_putc(&word, 'c') == 0)
		(void)priv_send(fd, &word, &bus, 1, true);
	buf_done(&word);
}

/* ---- The web ---- */

static void web_run(int fd, int opened, const char *arg)
{
	(void)opened;
	(void)arg;
	webget_serve(fd);
}

/* ---- Files ---- */

bool relay_file_allowed(const char *path)
{
	static const char sys[] = "/proc/sys/";
	struct span rest = span_str(path), part;

	if (str_eq(path, "/proc/keys"))
		return true;
	while (span_split(&rest, '/', &part))
		if (span_eq(part, "..") || span_eq(part, "."))
			return false;
	return str_starts(path, sys);
}

static int file_open(const char *path)
{
	struct statfs fs;
	struct stat st;
	int fd;

	if (!relay_file_allowed(path))
		return -EACCES;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || fstatfs(fd, &fs) < 0 ||
		fs.f_type != PROC_SUPER_MAGIC) {
		io_close(fd);
		return -EACCES;
	}
	return fd;
}

static void file_run(int fd, int file, const char *path)
{
	struct buf text;

	(void)path;
	buf_init(&text, FILE_MAX);
	(void)io_read_all(file, &text);
	(void)io_write_all(fd, buf_str(&text), text.len);
	buf_done(&text);
}

/* ---- Netfilter ---- */

bool relay_netlink_request(const char *p, size_t n)
{
	static const unsigned kinds[] = {NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN, NFT_MSG_GETRULE,
		NFT_MSG_GETSET, NFT_MSG_GETSETELEM, NFT_MSG_GETOBJ};
	struct nlmsghdr h;

	if (n < sizeof(h))
		return false;
	memcpy(&h, p, sizeof(h));
	if (h.nlmsg_len != n || h.nlmsg_flags != (NLM_F_REQUEST | NLM_F_DUMP) ||
		h.nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if ((h.nlmsg_type & 0xff) == kinds[i])
			return true;
	return false;
}

/* One packet each way. False at the end. */
static bool pass(int from, int to, char *piece, bool checked)
{
	ssize_t n = recv(from, piece, NETLINK_DATAGRAM_MAX, MSG_TRUNC);

	if (n <= 0 || n > NETLINK_DATAGRAM_MAX)
		return false;
	if (checked && !relay_netlink_request(piece, (size_t)n))
		return false;
	return send(to, piece, (size_t)n, MSG_NOSIGNAL) == n;
}

static int netlink_open(const char *arg)
{
	(void)arg;
	return netlink_socket(NETLINK_NETFILTER);
}

static void netlink_run(int fd, int kernel, const char *arg)
{
	char *piece = malloc(NETLINK_DATAGRAM_MAX);
	bool on = piece != NULL;

	(void)arg;
	while (on) {
		struct pollfd p[] = {{fd, POLLIN, 0}, {kernel, POLLIN, 0}};

		on = poll(p, 2, -1) > 0;
		if (on && p[0].revents)
			on = pass(fd, kernel, piece, true);
		if (on && p[1].revents)
			on = pass(kernel, fd, piece, false);
	}
	free(piece);
}

static int iptables_open(const char *name)
{
	(void)name;
	return iptget_socket();
}

static void iptables_run(int fd, int opened, const char *name)
{
	iptget_serve(fd, opened, name);
}

static void bpf_run(int fd, int opened, const char *from)
{
	(void)opened;
	bpfprog_serve(fd, from);
}

/* ---- The audit log ---- */

/* The daemon's own word. */
static int audit_open_dir(const char *state_dir)
{
	int fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void audit_run(int fd, int dir, const char *state_dir)
{
	(void)state_dir;
	auditsource_serve(fd, dir);
}

/* Reads the rules; changing them would take the same right, which is why workers have it not. */
static const int net_admin[] = {CAP_NET_ADMIN, -1};
/* The kernel lists programs to nobody with less. */
static const int sys_admin[] = {CAP_SYS_ADMIN, -1};

const struct relay_kind relay_kinds[PRIV_RELAY_KINDS] = {
	[PRIV_RELAY_HTTP] = {.open = http_open, .run = http_run},
	[PRIV_RELAY_DBUS] = {.open = dbus_open, .opens_as_user = true, .run = dbus_run},
	[PRIV_RELAY_WEB] = {.calls = SANDBOX_NETWORK, .run = web_run},
	[PRIV_RELAY_FILE] = {.open = file_open, .stays_root = true, .run = file_run},
	[PRIV_RELAY_NETLINK] = {.capabilities = net_admin,
		.open = netlink_open,
		.run = netlink_run},
	[PRIV_RELAY_IPTABLES] = {.capabilities = net_admin,
		.open = iptables_open,
		.run = iptables_run},
	[PRIV_RELAY_BPF] = {.capabilities = sys_admin, .calls = SANDBOX_BPF, .run = bpf_run},
	[PRIV_RELAY_AUDIT] = {.open = audit_open_dir, .stays_root = true, .run = audit_run},
};
