/* SPDX-License-Identifier: MIT */
/*
 * What the lock file of a vCPU remembers for the next client: whether Linux had
 * it, and what Linux had done on it when it came into the sidecar.
 */
#include <cpuid.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "claim.h"
#include "file.h"
#include "notes.h"

#define NOTE_BYTES 64u

#define CPUID_FIRST 0x40000000u
#define CPUID_LAST  0x40010000u
#define CPUID_STEP  0x100u
#define CPUID_XENV  0x566e6558u /* "XenVMMXenVMM" */
#define CPUID_MMXE  0x65584d4du

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

/* If it fails, there is one warning or new start more than needed. */
static void note_write(int fd, const char *text, off_t at)
{
	if (pwrite(fd, text, NOTE_BYTES, at) != NOTE_BYTES)
		return;
}

/* What is in the file of a vCPU; false if less is there. */
static bool note_read(struct backend *b, uint32_t vcpu_id, char *text,
		      size_t bytes)
{
	const char *folder = devmem_of(b)->paths->locks;
	char path[512];

	return file_path(path, sizeof(path), folder, "/vcpu-%u", vcpu_id) &&
	       file_read(path, text, bytes) == (long)bytes;
}

void notes_set_linux(struct backend *b, int claim)
{
	char text[NOTE_BYTES];

	(void)b;
	note_text(text);
	note_write(claim, text, 0);
}

bool notes_linux_had(struct backend *b, uint32_t vcpu_id)
{
	char text[NOTE_BYTES], want[NOTE_BYTES];

	note_text(want);
	return note_read(b, vcpu_id, text, sizeof(text)) &&
	       !memcmp(text, want, NOTE_BYTES);
}

/* Behind the other note. In /run, like Linux's count it ends with the boot. */
void notes_set_softirqs(struct backend *b, uint32_t vcpu_id, uint64_t n)
{
	char text[NOTE_BYTES] = "";
	int fd = n == UINT64_MAX ? -1 : claim_open_file(b, vcpu_id);

	if (fd < 0)
		return;
	snprintf(text, sizeof(text), "softirqs: %llu\n", (unsigned long long)n);
	note_write(fd, text, NOTE_BYTES);
	close(fd);
}

uint64_t notes_softirqs(struct backend *b, uint32_t vcpu_id)
{
	char text[2 * NOTE_BYTES];
	unsigned long long n;

	if (!note_read(b, vcpu_id, text, sizeof(text)))
		return 0;
	text[sizeof(text) - 1] = 0;
	return sscanf(text + NOTE_BYTES, "softirqs: %llu", &n) == 1 ? n : 0;
}
