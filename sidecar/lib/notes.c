/* SPDX-License-Identifier: MIT */
/*
 * What the lock file of a vCPU remembers for the next client: whether Linux had
 * it, what Linux had done on it when it came into the sidecar, and how its last
 * job has ended.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claim.h"
#include "file.h"
#include "life.h"
#include "notes.h"
#include "printable.h"

/* Of each of the first two, and of the third, which is behind them. */
#define NOTE_BYTES     64u
#define JOB_NOTE_AT    (2 * NOTE_BYTES)
#define JOB_NOTE_BYTES 1024u
#define SOFTIRQS       "softirqs: "

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
static void note_write(int fd, const char *text, size_t bytes, off_t at)
{
	if (pwrite(fd, text, bytes, at) != (ssize_t)bytes)
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
	note_write(claim, text, sizeof(text), 0);
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
	snprintf(text, sizeof(text), SOFTIRQS "%" PRIu64 "\n", n);
	note_write(fd, text, sizeof(text), NOTE_BYTES);
	close(fd);
}

uint64_t notes_softirqs(struct backend *b, uint32_t vcpu_id)
{
	char text[2 * NOTE_BYTES];
	uint64_t n;

	if (!note_read(b, vcpu_id, text, sizeof(text)))
		return 0;
	text[sizeof(text) - 1] = 0;
	return sscanf(text + NOTE_BYTES, SOFTIRQS "%" SCNu64, &n) == 1 ? n : 0;
}

/* ---- How a job has ended ------------------------------------------------ */

/*
 * A line of numbers, in this order, and one of text: no more and no less, or
 * clients of another version could not read each other's. What came later has a
 * line of its own behind these, which may be missing: the count of softirqs.
 */
enum job_number {
	JOB_ENTRY_TSC,
	JOB_COMMANDS,
	JOB_ENDED,
	JOB_JOBS,
	JOB_RESULT,
	JOB_RESTARTED,
	JOB_NS,
	JOB_RET,
	JOB_SLICE_OFFSET = JOB_RET + 8,
	JOB_SLICE_BYTES,
	NR_JOB_NUMBERS
};

void notes_set_job(struct backend *b, int claim, const struct job_note *note)
{
	const struct sidecar_answer *a = &note->answer;
	uint64_t v[NR_JOB_NUMBERS] = {
		[JOB_ENTRY_TSC] = note->name.entry_tsc,
		[JOB_COMMANDS] = note->nr_commands,
		[JOB_ENDED] = note->ended,
		[JOB_JOBS] = note->name.nr_jobs,
		[JOB_RESULT] = a->result,
		[JOB_RESTARTED] = a->restarted,
		[JOB_NS] = a->elapsed_ns,
		[JOB_SLICE_OFFSET] = note->slice_offset,
		[JOB_SLICE_BYTES] = note->slice_bytes,
	};
	char text[JOB_NOTE_BYTES] = "job:";
	size_t n = strlen(text);

	(void)b;
	memcpy(&v[JOB_RET], a->ret, sizeof(a->ret));
	for (uint32_t i = 0; i < NR_JOB_NUMBERS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " %" PRIu64,
				      v[i]);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "\n%s\n", a->error);
	if (note->softirqs != UINT64_MAX)
		snprintf(text + n, sizeof(text) - n, SOFTIRQS "%" PRIu64 "\n",
			 note->softirqs);
	note_write(claim, text, sizeof(text), JOB_NOTE_AT);
}

/* That it is written to is what tells. */
void notes_tell(struct backend *b, int claim)
{
	(void)b;
	note_write(claim, "", 1, JOB_NOTE_AT + JOB_NOTE_BYTES);
}

/* What is behind the numbers; NULL if there are no such numbers. */
static const char *read_numbers(const char *p, uint64_t v[NR_JOB_NUMBERS])
{
	char *end;

	if (strncmp(p, "job:", 4))
		return NULL;
	p += 4;
	for (uint32_t i = 0; i < NR_JOB_NUMBERS; i++) {
		if (p[0] != ' ' || p[1] < '0' || p[1] > '9')
			return NULL;
		v[i] = strtoull(p, &end, 10);
		p = end;
	}
	return *p == '\n' ? p + 1 : NULL;
}

static void copy_line(char *to, size_t size, const char *from)
{
	size_t i;

	for (i = 0; i + 1 < size && from[i] && from[i] != '\n'; i++)
		to[i] = printable(from[i]);
	to[i] = 0;
}

/* In the line behind that of the text. */
static uint64_t read_softirqs(const char *error)
{
	const char *line = strchr(error, '\n');
	uint64_t n;

	return line && sscanf(line + 1, SOFTIRQS "%" SCNu64, &n) == 1
		       ? n
		       : UINT64_MAX;
}

bool notes_job(struct backend *b, uint32_t vcpu_id, struct job_note *note)
{
	struct sidecar_answer *a = &note->answer;
	char text[JOB_NOTE_AT + JOB_NOTE_BYTES];
	uint64_t v[NR_JOB_NUMBERS] = {0};
	const char *error;

	if (!note_read(b, vcpu_id, text, sizeof(text)))
		return false;
	text[sizeof(text) - 1] = 0;
	error = read_numbers(text + JOB_NOTE_AT, v);
	if (!error)
		return false;
	note->name = (struct job_name){v[JOB_ENTRY_TSC], v[JOB_JOBS]};
	note->nr_commands = v[JOB_COMMANDS];
	note->ended = v[JOB_ENDED] != 0;
	note->slice_offset = v[JOB_SLICE_OFFSET];
	note->slice_bytes = v[JOB_SLICE_BYTES];
	note->softirqs = read_softirqs(error);
	a->result = (uint32_t)v[JOB_RESULT];
	a->restarted = v[JOB_RESTARTED] != 0;
	a->elapsed_ns = v[JOB_NS];
	memcpy(a->ret, &v[JOB_RET], sizeof(a->ret));
	copy_line(a->error, sizeof(a->error), error);
	return true;
}
