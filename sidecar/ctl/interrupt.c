/* SPDX-License-Identifier: MIT */
/*
 * Signals while jobs run.
 */
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "interrupt.h"

volatile uint32_t interrupt_came;

static void on_signal(int signal)
{
	(void)signal;
	interrupt_came = 1;
	/* one that comes just before a wait does not end that: the next does */
	alarm(1);
}

/*
 * A second SIGINT ends sidecarctl itself. A pipe whose reader has gone is an
 * error of the output, and nohup's SIGHUP stays as it is.
 */
void interrupt_listen(void)
{
	const struct sigaction on = {.sa_handler = on_signal};
	const struct sigaction once = {.sa_handler = on_signal,
				       .sa_flags = (int)SA_RESETHAND};
	struct sigaction before;

	interrupt_came = 0;
	sigaction(SIGINT, &once, NULL);
	sigaction(SIGTERM, &on, NULL);
	sigaction(SIGALRM, &on, NULL);
	sigaction(SIGHUP, &on, &before);
	if (before.sa_handler == SIG_IGN)
		sigaction(SIGHUP, &before, NULL);
	signal(SIGPIPE, SIG_IGN);
}

void interrupt_forget(void)
{
	alarm(0);
}
