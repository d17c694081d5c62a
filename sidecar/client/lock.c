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

#include "client.h"

#define LOCK_NAP_US 2000u
#define NOTE_BYTES  64u

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

static enum sidecar_error open_lock(struct sidecar *s, const struct vcpu *v,
				    int *fd)
{
	char path[512];

	make_folder(s->paths->locks);
	if (!file_path(path, sizeof(path), s->paths->locks, "/vcpu-%u",
		       v->vcpu_id))
		return fail(s, SIDECAR_E_SYSTEM, "path too long");
	*fd = open_own(path);
	if (*fd < 0)
		return fail(s, SIDECAR_E_SYSTEM, "%s: %s", path,
			    strerror(-*fd));
	return SIDECAR_OK;
}

static int try_use(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB);
}

/* Independent of the other one. */
static int try_hold(int fd)
{
	struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_SETLK, &all);
}

static enum sidecar_error take(struct sidecar *s, const struct vcpu *v, int *fd,
			       int (*try)(int fd), uint64_t wait_ns)
{
	uint64_t end = file_clock_ns() + wait_ns;
	enum sidecar_error e = open_lock(s, v, fd);

	while (!e && try(*fd)) {
		if (errno != EWOULDBLOCK && errno != EACCES) {
			e = fail_vcpu(s, SIDECAR_E_SYSTEM, v,
				      "its file in %s cannot be locked: %s",
				      s->paths->locks, strerror(errno));
		} else if (file_clock_ns() >= end) {
			e = fail_vcpu(
				s, SIDECAR_E_BUSY, v,
				"still used by another client after %u ms (sidecarctl stop ends its job)",
				(uint32_t)(wait_ns / 1000000));
		}
		if (e) {
			lock_drop(*fd);
			return e;
		}
		file_nap_us(LOCK_NAP_US);
	}
	return e;
}

enum sidecar_error lock_take(struct sidecar *s, const struct vcpu *v, int *fd,
			     bool wait)
{
	return take(s, v, fd, try_use, wait ? s->timeout_ns : 0);
}

enum sidecar_error lock_hold(struct sidecar *s, const struct vcpu *v, int *fd)
{
	return take(s, v, fd, try_hold, s->timeout_ns);
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

/* Without it there is a warning, or a new start, more than needed. */
static void note_write(int fd, const char *text, off_t at)
{
	if (pwrite(fd, text, NOTE_BYTES, at) != NOTE_BYTES)
		return;
}

/* The file's text is for nobody but lock_linux_had(). */
void lock_note_linux(int fd)
{
	char text[NOTE_BYTES];

	note_text(text);
	note_write(fd, text, 0);
}

bool lock_linux_had(const struct sidecar *s, const struct vcpu *v)
{
	char path[512], text[NOTE_BYTES], want[NOTE_BYTES];

	note_text(want);
	return file_path(path, sizeof(path), s->paths->locks, "/vcpu-%u",
			 v->vcpu_id) &&
	       file_read(path, text, NOTE_BYTES) == NOTE_BYTES &&
	       !memcmp(text, want, NOTE_BYTES);
}

/* ---- What Linux did on it -------------------------------------------------
 */

/* Behind the other note. In /run, like Linux's count it ends with the boot. */
void lock_note_softirqs(struct sidecar *s, const struct vcpu *v, uint64_t n)
{
	char text[NOTE_BYTES] = "";
	int fd;

	if (n == UINT64_MAX || open_lock(s, v, &fd))
		return;
	snprintf(text, sizeof(text), "softirqs: %llu\n", (unsigned long long)n);
	note_write(fd, text, NOTE_BYTES);
	lock_drop(fd);
}

uint64_t lock_noted_softirqs(const struct sidecar *s, const struct vcpu *v)
{
	char path[512], text[2 * NOTE_BYTES];
	unsigned long long n;

	if (!file_path(path, sizeof(path), s->paths->locks, "/vcpu-%u",
		       v->vcpu_id) ||
	    file_read(path, text, sizeof(text)) != sizeof(text))
		return 0;
	text[sizeof(text) - 1] = 0;
	return sscanf(text + NOTE_BYTES, "softirqs: %llu", &n) == 1 ? n : 0;
}

/* The file stays: removing it would let two clients lock two files. */
void lock_drop(int fd)
{
	close(fd);
}
