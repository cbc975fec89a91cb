/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drives the fan-out engine alone, for its tests and measurements: asks, and prints one line per
 * host, "HOST STATE rows=N truncated=0|1 warnings=N: ERROR".
 *
 *   fanout [options] HOST…     HOST: NAME, NAME:PORT, [IPv6]:PORT, or `local`
 *   -f N  -T THREADS  -C CONNECT_MS  -Q QUESTION_MS  -m MAX_ROWS  -u USER  -p PORT
 *   -k KEY (repeatable)  -K KNOWN_HOSTS  -a (accept new)  -A ALIAS  -S SSH_COMMAND  -g AGENTD
 *   -e SQL (repeatable: asked one after the other; "" only connects)   -P PASSPHRASE
 *   -v prints rows   -w MS waits before each look at the queue   -x MS cancels the first question
 * after so long -s sleeps between questions until a line comes on stdin   -t prints times and
 * memory
 */
#include "common/clock.h"
#include "common/str.h"
#include "console/fleet/fleet.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define LIST_MAX 64

struct totals {
	int64_t rows, wait_ms, cancel_ms;
	bool show_rows;
};

static const char *keys[LIST_MAX + 1], *questions[LIST_MAX + 1], *known_hosts[2];
static size_t n_keys, n_questions;

static int64_t number(const char *text)
{
	int64_t n;

	if (parse_int(text, 0, INT64_MAX, &n) < 0) {
		fprintf(stderr, "fanout: %s is not a number\n", text);
		exit(2);
	}
	return n;
}

/* Splits NAME:PORT in place. */
static void set_host(struct host_config *h, char *word, uint16_t port)
{
	char *colon = strrchr(word, ':');

	h->name = strdup(word);
	h->port = port;
	h->connection = str_eq(word, "local") ? CONNECTION_LOCAL : CONNECTION_SSH;
	if (word[0] == '[') {
		word++;
		*strchr(word, ']') = '\0';
	} else if (colon && strchr(word, ':') == colon) {
		*colon = '\0';
	} else {
		colon = NULL;
	}
	if (colon)
		h->port = (uint16_t)number(colon + 1);
	h->address = word;
}

static int give_passphrase(const char *key, char *buf, size_t size, void *arg)
{
	fprintf(stderr, "asked for the passphrase of %s\n", key);
	return str_copy(buf, size, arg);
}

static void print_rows(const char *host, const struct fleet_event *e)
{
	for (size_t r = 0; r < e->rows.n_rows; r++) {
		printf("%s:", host);
		for (size_t c = 0; c < e->rows.n_cols; c++) {
			const struct cell *cell = &e->rows.cells[r * e->rows.n_cols + c];

			if (cell->type == CELL_INT)
				printf(" %lld", (long long)cell->i);
			else if (cell->type == CELL_TEXT)
				printf(" %.*s", (int)cell->n, cell->p);
			else
				printf(" <%d>", (int)cell->type);
		}
		putchar('\n');
	}
}

static void show(const struct fleet_event *e, const struct host_config *hosts, struct totals *t)
{
	const char *host = hosts[e->host].name;

	if (e->type == FLEET_ROWS) {
		t->rows += (int64_t)e->rows.n_rows;
		if (t->show_rows)
			print_rows(host, e);
	} else if (e->type == FLEET_END) {
		printf("%s %s rows=%lld truncated=%d warnings=%zu: %s\n", host,
			host_state_name(e->end->state), (long long)e->end->rows, e->end->truncated,
			e->end->n_warnings, e->end->error);
	}
}

static int ask(struct fleet *f, const struct fleet_question *q, const struct host_config *hosts,
	struct totals *t)
{
	int64_t started = clock_mono_ms();
	struct fleet_event *e, *next;
	bool over = false;
	struct err err;

	if (fleet_ask(f, q, &err) < 0) {
		fprintf(stderr, "fanout: %s\n", err.text);
		return 2;
	}
	while (!over) {
		if (t->wait_ms)
			poll(NULL, 0, (int)t->wait_ms);
		for (e = fleet_wait(f, t->cancel_ms ? 10 : -1, &over); e; e = next) {
			next = e->next;
			show(e, hosts, t);
			fleet_event_free(e);
		}
		fflush(stdout);
		if (t->cancel_ms && clock_mono_ms() - started > t->cancel_ms)
			fleet_cancel(f);
	}
	return 0;
}

static void print_times(int64_t started_us, size_t n_hosts, const struct totals *t)
{
	struct rusage u;
	double cpu;

	getrusage(RUSAGE_SELF, &u);
	cpu = (double)u.ru_utime.tv_sec * 1e6 + (double)u.ru_utime.tv_usec +
	      (double)u.ru_stime.tv_sec * 1e6 + (double)u.ru_stime.tv_usec;
	fprintf(stderr, "wall %.3f s, cpu %.3f ms, %.1f us a host, %lld rows, %ld KiB resident\n",
		(double)(clock_mono_us() - started_us) / 1e6, cpu / 1e3, cpu / (double)n_hosts,
		(long long)t->rows, u.ru_maxrss);
}

int main(int argc, char **argv)
{
	struct fleet_options o = {
		.in_flight = 256, .connect_timeout_ms = 10000, .timeout_ms = 30000};
	const char *user = NULL, *alias = NULL;
	int64_t started = clock_mono_us();
	struct fleet_question q = {0};
	bool times = false, step = false;
	struct totals t = {0};
	struct host_config *hosts;
	const char *const *notices;
	uint16_t port = 22;
	struct fleet *f;
	struct err err;
	size_t n;
	int c, status = 0;

	while ((c = getopt(argc, argv, "f:T:C:Q:m:u:p:k:K:aA:S:g:e:P:vw:x:st")) != -1) {
		switch (c) {
		case 'f':
			o.in_flight = (unsigned)number(optarg);
			break;
		case 'T':
			o.threads = (unsigned)number(optarg);
			break;
		case 'C':
			o.connect_timeout_ms = number(optarg);
			break;
		case 'Q':
			o.timeout_ms = number(optarg);
			break;
		case 'm':
			q.max_rows = number(optarg);
			break;
		case 'u':
			user = optarg;
			break;
		case 'p':
			port = (uint16_t)number(optarg);
			break;
		case 'k':
			if (n_keys < LIST_MAX)
				keys[n_keys++] = optarg;
			break;
		case 'K':
			known_hosts[0] = optarg;
			o.known_hosts = known_hosts;
			break;
		case 'a':
			o.accept_new = true;
			break;
		case 'A':
			alias = optarg;
			break;
		case 'S':
			o.ssh_command = optarg;
			break;
		case 'g':
			o.agent_program = optarg;
			break;
		case 'e':
			if (n_questions < LIST_MAX)
				questions[n_questions++] = optarg;
			break;
		case 'P':
			o.passphrase = give_passphrase;
			o.passphrase_arg = optarg;
			break;
		case 'v':
			t.show_rows = true;
			break;
		case 'w':
			t.wait_ms = number(optarg);
			break;
		case 'x':
			t.cancel_ms = number(optarg);
			break;
		case 's':
			step = true;
			break;
		case 't':
			times = true;
			break;
		default:
			return 2;
		}
	}
	if (!n_questions)
		questions[n_questions++] = "select 1";
	hosts = calloc((size_t)(argc - optind + 1), sizeof(*hosts));
	for (int i = optind; i < argc; i++) {
		struct host_config *h = &hosts[i - optind];

		set_host(h, argv[i], port);
		h->user = user;
		h->host_key_alias = alias;
		h->key_files = n_keys ? keys : NULL;
	}
	n = (size_t)(argc - optind);
	f = fleet_new(&o, hosts, n, &err);
	if (!f) {
		fprintf(stderr, "fanout: %s\n", err.text);
		return 2;
	}
	notices = fleet_notices(f, &n);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "notice: %s\n", notices[i]);
	n = (size_t)(argc - optind);
	for (size_t i = 0; i < n_questions && status == 0; i++) {
		char line[16];

		if (step && i && !fgets(line, sizeof(line), stdin))
			break;
		q.sql = questions[i][0] ? questions[i] : NULL;
		status = ask(f, &q, hosts, &t);
		t.cancel_ms = 0;
	}
	fleet_free(f);
	if (times)
		print_times(started, n, &t);
	for (size_t i = 0; i < n; i++)
		free((char *)hosts[i].name);
	free(hosts);
	return status;
}
