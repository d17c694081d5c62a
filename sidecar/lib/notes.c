/* SPDX-License-Identifier: MIT */
/*
 * What the lock file of a vCPU remembers for the next client: whether Linux had
 * it, and what Linux had done on it when it came into the sidecar.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "claim.h"
#include "file.h"
#include "life.h"
#include "notes.h"

#define NOTE_BYTES 64u

/*
 * /run outlives a restore and a migration; Xen's domain does not, and what
 * Linux has registered is gone with it.
 */
static void note_text(char *text)
{
	struct life l = life_now();

	memset(text, 0, NOTE_BYTES);
	snprintf(text, NOTE_BYTES, "linux: domain %u, restore %u\n", l.domain,
		 l.nr_restores);
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
