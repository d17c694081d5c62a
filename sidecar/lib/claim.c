/* SPDX-License-Identifier: MIT */
/*
 * One file per vCPU with two locks, so that two clients never use one at a
 * time, and a client that need not use it (to stop a job) sends no NMI while it
 * is started. The kernel drops the locks of a client that dies.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claim.h"
#include "file.h"

#define NOTE_BYTES 64u

#define CPUID_FIRST 0x40000000u
#define CPUID_LAST  0x40010000u
#define CPUID_STEP  0x100u
#define CPUID_XENV  0x566e6558u /* "XenVMMXenVMM" */
#define CPUID_MMXE  0x65584d4du

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

int claim_file(const char *folder, uint32_t vcpu_id, enum claim_kind kind)
{
	char path[512];
	int fd, error;

	make_folder(folder);
	if (!file_path(path, sizeof(path), folder, "/vcpu-%u", vcpu_id))
		return -ENAMETOOLONG;
	fd = open_own(path);
	if (fd < 0)
		return fd;
	error = lock_file(fd, kind);
	if (!error)
		return fd;
	close(fd);
	return error;
}

/* The file stays: removing it would let two clients lock two files. */
void claim_close(int fd)
{
	close(fd);
}

/* ---- What Linux had ------------------------------------------------------ */

/*
 * /run outlives a restore and a migration; Xen's domain does not, and what
 * Linux has registered is gone with it. Leaf 3 has how often that was, leaf 4
 * the domain's number; zero without Xen. xen/include/public/arch-x86/cpuid.h
 */
static void note_text(char *text)
{
	uint32_t base, eax, ebx, ecx, edx, nr_restores = 0, domain = 0;

	for (base = CPUID_FIRST; base < CPUID_LAST; base += CPUID_STEP) {
		__cpuid(base, eax, ebx, ecx, edx);
		if (ebx != CPUID_XENV || ecx != CPUID_MMXE || eax < base + 4)
			continue;
		__cpuid_count(base + 3, 0, eax, ebx, ecx, nr_restores);
		__cpuid_count(base + 4, 0, eax, ebx, domain, edx);
		break;
	}
	memset(text, 0, NOTE_BYTES);
	snprintf(text, NOTE_BYTES, "linux: domain %u, restore %u\n", domain,
		 nr_restores);
}

/* The file's text is for nobody but claim_linux_had(). */
void claim_note_linux(int fd)
{
	char text[NOTE_BYTES];

	note_text(text);
	if (pwrite(fd, text, NOTE_BYTES, 0) != NOTE_BYTES)
		return; /* a warning more than needed */
}

bool claim_linux_had(const char *folder, uint32_t vcpu_id)
{
	char path[512], text[NOTE_BYTES], want[NOTE_BYTES];

	note_text(want);
	return file_path(path, sizeof(path), folder, "/vcpu-%u", vcpu_id) &&
	       file_read(path, text, NOTE_BYTES) == NOTE_BYTES &&
	       !memcmp(text, want, NOTE_BYTES);
}
