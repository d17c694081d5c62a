/* SPDX-License-Identifier: MIT */
/*
 * One file per vCPU with two locks, so that two clients never use one at a
 * time, and a client that need not use it (to stop a job) sends no NMI while it
 * is started. The kernel drops the locks of a client that dies.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claim.h"
#include "event.h"
#include "file.h"

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

/* The kind is that of the lock: flock() and fcntl() do not see each other's. */
static int lock_file(int fd, enum claim_kind kind)
{
	struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int r = kind == CLAIM_VCPU ? flock(fd, LOCK_EX | LOCK_NB)
				   : fcntl(fd, F_OFD_SETLK, &all);

	if (!r)
		return 0;
	return errno == EWOULDBLOCK || errno == EACCES ? -EAGAIN : -errno;
}

int claim_open_file(struct backend *b, uint32_t vcpu_id)
{
	const char *folder = devmem_of(b)->paths->locks;
	char path[512];

	make_folder(folder);
	if (!file_path(path, sizeof(path), folder, "/vcpu-%u", vcpu_id))
		return -ENAMETOOLONG;
	return open_own(path);
}

int claim_vcpu(struct backend *b, uint32_t vcpu_id, enum claim_kind kind)
{
	int fd = claim_open_file(b, vcpu_id);
	int error;

	if (fd < 0)
		return fd;
	error = lock_file(fd, kind);
	if (!error)
		return fd;
	close(fd);
	return error;
}

/* The file stays: removing it would let two clients lock two files. */
void claim_release(struct backend *b, int claim)
{
	(void)b;
	close(claim);
}

/*
 * Whoever has the claim writes to the file, and closes it, also when it dies.
 * Only who reads looks here: else those who watch would tell each other.
 */
bool claim_watch(struct backend *b, uint32_t vcpu_id)
{
	struct devmem *d = devmem_of(b);
	char path[512];
	bool claimed;
	int fd;

	if (!file_path(path, sizeof(path), d->paths->locks, "/vcpu-%u",
		       vcpu_id) ||
	    !event_watch(d, path))
		return false;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	claimed = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB);
	if (fd >= 0)
		close(fd);
	return claimed;
}
