/* SPDX-License-Identifier: MIT */
/*
 * The backend that needs no driver: memory through /dev/mem, vCPUs through
 * xen-privcmd and msr, claims by lock files. Nothing tells when something
 * happens: it naps.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "claim.h"
#include "devmem.h"
#include "file.h"
#include "notes.h"

struct devmem {
	struct backend backend; /* first: what the others are given */
	const struct paths *paths;
	struct wake wake;
	int mem_fd;
};

static struct devmem *devmem_of(struct backend *b)
{
	return (struct devmem *)b;
}

/* ---- Memory ------------------------------------------------------------- */

/* Without O_SYNC the mapping is write-back, as it is for the vCPUs. */
static void *devmem_map(struct backend *b, uint64_t pa, size_t bytes,
			bool writable)
{
	void *p = mmap(NULL, bytes, PROT_READ | (writable ? PROT_WRITE : 0),
		       MAP_SHARED, devmem_of(b)->mem_fd, (off_t)pa);

	return p == MAP_FAILED ? NULL : p;
}

static void devmem_unmap(struct backend *b, void *p, size_t bytes)
{
	(void)b;
	munmap(p, bytes);
}

/* ---- vCPUs -------------------------------------------------------------- */

static int devmem_wake(struct backend *b, const struct cpu *cpu)
{
	return wake_vcpu(&devmem_of(b)->wake, cpu);
}

static int devmem_interrupt(struct backend *b, const struct cpu *cpu)
{
	return wake_interrupt(&devmem_of(b)->wake, cpu);
}

static int devmem_stop(struct backend *b, const struct cpu *cpu)
{
	return wake_init(&devmem_of(b)->wake, cpu);
}

static int devmem_start(struct backend *b, const struct cpu *cpu,
			uint64_t entry_pa)
{
	return wake_sipi(&devmem_of(b)->wake, cpu, entry_pa);
}

static int devmem_is_up(struct backend *b, const struct cpu *cpu)
{
	return wake_is_up(&devmem_of(b)->wake, cpu);
}

static void devmem_wait(struct backend *b, uint64_t ns)
{
	(void)b;
	file_nap_ns(ns);
}

/* ---- Claims ------------------------------------------------------------- */

static int devmem_claim(struct backend *b, uint32_t vcpu_id,
			enum claim_kind kind)
{
	return claim_file(devmem_of(b)->paths->locks, vcpu_id, kind);
}

static void devmem_release(struct backend *b, int claim)
{
	(void)b;
	claim_close(claim);
}

static void devmem_note_linux(struct backend *b, int claim)
{
	(void)b;
	notes_set_linux(claim);
}

static bool devmem_linux_had(struct backend *b, uint32_t vcpu_id)
{
	return notes_linux_had(devmem_of(b)->paths->locks, vcpu_id);
}

static void devmem_note_softirqs(struct backend *b, uint32_t vcpu_id,
				 uint64_t n)
{
	notes_set_softirqs(devmem_of(b)->paths->locks, vcpu_id, n);
}

static uint64_t devmem_noted_softirqs(struct backend *b, uint32_t vcpu_id)
{
	return notes_softirqs(devmem_of(b)->paths->locks, vcpu_id);
}

/* ---- Opening ------------------------------------------------------------ */

static void devmem_close(struct backend *b)
{
	struct devmem *d = devmem_of(b);

	wake_close(&d->wake);
	close(d->mem_fd);
	free(d);
}

static const struct backend devmem_backend = {
	.map = devmem_map,
	.unmap = devmem_unmap,
	.wake = devmem_wake,
	.interrupt = devmem_interrupt,
	.stop = devmem_stop,
	.start = devmem_start,
	.is_up = devmem_is_up,
	.wait = devmem_wait,
	.claim = devmem_claim,
	.release = devmem_release,
	.note_linux = devmem_note_linux,
	.linux_had = devmem_linux_had,
	.note_softirqs = devmem_note_softirqs,
	.noted_softirqs = devmem_noted_softirqs,
	.close = devmem_close,
	.fd = -1,
};

static void open_calls(struct devmem *d, const struct wake_calls *calls)
{
	struct backend *b = &d->backend;
	const struct wake_calls *c = &d->wake.calls;

	d->wake.privcmd_fd = d->wake.msr_fd = -1;
	if (calls)
		d->wake.calls = *calls;
	else
		wake_open(&d->wake, d->paths, b->method, sizeof(b->method));
	b->can_wake = c->up || c->icr;
	b->can_interrupt = c->nmi || c->icr;
	b->can_stop = c->icr;
	b->can_tell_up = c->is_up;
	b->wakes_by_nmi = !c->up;
}

struct backend *devmem_open(const struct paths *paths,
			    const struct wake_calls *calls)
{
	int fd = open(paths->mem, O_RDWR | O_CLOEXEC);
	struct devmem *d;

	if (fd < 0)
		return NULL;
	d = calloc(1, sizeof(*d));
	if (!d) {
		close(fd);
		errno = ENOMEM;
		return NULL;
	}
	d->backend = devmem_backend;
	d->backend.memory = paths->mem;
	d->backend.claims = paths->locks;
	d->paths = paths;
	d->mem_fd = fd;
	open_calls(d, calls);
	return &d->backend;
}
