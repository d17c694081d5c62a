/* SPDX-License-Identifier: MIT */
/*
 * The guest that fuzz_client.c lets libsidecar see: files, locks, memory. What
 * is not mapped is poisoned, and only carves and the log may be mapped.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <sanitizer/asan_interface.h>

#include "../../sidecar/lib/claim.h"
#include "../../sidecar/lib/file.h"
#include "../../sidecar/lib/notes.h"
#include "fake/sidecar.h"
#include "fuzz_guest.h"

#define PAGE	  SIDECAR_PAGE_SIZE
#define NR_PAGES  (MEM_SIZE / PAGE)
#define MAX_LOCKS (HANDLE_MAX_NODES * SIDECAR_NODE_VCPUS)

void *fake_mmap(void *at, size_t size, int prot, int flags, int fd, off_t off);
int fake_munmap(void *p, size_t size);
void *fake_malloc(size_t size);

uint8_t *mem;
struct paths paths = {
	"tables", "cpu",  "cpuinfo", "softirqs", "/dev/null", "none",
	"none",	  "none", "none",    NULL,	 NULL,
};
struct input in;

static uint8_t *view; /* the client's */
static uint16_t mapped[NR_PAGES];
static bool dirty[NR_PAGES];
static struct file files[3 + 4 * NR];
static uint32_t nr_files;
static uint32_t nr_mapped, nr_locked;

/* ---- Files -------------------------------------------------------------- */

struct file *file_find(const char *name)
{
	for (uint32_t i = 0; i < nr_files; i++)
		if (!strcmp(files[i].name, name))
			return &files[i];
	return NULL;
}

void put(const char *name, const void *p, size_t n)
{
	struct file *f = file_find(name);

	if (!f) {
		check(nr_files < sizeof(files) / sizeof(files[0]));
		f = &files[nr_files++];
		snprintf(f->name, sizeof(f->name), "%s", name);
	}
	check(n <= sizeof(f->data));
	memcpy(f->data, p, n);
	f->size = n;
}

struct file *file_of_cpu(uint32_t cpu, const char *name)
{
	char path[32];

	snprintf(path, sizeof(path), "cpu/cpu%u/%s", cpu, name);
	return file_find(path);
}

int cpu_online(uint32_t cpu)
{
	const struct file *f = file_of_cpu(cpu, "online");

	return f && f->size ? f->data[0] - '0' : -1;
}

bool cpu_refuses(uint32_t cpu)
{
	const struct file *f = file_of_cpu(cpu, "hotplug/fail");

	return f && f->size && f->data[0] == '1';
}

static bool is_folder(const char *path)
{
	uint32_t cpu;
	int n = 0;

	return sscanf(path, "cpu/cpu%u%n", &cpu, &n) == 1 && !path[n] &&
	       cpu < NR;
}

long file_read(const char *path, void *p, size_t size)
{
	const struct file *f = file_find(path);

	if (!f)
		return is_folder(path) && !size ? 0 : -ENOENT;
	if (size > f->size)
		size = f->size;
	memcpy(p, f->data, size);
	return (long)size;
}

/* Linux refuses now and then. */
int file_write(const char *path, const char *text)
{
	uint8_t b = input_back(&in);

	if (b & 1)
		return -EBUSY;
	if (!(b & 2))
		put(path, text, strlen(text));
	return 0;
}

/* Of the client's buffer for files; fresh pages cost more than all else. */
void *fake_malloc(size_t size)
{
	return malloc(size > FILE_MAX ? FILE_MAX + 1 : size);
}

/* ---- Locks -------------------------------------------------------------- */

int claim_vcpu(struct backend *b, uint32_t vcpu_id, enum claim_kind kind)
{
	(void)b;
	(void)vcpu_id;
	(void)kind;
	if (input_back(&in) == 255)
		return -EAGAIN;
	nr_locked++;
	check(nr_locked <= MAX_LOCKS);
	return (int)nr_locked;
}

void claim_release(struct backend *b, int claim)
{
	(void)b;
	check(claim > 0 && nr_locked);
	nr_locked--;
}

/* A wait ends whenever it likes. */
bool claim_watch(struct backend *b, uint32_t vcpu_id)
{
	(void)b;
	return vcpu_id & 1;
}

void notes_tell(struct backend *b, int claim)
{
	(void)b;
	check(claim > 0);
}

void notes_set_linux(struct backend *b, int claim)
{
	(void)b;
	check(claim > 0);
}

bool notes_linux_had(struct backend *b, uint32_t vcpu_id)
{
	(void)b;
	return vcpu_id & 1;
}

/* Linux may have had any. */
void notes_set_softirqs(struct backend *b, uint32_t vcpu_id, uint64_t n)
{
	(void)b;
	(void)vcpu_id;
	(void)n;
}

uint64_t notes_softirqs(struct backend *b, uint32_t vcpu_id)
{
	(void)b;
	(void)vcpu_id;
	return input_back(&in);
}

void notes_set_job(struct backend *b, int claim, const struct job_note *note)
{
	(void)b;
	check(claim > 0);
	check(note->answer.error[sizeof(note->answer.error) - 1] == 0);
}

/* Of any client. */
bool notes_job(struct backend *b, uint32_t vcpu_id, struct job_note *note)
{
	(void)b;
	(void)vcpu_id;
	note->name.nr_jobs = input_back(&in);
	note->nr_commands = input_back(&in);
	note->ended = note->nr_commands & 1;
	note->answer.result = input_back(&in);
	note->slice_offset = input_back(&in);
	note->slice_bytes = note->softirqs = input_back(&in);
	return note->answer.result & 1;
}

/* ---- Memory ------------------------------------------------------------- */

/* Nothing but carves and the log may ever be mapped. */
static bool may_map(uint64_t pa, uint64_t size)
{
	bool ok = within(pa, size, s->scar.log_pa, s->scar.log_size);

	for (uint32_t i = 0; i < s->nr_nodes; i++)
		ok |= within(pa, size, s->node[i].carve_pa,
			     s->node[i].carve_bytes);
	return ok;
}

/* Where the guest has no memory there is none, as with a real /dev/mem. */
void *fake_mmap(void *at, size_t size, int prot, int flags, int fd, off_t off)
{
	uint64_t pa = (uint64_t)off;

	(void)prot;
	check(!at && flags == MAP_SHARED && fd >= 0 && size && !(pa % PAGE));
	check(may_map(pa, size));
	if (!within(pa, size, 0, MEM_SIZE)) {
		errno = EPERM;
		return MAP_FAILED;
	}
	for (uint64_t i = pa / PAGE; i * PAGE < pa + size; i++) {
		if (!mapped[i]++)
			ASAN_UNPOISON_MEMORY_REGION(view + i * PAGE, PAGE);
		dirty[i] = true;
		nr_mapped++;
	}
	return view + pa;
}

int fake_munmap(void *p, size_t size)
{
	uint64_t pa = (uint64_t)((uint8_t *)p - view);

	check(within(pa, size, 0, MEM_SIZE));
	for (uint64_t i = pa / PAGE; i * PAGE < pa + size; i++) {
		check(mapped[i]);
		if (!--mapped[i])
			ASAN_POISON_MEMORY_REGION(view + i * PAGE, PAGE);
		nr_mapped--;
	}
	return 0;
}

/* ---- Making it ---------------------------------------------------------- */

void guest_make(void)
{
	int fd = memfd_create("guest", 0);

	check(fd >= 0 && !ftruncate(fd, MEM_SIZE));
	mem = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	view = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(mem != MAP_FAILED && view != MAP_FAILED);
	ASAN_POISON_MEMORY_REGION(view, MEM_SIZE);
}

void guest_clear(void)
{
	for (uint32_t i = 0; i < NR_PAGES; i++)
		if (dirty[i])
			memset(mem + i * PAGE, 0, PAGE);
	memset(dirty, 0, sizeof(dirty));
}

void guest_check_closed(void)
{
	check(!nr_mapped && !nr_locked);
}
