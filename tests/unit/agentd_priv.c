/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames between daemon, sessions and workers: what is written is read, and nothing else is. */
#include "agentd/http.h"
#include "agentd/priv.h"
#include "agentd/relay.h"
#include "common/io.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

static struct buf frame;

static void begin(void)
{
	buf_done(&frame);
	buf_init(&frame, PRIV_FRAME_MAX);
}

/* Cut anywhere, or with a byte more, it is none. */
#define CHECK_WHOLE(name)                                                                          \
	do {                                                                                       \
		struct priv_##name again;                                                          \
		for (size_t i_ = 0; i_ < frame.len; i_++)                                          \
			CHECK_INT(priv_read_##name(frame.p, i_, &again), -EBADMSG);                \
		CHECK(buf_putc(&frame, '\0') == 0);                                                \
		CHECK_INT(priv_read_##name(frame.p, frame.len, &again), -EBADMSG);                 \
		buf_cut(&frame, frame.len - 1);                                                    \
	} while (0)

TEST(handover)
{
	const struct priv_handover in = {.claimed = "publickey ssh-ed25519 SHA256:x"};
	struct priv_handover out;
	enum priv_type type;
	uint64_t number;

	begin();
	CHECK_INT(priv_put_handover(&frame, 7, &in), 0);
	CHECK_INT(priv_read_handover(frame.p, frame.len, &out), 0);
	CHECK_STR(out.claimed, in.claimed);
	CHECK(priv_peek(frame.p, frame.len, &type, &number) && type == PRIV_HANDOVER);
	CHECK_INT(number, 7);
	CHECK_WHOLE(handover);
}

/* A text within a frame has no NUL, and no more bytes than its place. */
TEST(texts)
{
	struct priv_handover in = {.claimed = "abcdef"}, out;
	char long_text[300];

	begin();
	CHECK_INT(priv_put_handover(&frame, 1, &in), 0);
	frame.p[frame.len - 3] = '\0';
	CHECK_INT(priv_read_handover(frame.p, frame.len, &out), -EBADMSG);
	memset(long_text, 'x', sizeof(long_text));
	long_text[255] = '\0';
	in.claimed = long_text;
	CHECK_INT(priv_put_handover(&frame, 1, &in), 0);
	CHECK_INT(priv_read_handover(frame.p, frame.len, &out), 0);
	long_text[255] = 'x';
	long_text[256] = '\0';
	CHECK_INT(priv_put_handover(&frame, 1, &in), 0);
	CHECK_INT(priv_read_handover(frame.p, frame.len, &out), -EBADMSG);
}

TEST(ends)
{
	const struct priv_refused refused = {.code = WIRE_CODE_LIMIT, .text = "too many"};
	const struct priv_ended ended = {.status = -1, .code = WIRE_CODE_INTERNAL, .text = "gone"};
	struct priv_refused r;
	struct priv_ended e;

	begin();
	CHECK_INT(priv_put_refused(&frame, 0, &refused), 0);
	CHECK_INT(priv_read_refused(frame.p, frame.len, &r), 0);
	CHECK(r.code == WIRE_CODE_LIMIT && strcmp(r.text, "too many") == 0);
	CHECK_INT(priv_read_ended(frame.p, frame.len, &e), -EBADMSG);
	CHECK_WHOLE(refused);
	CHECK_INT(priv_put_ended(&frame, 0, &ended), 0);
	CHECK_INT(priv_read_ended(frame.p, frame.len, &e), 0);
	CHECK_INT(e.status, -1);
	CHECK_WHOLE(ended);
}

TEST(grant)
{
	const char *tables[] = {"shadow", "process_envs", NULL}, *none[] = {NULL};
	struct priv_grant in = {.privileged = true,
		.change_uid = true,
		.uid = 5,
		.gid = 6,
		.groups = {7, 8},
		.n_groups = 2,
		.allow = RIGHT_QUERY,
		.cpu_s = 30,
		.root = "/",
		.state_dir = "/var/lib/of-mine",
		.deny_tables = tables,
		.deny_paths = none};
	struct priv_grant out;

	begin();
	CHECK_INT(priv_put_grant(&frame, 0, &in), 0);
	CHECK_INT(priv_read_grant(frame.p, frame.len, &out), 0);
	CHECK(out.privileged && out.change_uid && out.uid == 5 && out.gid == 6);
	CHECK(out.n_groups == 2 && out.groups[1] == 8 && out.allow == RIGHT_QUERY);
	CHECK_STR(out.deny_tables[1], "process_envs");
	CHECK_STR(out.state_dir, "/var/lib/of-mine");
	CHECK(!out.deny_tables[2] && !out.deny_paths[0]);
	priv_grant_done(&out);
	CHECK_WHOLE(grant);
	in.n_groups = SUBJECT_GROUPS_MAX + 1;
	/* More than there is room for on the other side. */
	memcpy(frame.p + 16 + 16, &(uint32_t){SUBJECT_GROUPS_MAX + 1}, 4);
	CHECK_INT(priv_read_grant(frame.p, frame.len, &out), -EBADMSG);
}

TEST(several_frames)
{
	const struct priv_connected one = {.error = 7};
	char two[128];
	size_t n;

	begin();
	CHECK_INT(priv_put_connected(&frame, 1, &one), 0);
	n = frame.len;
	memcpy(two, frame.p, n);
	memcpy(two + n, frame.p, n);
	CHECK_INT(priv_first(two, 2 * n), n);
	CHECK_INT(priv_first(two + n, n), n);
	CHECK_INT(priv_first(two + n, n - 1), 0);
	CHECK_INT(priv_first(two, 3), 0);
	CHECK_INT(priv_first(two, 0), 0);
}

TEST(no_memory)
{
	const char *words[] = {"a", NULL};
	const struct priv_grant in = {.root = "/", .deny_tables = words, .deny_paths = words};
	struct priv_grant out;
	bool failed = false;

	begin();
	CHECK_INT(priv_put_grant(&frame, 0, &in), 0);
	for (long i = 1;; i++) {
		int r;

		failalloc_countdown = i;
		r = priv_read_grant(frame.p, frame.len, &out);
		if (!failalloc_spent()) {
			failalloc_countdown = 0;
			CHECK_INT(r, 0);
			priv_grant_done(&out);
			break;
		}
		failed = true;
		CHECK_INT(r, -ENOMEM);
	}
	CHECK(failed);
}

TEST(action)
{
	struct priv_action in = {
		.action = action_find("kill"), .dry_run = true, .reason = "because"};
	struct priv_action out;
	size_t n = 0;

	if (!in.action)
		SKIP("no such action");
	for (; in.action->args[n].name; n++)
		in.values[n].text = (struct span){"", 0};
	in.values[0] = (struct action_value){.given = true, .i = 42, .text = {"", 0}};
	begin();
	CHECK_INT(priv_put_action(&frame, 9, &in), 0);
	CHECK_INT(priv_read_action(frame.p, frame.len, &out), 0);
	CHECK(out.action == in.action && out.dry_run && out.values[0].i == 42);
	CHECK_STR(out.reason, "because");
	CHECK_WHOLE(action);
	/* An action that there is not: its name is the first field. */
	memcpy(frame.p + 20, "kilt", 4);
	CHECK_INT(priv_read_action(frame.p, frame.len, &out), -EBADMSG);
}

TEST(files)
{
	const struct priv_get get = {.path = "/etc/x", .offset = 5, .length = 6, .reason = ""};
	const struct priv_file file = {.size = 1, .mtime_ns = -2, .mode = 0600, .ino = 9};
	const struct priv_got got = {.status = WIRE_DONE, .bytes = 3, .sha256 = "ab", .detail = ""};
	struct priv_get g;
	struct priv_file f;
	struct priv_got o;

	begin();
	CHECK_INT(priv_put_get(&frame, 1, &get), 0);
	CHECK_INT(priv_read_get(frame.p, frame.len, &g), 0);
	CHECK(g.offset == 5 && g.length == 6 && strcmp(g.path, "/etc/x") == 0);
	CHECK_WHOLE(get);
	frame.p[20] = 'x';
	CHECK_INT(priv_read_get(frame.p, frame.len, &g), -EBADMSG);
	CHECK_INT(priv_put_file(&frame, 1, &file), 0);
	CHECK_INT(priv_read_file(frame.p, frame.len, &f), 0);
	CHECK(f.size == 1 && f.mtime_ns == -2 && f.mode == 0600 && f.ino == 9);
	CHECK_WHOLE(file);
	CHECK_INT(priv_put_got(&frame, 1, &got), 0);
	CHECK_INT(priv_read_got(frame.p, frame.len, &o), 0);
	CHECK_INT(o.bytes, 3);
	CHECK_WHOLE(got);
}

TEST(outcome)
{
	const struct priv_outcome in = {.status = WIRE_PLANNED,
		.detail = "d",
		.before = "{\"a\":1}",
		.after = "",
		.undo = ""};
	struct priv_outcome out;

	begin();
	CHECK_INT(priv_put_outcome(&frame, 1, &in), 0);
	CHECK_INT(priv_read_outcome(frame.p, frame.len, &out), 0);
	CHECK(out.status == WIRE_PLANNED && strcmp(out.before, in.before) == 0);
	CHECK_WHOLE(outcome);
	memcpy(frame.p + 16, &(uint32_t){99}, 4);
	CHECK_INT(priv_read_outcome(frame.p, frame.len, &out), -EBADMSG);
}

TEST(subject)
{
	const char *none[] = {NULL};
	struct priv_subject in = {.allow = RIGHT_ALL,
		.as_user = true,
		.role = "r",
		.deny_tables = none,
		.deny_paths = none};
	struct priv_subject out;

	in.who = (struct subject){.uid = 3, .gid = 4, .pid = 5, .port = 2, .local_port = 22};
	snprintf(in.who.user, sizeof(in.who.user), "alice");
	snprintf(in.who.address, sizeof(in.who.address), "192.0.2.1");
	begin();
	CHECK_INT(priv_put_subject(&frame, 0, &in), 0);
	CHECK_INT(priv_read_subject(frame.p, frame.len, &out), 0);
	CHECK(out.who.uid == 3 && out.who.pid == 5 && out.as_user);
	CHECK_STR(out.who.user, "alice");
	CHECK_STR(out.who.address, "192.0.2.1");
	CHECK_INT(out.who.port, 2);
	CHECK_INT(out.who.local_port, 22);
	priv_subject_done(&out);
	CHECK_WHOLE(subject);
}

TEST(query_of_any_length)
{
	char *sql = malloc(WIRE_REQUEST_MAX + 1);
	struct span out;

	CHECK(sql);
	memset(sql, 'x', WIRE_REQUEST_MAX + 1);
	begin();
	CHECK_INT(priv_put_query(&frame, 1, sql, WIRE_REQUEST_MAX), 0);
	CHECK_INT(priv_read_query(frame.p, frame.len, &out), 0);
	CHECK_INT(out.n, WIRE_REQUEST_MAX);
	CHECK_INT(priv_put_query(&frame, 1, sql, WIRE_REQUEST_MAX + 1), 0);
	CHECK_INT(priv_read_query(frame.p, frame.len, &out), -EBADMSG);
	free(sql);
}

/* ---- Packets ---- */

TEST(packets)
{
	const struct priv_handover in = {.claimed = ""};
	struct buf got;
	int pair[2], fds[2], null = open("/dev/null", O_RDONLY);

	begin();
	buf_init(&got, PRIV_FRAME_MAX);
	CHECK_INT(priv_pair(pair), 0);
	CHECK_INT(priv_put_handover(&frame, 1, &in), 0);
	CHECK_INT(priv_send(pair[0], &frame, (int[]){null, null}, 2, false), 0);
	CHECK_INT(priv_receive(pair[1], &got, fds, 2, false), 1);
	CHECK(fds[0] >= 0 && fds[1] >= 0 && fcntl(fds[0], F_GETFD) == FD_CLOEXEC);
	io_close(fds[0]);
	io_close(fds[1]);
	CHECK_INT(priv_receive(pair[1], &got, fds, 2, false), -EAGAIN);
	/* More than are wanted: none is kept. */
	CHECK_INT(priv_send(pair[0], &frame, (int[]){null, null}, 2, false), 0);
	CHECK_INT(priv_receive(pair[1], &got, fds, 1, false), -EBADMSG);
	CHECK_INT(fds[0], -1);
	/* None are wanted: they are not even taken. */
	CHECK_INT(priv_send(pair[0], &frame, &null, 1, false), 0);
	CHECK_INT(priv_receive(pair[1], &got, NULL, 0, false), -EBADMSG);
	io_close(pair[0]);
	CHECK_INT(priv_receive(pair[1], &got, fds, 1, false), 0);
	io_close(pair[1]);
	io_close(null);
	buf_done(&got);
}

TEST(longest_frame)
{
	char *sql = malloc(WIRE_REQUEST_MAX);
	struct buf got;
	int pair[2];

	CHECK(sql);
	memset(sql, 'x', WIRE_REQUEST_MAX);
	begin();
	buf_init(&got, PRIV_FRAME_MAX);
	CHECK_INT(priv_pair(pair), 0);
	CHECK_INT(priv_put_query(&frame, 1, sql, WIRE_REQUEST_MAX), 0);
	CHECK_INT(priv_send(pair[0], &frame, NULL, 0, false), 0);
	CHECK_INT(priv_receive(pair[1], &got, NULL, 0, false), 1);
	CHECK(got.len == frame.len && memcmp(got.p, frame.p, got.len) == 0);
	io_close(pair[0]);
	io_close(pair[1]);
	buf_done(&got);
	free(sql);
}

/* ---- What relays let through ---- */

TEST(relay_http)
{
	static const char good[] = "GET /v1/x?a=b" HTTP_REQUEST_TAIL;
	static const char *const bad[] = {"POST /x", "GET x",
		"GET /x HTTP/1.1\r\nHost: localhost\r\nX: y",
		"GET /x HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nConnection: close\r\n\r\nGET "
		"/y"};

	CHECK_INT(relay_http_request(good, strlen(good)), 1);
	for (size_t i = 0; i < strlen(good); i++)
		CHECK_INT(relay_http_request(good, i), 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_INT(relay_http_request(bad[i], strlen(bad[i])), -EBADMSG);
}

static bool netlink_passes(uint16_t type, uint16_t flags)
{
	const struct nlmsghdr h = {
		.nlmsg_len = sizeof(h), .nlmsg_type = type, .nlmsg_flags = flags};

	return relay_netlink_request((const char *)&h, sizeof(h));
}

TEST(relay_netlink)
{
	const uint16_t nft = NFNL_SUBSYS_NFTABLES << 8, dump = NLM_F_REQUEST | NLM_F_DUMP;
	struct nlmsghdr two[2] = {{.nlmsg_len = sizeof(two[0])}};

	CHECK(netlink_passes(nft | NFT_MSG_GETRULE, dump));
	CHECK(!netlink_passes(nft | NFT_MSG_GETRULE, NLM_F_REQUEST));
	CHECK(!netlink_passes(nft | NFT_MSG_DELTABLE, dump));
	CHECK(!netlink_passes(nft | NFT_MSG_NEWRULE, dump));
	CHECK(!netlink_passes(NFNL_SUBSYS_CTNETLINK << 8 | 1, dump));
	CHECK(!netlink_passes(NFNL_MSG_BATCH_BEGIN, dump));
	/* A second message behind the first one. */
	two[0].nlmsg_type = nft | NFT_MSG_GETRULE;
	two[0].nlmsg_flags = dump;
	CHECK(!relay_netlink_request((const char *)two, sizeof(two)));
	CHECK(!relay_netlink_request((const char *)two, 3));
}

TEST(relay_files)
{
	CHECK(relay_file_allowed("/proc/keys"));
	CHECK(relay_file_allowed("/proc/sys/fs/protected_fifos"));
	CHECK(!relay_file_allowed("/proc/sys/../kcore"));
	CHECK(!relay_file_allowed("/proc/kcore"));
	CHECK(!relay_file_allowed("/etc/shadow"));
	CHECK(!relay_file_allowed("/proc/system"));
}

TEST_MAIN(&handover, &texts, &ends, &grant, &several_frames, &no_memory, &action, &files, &outcome,
	&subject, &query_of_any_length, &packets, &longest_frame, &relay_http, &relay_netlink,
	&relay_files)
