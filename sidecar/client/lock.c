/* SPDX-License-Identifier: MIT */
/*
 * One lock file per vCPU, so that two clients never use one at a time. The
 * kernel drops the lock of a client that dies.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"

#define LOCK_NAP_US 2000u

/* An initramfs may lack both the folder and the one above. */
static void make_folder(const char *path)
{
	char above[512];
	char *slash;

	if (!mkdir(path, 0700) || errno != ENOENT ||
	    !file_path(above, sizeof(above), path, "%s", ""))
		return;
	slash = strrchr(above, '/');
	if (!slash || slash == above)
		return;
	*slash = 0;
	mkdir(above, 0755);
	mkdir(path, 0700);
}

/* The folder may be open to all: the file has to be our own. */
static int open_own(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_uid == geteuid())
		return fd;
	close(fd);
	return -EACCES;
}

enum sidecar_error lock_take(struct sidecar *s, const struct vcpu *v, int *fd)
{
	uint64_t end = file_clock_ns() + s->timeout_ns;
	char path[512];

	make_folder(s->paths->locks);
	if (!file_path(path, sizeof(path), s->paths->locks, "/vcpu-%u",
		       v->vcpu_id))
		return fail(s, SIDECAR_E_SYSTEM, "path too long");
	*fd = open_own(path);
	if (*fd < 0)
		return fail(s, SIDECAR_E_SYSTEM, "%s: %s", path,
			    strerror(-*fd));
	while (flock(*fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK || file_clock_ns() > end) {
			lock_drop(*fd);
			return fail_vcpu(
				s, SIDECAR_E_BUSY, v,
				"used by another client (sidecarctl stop ends its job)");
		}
		file_nap_us(LOCK_NAP_US);
	}
	return SIDECAR_OK;
}

/* The file's text is for nobody but lock_linux_had(). */
void lock_note_linux(int fd)
{
	if (pwrite(fd, "linux\n", 6, 0) != 6)
		return; /* a warning more than needed */
}

bool lock_linux_had(const struct sidecar *s, const struct vcpu *v)
{
	char path[512], byte;

	return file_path(path, sizeof(path), s->paths->locks, "/vcpu-%u",
			 v->vcpu_id) &&
	       file_read(path, &byte, 1) == 1;
}

/* The file stays: removing it would let two clients lock two files. */
void lock_drop(int fd)
{
	close(fd);
}
