/* SPDX-License-Identifier: MIT */
/*
 * run --detach: a child looks after the jobs, with the locks that it shares
 * with its parent, while that returns to the shell.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "keep.h"

/* Whoever waits for the end of our output must not wait for the child. */
static void use_nothing(void)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0)
		return;
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

pid_t keep_fork(void)
{
	pid_t child;

	/* once, not by both */
	fflush(NULL);
	child = fork();
	if (child)
		return child;
	setsid();
	/* so that no file system is in use */
	if (chdir("/"))
		perror("sidecarctl: /");
	use_nothing();
	return 0;
}
