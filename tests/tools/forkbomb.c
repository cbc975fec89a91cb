/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Processes that start processes, for the tests of what ends them. Each mode goes on until it is
 * killed; MAX is the kernel's own limit for the user, so a machine is never filled.
 *
 *   forkbomb all UID MAX      everyone has children, nobody ends
 *   forkbomb rabbit UID MAX   the first one stays, and starts one that has a child and ends, whose
 *                             child has a child and ends …
 *   forkbomb hydra UID MAX    which, told to end, does so, but begins such a rabbit in a session of
 *                             its own
 *   forkbomb deaf UID MAX     one that does not heed TERM, with a child like it
 *   forkbomb leader UID MAX   whose first thread has ended while another one goes on
 *   forkbomb vfork UID MAX    waits in vfork(2), uninterruptibly, for a child that sleeps
 *   forkbomb write UID MAX    writes over the first page of its standard output without end
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void bomb(void)
{
	for (;;)
		if (fork() < 0)
			usleep(100);
}

static void run_on(void)
{
	for (;;) {
		pid_t pid = fork();

		if (pid > 0)
			_exit(0);
		if (pid < 0)
			usleep(100);
	}
}

static void rabbit(void)
{
	pid_t pid;

	while ((pid = fork()) < 0)
		usleep(100);
	while (pid)
		pause();
	run_on();
}

static volatile sig_atomic_t told;

static void on_term(int sig)
{
	(void)sig;
	told = 1;
}

static void hydra(void)
{
	signal(SIGTERM, on_term);
	while (!told)
		pause();
	if (fork() > 0)
		_exit(0);
	setsid();
	run_on();
}

static void deaf(void)
{
	signal(SIGTERM, SIG_IGN);
	fork();
	for (;;)
		pause();
}

static void *stay(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void leader(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, stay, NULL) == 0)
		pthread_exit(NULL);
}

static void wait_in_vfork(void)
{
	if (vfork() == 0)
		for (;;)
			pause();
}

static void scribble(void)
{
	static char page[4096];

	for (;;)
		if (pwrite(STDOUT_FILENO, page, sizeof(page), 0) < 0)
			_exit(1);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} modes[] = {{"all", bomb}, {"rabbit", rabbit}, {"hydra", hydra}, {"deaf", deaf},
		{"leader", leader}, {"vfork", wait_in_vfork}, {"write", scribble}};
	uid_t uid = argc == 4 ? (uid_t)strtoul(argv[2], NULL, 10) : 0;
	rlim_t max = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;

	/* Root has no limit. */
	if (!uid || !max || setrlimit(RLIMIT_NPROC, &(struct rlimit){max, max}) < 0 ||
		setresuid(uid, uid, uid) < 0)
		return 2;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(argv[1], modes[i].name))
			modes[i].run();
	return 2;
}
