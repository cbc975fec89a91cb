/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/handover.h"

#include "agentd/priv.h"
#include "common/base64.h"
#include "common/io.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Bytes of the file that sshd's ExposeAuthInfo makes. */
#define AUTH_INFO_MAX (64u << 10)

/* ---- What the environment claims ---- */

/* "publickey TYPE BASE64" becomes "publickey TYPE SHA256:…", as ssh-keygen shows keys. */
static int put_claim(struct buf *out, struct span line)
{
	struct span method, type, key;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int size = 0;
	char *bytes;
	ssize_t n;
	int r;

	if (!span_word(&line, &method))
		return 0;
	r = buf_add(out, method.p, method.n);
	if (r < 0 || !span_word(&line, &type) || !span_word(&line, &key))
		return r;
	bytes = malloc(key.n + 1);
	if (!bytes)
		return -ENOMEM;
	n = base64_decode(bytes, key.p, key.n);
	if (n > 0 && EVP_Digest(bytes, (size_t)n, digest, &size, EVP_sha256(), NULL) == 1) {
		r = buf_printf(out, " %.*s SHA256:", (int)type.n, type.p);
		if (!r)
			r = base64_encode(out, digest, size);
		while (!r && out->p[out->len - 1] == '=')
			buf_cut(out, out->len - 1);
	}
	free(bytes);
	return r;
}

/* Only a claim: the file and the environment are the user's own. */
static void read_claim(char *ret, size_t size)
{
	const char *path = getenv("SSH_USER_AUTH");
	struct buf text, claim;
	struct span rest, line;

	ret[0] = '\0';
	if (!path)
		return;
	buf_init(&text, AUTH_INFO_MAX);
	buf_init(&claim, size - 1);
	if (io_read_file(AT_FDCWD, path, &text) == 0) {
		rest = (struct span){buf_str(&text), text.len};
		if (span_split(&rest, '\n', &line))
			put_claim(&claim, line);
		if (!memchr(buf_str(&claim), '\0', claim.len))
			(void)str_copy(ret, size, buf_str(&claim));
	}
	buf_done(&text);
	buf_done(&claim);
}

/* ---- The daemon ---- */

/* Who listens there must be root, or ourselves. */
static int check_owner(int fd, const char *path, struct err *err)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return err_sys(err, errno, "%s", path);
	if (peer.uid != 0 && peer.uid != geteuid())
		return err_set(err, EPERM,
			"%s is not the agent's: who listens there is user %u, not root", path,
			(unsigned)peer.uid);
	return 0;
}

/* A descriptor, or -errno. */
static int connect_daemon(const char *run_dir, struct err *err)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd, r;

	if (snprintf(a.sun_path, sizeof(a.sun_path), "%s/" HANDOVER_SOCKET, run_dir) >=
		(int)sizeof(a.sun_path))
		return err_set(
			err, ENAMETOOLONG, "the run directory %s: its name is too long", run_dir);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(err, errno, "socket");
	if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) < 0)
		r = err_sys(err, errno == ENOTDIR ? ENOENT : errno,
			"the agent's daemon does not answer at %s", a.sun_path);
	else
		r = check_owner(fd, a.sun_path, err);
	if (r < 0)
		io_close(fd);
	return r < 0 ? r : fd;
}

static int send_fds(int fd, int in, int out, struct err *err)
{
	char claimed[sizeof(((struct subject *)NULL)->claimed)];
	const struct priv_handover hand = {.claimed = claimed};
	const int fds[2] = {in, out};
	struct buf frame;
	int r;

	read_claim(claimed, sizeof(claimed));
	buf_init(&frame, PRIV_FRAME_MAX);
	r = priv_put_handover(&frame, 1, &hand);
	if (!r)
		r = priv_send(fd, &frame, fds, 2, true);
	buf_done(&frame);
	return r < 0 ? err_sys(err, -r, "cannot hand over to the agent's daemon") : 0;
}

/* Whatever half a line the worker left: an empty line is no message. */
static void tell_reader(int out, enum wire_code code, const char *text)
{
	struct buf line;

	buf_init(&line, WIRE_REPLY_MAX);
	if (buf_putc(&line, '\n') == 0 && wire_put_error(&line, -1, code, text) == 0)
		(void)io_write_all(out, line.p, line.len);
	buf_done(&line);
}

static void broken(struct handover *h, enum wire_code code, const char *text)
{
	h->end = HANDOVER_BROKEN;
	h->code = code;
	snprintf(h->text, sizeof(h->text), "%s", text);
}

static void take_frame(const struct buf *b, struct handover *h)
{
	struct priv_refused refused;
	struct priv_ended ended;

	if (priv_read_refused(b->p, b->len, &refused) == 0) {
		h->end = HANDOVER_REFUSED;
		h->code = refused.code;
		snprintf(h->text, sizeof(h->text), "%s", refused.text);
	} else if (priv_read_ended(b->p, b->len, &ended) < 0) {
		broken(h, WIRE_CODE_INTERNAL, "the agent's daemon made no sense");
	} else if (ended.status < 0) {
		broken(h, ended.code, ended.text);
	} else {
		h->end = HANDOVER_ENDED;
		h->status = ended.status;
	}
}

/* ---- Until the end ---- */

static volatile sig_atomic_t told_to_end;

static void on_signal(int signo)
{
	(void)signo;
	told_to_end = 1;
}

static const int ends[] = {SIGTERM, SIGINT, SIGHUP};

/* They arrive while the daemon is waited for, and at no other time. */
static void take_signals(sigset_t *ret_before, struct sigaction before[ARRAY_LEN(ends)])
{
	const struct sigaction act = {.sa_handler = on_signal};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		sigaddset(&set, ends[i]);
		sigaction(ends[i], &act, &before[i]);
	}
	sigprocmask(SIG_BLOCK, &set, ret_before);
}

static void give_signals_back(const sigset_t *mask, const struct sigaction before[ARRAY_LEN(ends)])
{
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		sigaction(ends[i], &before[i], NULL);
	sigprocmask(SIG_SETMASK, mask, NULL);
}

/*
 * The first signal has the daemon end the session in order, which takes a moment; the second one is
 * not waited for. False then.
 */
static bool wait_for_frame(int fd, const sigset_t *mask)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	for (unsigned signals = 0; ppoll(&p, 1, NULL, mask) != 1;) {
		if (!told_to_end)
			continue;
		told_to_end = 0;
		if (signals++)
			return false;
		shutdown(fd, SHUT_WR);
	}
	return true;
}

static void wait_for_end(int fd, struct handover *h)
{
	struct sigaction before[ARRAY_LEN(ends)];
	sigset_t mask;
	struct buf frame;
	int r;

	buf_init(&frame, PRIV_FRAME_MAX);
	take_signals(&mask, before);
	r = wait_for_frame(fd, &mask) ? priv_receive(fd, &frame, NULL, 0, true) : 0;
	give_signals_back(&mask, before);
	if (r > 0)
		take_frame(&frame, h);
	else
		broken(h, WIRE_CODE_INTERNAL, "the agent's daemon is gone");
	buf_done(&frame);
}

int handover(const char *run_dir, int in, int out, struct handover *ret, struct err *err)
{
	int in_flags = fcntl(in, F_GETFL), out_flags = fcntl(out, F_GETFL), fd, r;

	if (in_flags < 0 || out_flags < 0)
		return err_sys(err, EBADF, "session");
	fd = connect_daemon(run_dir, err);
	if (fd < 0)
		return fd;
	*ret = (struct handover){.end = HANDOVER_BROKEN};
	r = send_fds(fd, in, out, err);
	/* It may have said why before it hung up. */
	if (!r || r == -EPIPE)
		wait_for_end(fd, ret);
	if (ret->end == HANDOVER_REFUSED)
		r = 0;
	io_close(fd);
	/* A worker that was killed left them non-blocking; they may be a terminal's. */
	fcntl(in, F_SETFL, in_flags);
	fcntl(out, F_SETFL, out_flags);
	if (!r && ret->end == HANDOVER_BROKEN)
		tell_reader(out, ret->code, ret->text);
	return r;
}
