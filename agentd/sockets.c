/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/sockets.h"

#include "agentd/sockdiag.h"
#include "common/io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES (64u << 10)
/* Bytes of one file that are read: more than SOCKETS_MAX sockets have. */
#define FILE_BYTES_MAX (UINT64_C(256) << 20)
/* Bytes of unix names kept in all. */
#define PATHS_MAX (32u << 20)
/* Answers of the kernel between two looks at whether to stop. */
#define ANSWERS_PER_LOOK 256
/* Words of a line that are looked at. */
#define WORDS_MAX 10

struct namespace
{
	uint64_t id;
	uint64_t inode;	 /* of its net/unix: tells namespaces apart where their ids are a secret */
	int32_t pid;	 /* whose net/ was read, 0: /proc/net */
	unsigned doubts; /* sources to look at again, a bit each */
};

struct sockets {
	const struct procfs *fs;
	struct sock *socks;
	size_t len, cap;
	struct namespace *spaces;
	size_t n_spaces, cap_spaces;
	uint32_t *slots; /* open addressing; index + 1 of a sock, 0: free */
	size_t n_slots;	 /* power of two, or 0 */
	uint64_t seed;	 /* a captured /proc must not be able to choose collisions */
	struct buf paths;
	uint64_t own_id; /* of the agent's namespace, once sockets_load was called live */
	bool own, all, overflow;
	bool (*stop)(void *arg);
	void *stop_arg;
	struct sockets *mark; /* nothing is kept, socks of this one are marked `again` */
	unsigned only;	      /* with `mark`: sources to read, a bit each */
};

struct source {
	const char *file;
	uint16_t family, protocol;
	/* Fills what the line tells; false when it is no socket's. */
	bool (*line)(struct span line, struct sock *k, struct span *ret_path);
};

/* ---- Lines ---- */

static size_t words(struct span line, struct span out[WORDS_MAX])
{
	size_t n = 0, i = 0;

	while (n < WORDS_MAX) {
		size_t from;

		while (i < line.n && line.p[i] == ' ')
			i++;
		if (i == line.n)
			break;
		from = i;
		while (i < line.n && line.p[i] != ' ')
			i++;
		out[n++] = (struct span){line.p + from, i - from};
	}
	return n;
}

/* Hexadecimal of fixed width. */
static bool hex(const char *p, size_t n, uint64_t *ret)
{
	return parse_span((struct span){p, n}, 16, UINT64_MAX, ret) == 0;
}

/* "0100007F:0016": the address as 32-bit words in the host's order, the port. */
static bool endpoint(struct span s, unsigned n_words, uint8_t addr[16], uint16_t *port)
{
	uint64_t v;

	if (s.n != n_words * 8 + 5 || s.p[n_words * 8] != ':')
		return false;
	for (unsigned i = 0; i < n_words; i++) {
		uint32_t word;

		if (!hex(s.p + i * 8, 8, &v))
			return false;
		word = (uint32_t)v;
		memcpy(addr + i * 4, &word, 4);
	}
	if (!hex(s.p + n_words * 8 + 1, 4, &v))
		return false;
	*port = (uint16_t)v;
	return true;
}

static bool inet_line(struct span line, struct sock *k, struct span *ret_path)
{
	unsigned n_words = k->family == AF_INET6 ? 4 : 1;
	struct span w[WORDS_MAX];
	uint64_t state;

	(void)ret_path;
	if (words(line, w) < 10 || !endpoint(w[1], n_words, k->local, &k->local_port) ||
		!endpoint(w[2], n_words, k->remote, &k->remote_port))
		return false;
	if (parse_span(w[3], 16, UINT8_MAX, &state) < 0)
		return false;
	k->state = (uint8_t)state;
	return parse_span(w[9], 10, UINT64_MAX, &k->inode) == 0;
}

static bool is_pointer(struct span w)
{
	uint64_t v;

	return w.n > 1 && w.p[w.n - 1] == ':' && hex(w.p, w.n - 1, &v);
}

/* "%pK: refs protocol flags type state inode", then a blank and the name as it is. */
static bool unix_line(struct span line, struct sock *k, struct span *ret_path)
{
	struct span w[WORDS_MAX];
	uint64_t protocol;
	size_t n = words(line, w);

	if (n < 7 || !is_pointer(w[0]) || w[1].n != 8 || w[2].n != 8 || w[3].n != 8 ||
		w[4].n != 4 || w[5].n != 2 || !hex(w[2].p, w[2].n, &protocol))
		return false;
	if (parse_span(w[6], 10, UINT64_MAX, &k->inode) < 0)
		return false;
	k->protocol = (uint16_t)protocol;
	if (n > 7) {
		const char *from = w[6].p + w[6].n + 1;

		*ret_path = (struct span){from, (size_t)(line.p + line.n - from)};
	}
	return true;
}

static bool packet_line(struct span line, struct sock *k, struct span *ret_path)
{
	struct span w[WORDS_MAX];
	uint64_t protocol;

	(void)ret_path;
	if (words(line, w) < 9 || parse_span(w[3], 16, UINT16_MAX, &protocol) < 0)
		return false;
	k->protocol = (uint16_t)protocol;
	return parse_span(w[8], 10, UINT64_MAX, &k->inode) == 0;
}

static bool netlink_line(struct span line, struct sock *k, struct span *ret_path)
{
	struct span w[WORDS_MAX];
	uint64_t protocol;

	(void)ret_path;
	/* Port 0 is the kernel's own end. */
	if (words(line, w) < 10 || parse_span(w[1], 10, UINT16_MAX, &protocol) < 0 ||
		span_eq(w[2], "0"))
		return false;
	k->protocol = (uint16_t)protocol;
	return parse_span(w[9], 10, UINT64_MAX, &k->inode) == 0;
}

/* What this kernel does not have is passed over. */
static const struct source sources[] = {
	{"tcp", AF_INET, IPPROTO_TCP, inet_line},
	{"tcp6", AF_INET6, IPPROTO_TCP, inet_line},
	{"udp", AF_INET, IPPROTO_UDP, inet_line},
	{"udp6", AF_INET6, IPPROTO_UDP, inet_line},
	{"udplite", AF_INET, IPPROTO_UDPLITE, inet_line},
	{"udplite6", AF_INET6, IPPROTO_UDPLITE, inet_line},
	{"raw", AF_INET, IPPROTO_RAW, inet_line},
	{"raw6", AF_INET6, IPPROTO_RAW, inet_line},
	{"icmp", AF_INET, IPPROTO_ICMP, inet_line},
	{"icmp6", AF_INET6, IPPROTO_ICMP, inet_line},
	{"unix", AF_UNIX, 0, unix_line},
	{"packet", AF_PACKET, 0, packet_line},
	{"netlink", AF_NETLINK, 0, netlink_line},
};

const char *sockets_file(size_t i)
{
	return i < ARRAY_LEN(sources) ? sources[i].file : NULL;
}

/* ---- The index ---- */

static size_t slot_of(const struct sockets *s, uint64_t inode)
{
	uint64_t h = inode ^ s->seed;

	h = (h ^ (h >> 32)) * 0xd6e8feb86659fd93u;
	h = (h ^ (h >> 32)) * 0xd6e8feb86659fd93u;
	return (size_t)(h ^ (h >> 32)) & (s->n_slots - 1);
}

static void index_put(struct sockets *s, size_t i)
{
	size_t at;

	if (!s->socks[i].inode)
		return;
	for (at = slot_of(s, s->socks[i].inode); s->slots[at]; at = (at + 1) & (s->n_slots - 1))
		if (s->socks[s->slots[at] - 1].inode == s->socks[i].inode)
			return;
	s->slots[at] = (uint32_t)i + 1;
}

static int index_grow(struct sockets *s)
{
	size_t n = s->n_slots ? s->n_slots * 2 : 1024;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	free(s->slots);
	s->slots = slots;
	s->n_slots = n;
	for (size_t i = 0; i < s->len; i++)
		index_put(s, i);
	return 0;
}

struct sock *sockets_find(struct sockets *s, uint64_t inode)
{
	if (!inode || !s->n_slots)
		return NULL;
	for (size_t at = slot_of(s, inode); s->slots[at]; at = (at + 1) & (s->n_slots - 1)) {
		struct sock *k = &s->socks[s->slots[at] - 1];

		if (k->inode == inode)
			return k;
	}
	return NULL;
}

static int add(struct sockets *s, const struct sock *k, struct span path)
{
	struct sock *known = s->mark ? sockets_find(s->mark, k->inode) : NULL;
	int r;

	if (known)
		known->again = true;
	if (s->mark)
		return 0;
	if (s->len == SOCKETS_MAX || s->paths.len + path.n > s->paths.max) {
		s->overflow = true;
		return 0;
	}
	r = array_grow(&s->socks, &s->cap, s->len + 1, sizeof(*s->socks), SOCKETS_MAX);
	if (!r && (s->len + 1) * 2 > s->n_slots)
		r = index_grow(s);
	if (!r)
		r = buf_add(&s->paths, path.p, path.n);
	if (r < 0)
		return r;
	s->socks[s->len] = *k;
	s->socks[s->len].path = (uint32_t)(s->paths.len - path.n);
	s->socks[s->len].path_len = (uint32_t)path.n;
	index_put(s, s->len++);
	return 0;
}

/*
 * A name may hold newlines, and the kernel writes them as they are: what is no socket's line goes
 * on with the name before it. A name made to look like such a line cannot be told from one.
 */
static int add_to_name(struct sockets *s, size_t first, struct span line)
{
	struct sock *k = s->len > first ? &s->socks[s->len - 1] : NULL;
	int r;

	if (!k || k->family != AF_UNIX || !k->path_len)
		return 0;
	if (s->paths.len + line.n + 1 > s->paths.max || k->path_len + line.n > SOCKETS_LINE_MAX)
		return 0;
	r = buf_putc(&s->paths, '\n');
	if (!r)
		r = buf_add(&s->paths, line.p, line.n);
	k->path_len = (uint32_t)(s->paths.len - k->path);
	return r;
}

/* ---- Files ---- */

struct reading {
	struct sockets *s;
	const struct source *source;
	uint64_t ns;
	size_t first; /* sockets that were there before this file */
	bool header;  /* has been passed */
};

static int take_line(struct reading *rd, struct span line)
{
	struct sock k = {
		.ns = rd->ns, .family = rd->source->family, .protocol = rd->source->protocol};
	struct span path = {"", 0};

	if (!rd->header) {
		rd->header = true;
		return 0;
	}
	if (rd->source->line(line, &k, &path))
		return add(rd->s, &k, path);
	return add_to_name(rd->s, rd->first, line);
}

/* Takes the whole lines off the text; *ret_rest is what is left. */
static int take_lines(struct reading *rd, struct span text, struct span *ret_rest)
{
	const char *end;
	int r = 0;

	while (!r && text.n && (end = memchr(text.p, '\n', text.n))) {
		size_t n = (size_t)(end - text.p);

		r = take_line(rd, (struct span){text.p, n});
		text = (struct span){end + 1, text.n - n - 1};
	}
	*ret_rest = text;
	return r;
}

int sockets_add_text(struct sockets *s, size_t file, struct span text, uint64_t ns)
{
	struct reading rd = {.s = s, .source = &sources[file], .ns = ns, .first = s->len};
	int r = take_lines(&rd, text, &text);

	return r == 0 && text.n ? take_line(&rd, text) : r;
}

static bool stopped(const struct sockets *s)
{
	return s->stop && s->stop(s->stop_arg);
}

static int read_file(struct reading *rd, int fd, char *buf)
{
	struct span rest = {buf, 0};
	uint64_t left = FILE_BYTES_MAX;
	ssize_t n;
	int r = 0;

	while (!r) {
		if (stopped(rd->s))
			return -ECANCELED;
		if (rest.n > SOCKETS_LINE_MAX)
			rest.n = 0;
		memmove(buf, rest.p, rest.n);
		n = read(fd, buf + rest.n, READ_BYTES - rest.n);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return -errno;
		else if (n == 0)
			return rest.n ? take_line(rd, rest) : 0;
		if ((uint64_t)n > left) {
			rd->s->overflow = true;
			return 0;
		}
		left -= (uint64_t)n;
		r = take_lines(rd, (struct span){buf, rest.n + (size_t)n}, &rest);
	}
	return r;
}

/* Names of unix sockets as /proc/net/unix would write them. */
static int add_answer(struct reading *rd, const struct netlink_message *m)
{
	struct sockets *s = rd->s;
	struct sock k = {
		.ns = rd->ns, .family = rd->source->family, .protocol = rd->source->protocol};
	struct span name = {"", 0};
	size_t from = s->paths.len;
	int r = 0;

	if (sockdiag_read(m, &k, &name))
		r = add(s, &k, name);
	for (size_t i = from; i < s->paths.len; i++)
		if (s->paths.p[i] == '\0')
			s->paths.p[i] = '@';
	return r;
}

/* 1 when that is not to be had here, 0 or -errno. */
static int read_diag(struct reading *rd)
{
	struct netlink_message m;
	struct netlink n;
	size_t answers = 0;
	int r = sockdiag_ask(&n, rd->source->family, rd->source->protocol);

	while (!r && (r = netlink_next(&n, &m)) > 0) {
		r = add_answer(rd, &m);
		if (!r && ++answers % ANSWERS_PER_LOOK == 0 && stopped(rd->s))
			r = -ECANCELED;
	}
	netlink_done(&n);
	return r < 0 && !answers ? 1 : r;
}

/*
 * All files are opened before any is read: opening needs the process to be there, reading does
 * not. A file that this kernel does not have is passed over.
 */
static int open_files(
	const struct sockets *s, const struct procfs_proc *p, int fds[ARRAY_LEN(sources)])
{
	size_t found = 0;

	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		char name[32];

		fds[i] = -ENOENT;
		if (s->mark && !(s->only >> i & 1))
			continue;
		snprintf(name, sizeof(name), "%s%s", p ? "net/" : "/proc/net/", sources[i].file);
		fds[i] = p ? procfs_open_file(p, name) : root_open_file(s->fs->root, name);
		found += fds[i] >= 0;
	}
	if (p && procfs_gone(p))
		return -ESRCH;
	return found ? 0 : fds[0];
}

static int read_source(struct reading *rd, int fd, char *buf)
{
	struct sockets *s = rd->s;
	int r = 1;

	if (rd->ns && rd->ns == s->own_id &&
		sockdiag_knows(rd->source->family, rd->source->protocol))
		r = read_diag(rd);
	return r == 1 ? read_file(rd, fd, buf) : r;
}

static int read_files(struct sockets *s, const struct procfs_proc *p, uint64_t ns)
{
	int fds[ARRAY_LEN(sources)], r = open_files(s, p, fds);
	char *buf = malloc(READ_BYTES);

	if (!r && !buf)
		r = -ENOMEM;
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		struct reading rd = {.s = s, .source = &sources[i], .ns = ns, .first = s->len};

		if (!r && fds[i] >= 0)
			r = read_source(&rd, fds[i], buf);
		io_close(fds[i]);
	}
	free(buf);
	return r;
}

/* ---- Namespaces ---- */

static bool same_space(const struct namespace *a, const struct namespace *b)
{
	if (a->id && b->id)
		return a->id == b->id;
	return a->inode == b->inode && (a->inode || a->id == b->id);
}

static bool is_known(const struct sockets *s, const struct namespace *ns)
{
	for (size_t i = 0; i < s->n_spaces; i++)
		if (same_space(&s->spaces[i], ns))
			return true;
	return false;
}

static int load(struct sockets *s, const struct procfs_proc *p, const struct namespace *ns)
{
	int r;

	if (is_known(s, ns))
		return 0;
	if (s->n_spaces == SOCKETS_NAMESPACES_MAX) {
		s->overflow = true;
		return 0;
	}
	r = array_grow(&s->spaces, &s->cap_spaces, s->n_spaces + 1, sizeof(*s->spaces),
		SOCKETS_NAMESPACES_MAX);
	/* /proc/net is read once, for whichever namespace comes first. */
	if (!r && (p || !s->own))
		r = read_files(s, p, ns->id);
	if (r < 0)
		return r;
	s->spaces[s->n_spaces] = *ns;
	s->spaces[s->n_spaces++].pid = p ? p->pid : 0;
	s->own |= !p;
	return 0;
}

/* The files below a process's net/ have inodes of their own in each namespace, for all to see. */
static uint64_t space_inode(const struct procfs_proc *p)
{
	struct stat st;

	return fstatat(p->fd, "net/unix", &st, 0) == 0 ? st.st_ino : 0;
}

static void learn_own_id(struct sockets *s)
{
	struct procfs_proc self;

	if (s->own_id || procfs_open_self(s->fs, &self) < 0)
		return;
	procfs_namespace(&self, "net", &s->own_id);
	procfs_close(&self);
}

static int load_live(struct sockets *s, const struct procfs_proc *p)
{
	struct namespace ns = {0};
	int r = procfs_namespace(p, "net", &ns.id);

	learn_own_id(s);
	if (r == 0 && is_known(s, &ns))
		return 0;
	ns.inode = space_inode(p);
	if (r == -EACCES && ns.inode && is_known(s, &ns))
		return 0;
	return r < 0 ? r : load(s, p, &ns);
}

/* A captured process has its own net/ only where somebody cared to keep it. */
static int load_captured(struct sockets *s, const struct procfs_proc *p)
{
	struct namespace ns = {0};
	struct stat st;
	int r = procfs_namespace(p, "net", &ns.id);

	if (r < 0 && r != -ENOENT)
		return r;
	if (is_known(s, &ns))
		return 0;
	if (fstatat(p->fd, "net", &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
		p = NULL;
	return load(s, p, &ns);
}

int sockets_load(struct sockets *s, const struct procfs_proc *p)
{
	return p->live ? load_live(s, p) : load_captured(s, p);
}

static int load_self(struct sockets *s)
{
	struct procfs_proc self;
	int r = procfs_open_self(s->fs, &self);

	if (r < 0)
		return r;
	r = load_live(s, &self);
	procfs_close(&self);
	s->own |= r == 0;
	return r;
}

int sockets_load_own(struct sockets *s)
{
	static const struct namespace unknown;
	int r;

	if (s->own)
		return 0;
	r = s->fs->live ? load_self(s) : load(s, NULL, &unknown);
	return r == -ENOENT ? 0 : r;
}

static int load_process(
	struct sockets *s, int32_t pid, void (*denied)(void *arg, int err), void *arg)
{
	struct procfs_proc p;
	int r = procfs_open(s->fs, pid, &p);

	if (!r) {
		r = sockets_load(s, &p);
		procfs_close(&p);
	}
	if (r == -ENOMEM || r == -ECANCELED)
		return r;
	if (stopped(s))
		return -ECANCELED;
	if (r < 0 && r != -ENOENT && r != -ESRCH && denied)
		denied(arg, -r);
	return 0;
}

int sockets_load_all(struct sockets *s, void (*denied)(void *arg, int err), void *arg)
{
	struct procfs_list l;
	int32_t pid;
	int r;

	if (s->all)
		return 0;
	r = s->fs->live ? sockets_load_own(s) : 0;
	if (r < 0)
		return r;
	r = procfs_list_init(&l, s->fs);
	while (!r && (r = procfs_list_next(&l, &pid)) > 0)
		r = load_process(s, pid, denied, arg);
	procfs_list_done(&l);
	/* Captured: only when no process has told whose /proc/net is. */
	if (r == 0 && !s->fs->live)
		r = sockets_load_own(s);
	s->all = r == 0;
	return r;
}

/* Bit of the source that it was read from. */
static unsigned source_of(const struct sock *k)
{
	for (unsigned i = 0; i < ARRAY_LEN(sources); i++)
		if (sources[i].family == k->family &&
			(sources[i].protocol == k->protocol || !sources[i].protocol))
			return 1u << i;
	return 0;
}

/* Of those whose ids are a secret none can be told from another: the doubt is about all. */
static void doubt(struct sockets *s, uint64_t ns, unsigned bit)
{
	for (size_t i = 0; i < s->n_spaces; i++)
		if (s->spaces[i].id == ns)
			s->spaces[i].doubts |= bit;
}

/* Returns the doubts of all namespaces together. */
static unsigned find_doubts(struct sockets *s, bool (*matters)(const struct sock *k))
{
	const struct sock *last = NULL;
	unsigned all = 0;

	for (size_t i = 0; i < s->n_spaces; i++)
		s->spaces[i].doubts = 0;
	for (size_t i = 0; i < s->len; i++) {
		struct sock *k = &s->socks[i];

		k->again = false;
		if (k->held || !k->inode || (matters && !matters(k)))
			continue;
		/* They stand as they were read, those of one file together. */
		if (!last || last->ns != k->ns || last->family != k->family ||
			last->protocol != k->protocol)
			doubt(s, k->ns, source_of(k));
		all |= source_of(k);
		last = k;
	}
	return all;
}

int sockets_look_again(struct sockets *s, bool (*matters)(const struct sock *k))
{
	struct sockets now = {.fs = s->fs, .stop = s->stop, .stop_arg = s->stop_arg, .mark = s};
	unsigned all = find_doubts(s, matters);
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n_spaces; i++) {
		now.only = s->spaces[i].doubts;
		if (!now.only)
			continue;
		r = load_process(&now, s->spaces[i].pid, NULL, NULL);
		if (r < 0 || is_known(&now, &s->spaces[i]))
			continue;
		/* The process is gone, or in another namespace now: ask them all. */
		now.only = all;
		r = sockets_load_all(&now, NULL, NULL);
		break;
	}
	free(now.spaces);
	return r;
}

/* ---- The rest ---- */

struct sockets *sockets_new(const struct procfs *fs)
{
	struct sockets *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->fs = fs;
	buf_init(&s->paths, PATHS_MAX);
	/* Without randomness collisions can be chosen, which costs time and nothing else. */
	if (getrandom(&s->seed, sizeof(s->seed), GRND_NONBLOCK) < 0)
		s->seed = (uintptr_t)s;
	return s;
}

void sockets_on_stop(struct sockets *s, bool (*stop)(void *arg), void *arg)
{
	s->stop = stop;
	s->stop_arg = arg;
}

void sockets_free(struct sockets *s)
{
	if (!s)
		return;
	free(s->socks);
	free(s->spaces);
	free(s->slots);
	buf_done(&s->paths);
	free(s);
}

size_t sockets_len(const struct sockets *s)
{
	return s->len;
}

struct sock *sockets_at(struct sockets *s, size_t i)
{
	return &s->socks[i];
}

bool sockets_overflow(const struct sockets *s)
{
	return s->overflow;
}

struct span sockets_path(const struct sockets *s, const struct sock *k)
{
	return (struct span){buf_str(&s->paths) + k->path, k->path_len};
}

void sock_address(const struct sock *k, bool remote, char out[INET6_ADDRSTRLEN])
{
	out[0] = '\0';
	if (k->family == AF_INET || k->family == AF_INET6)
		inet_ntop(k->family, remote ? k->remote : k->local, out, INET6_ADDRSTRLEN);
}

const char *sock_state(const struct sock *k)
{
	/* TCP_ESTABLISHED is 1. */
	static const char *const names[] = {"UNKNOWN", "ESTABLISHED", "SYN_SENT", "SYN_RECV",
		"FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSED", "CLOSE_WAIT", "LAST_ACK", "LISTEN",
		"CLOSING"};

	if (k->family == AF_PACKET)
		return "NONE";
	if (k->protocol != IPPROTO_TCP || (k->family != AF_INET && k->family != AF_INET6))
		return "";
	return names[k->state < ARRAY_LEN(names) ? k->state : 0];
}
