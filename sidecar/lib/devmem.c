/* SPDX-License-Identifier: MIT */
/*
 * The backend that needs no driver: memory through /dev/mem, vCPUs through
 * xen-privcmd and msr (wake.c), claims by lock files (claim.c, notes.c).
 * xen-evtchn tells when something happens (event.c); without it this naps.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "claim.h"
#include "devmem.h"
#include "event.h"
#include "notes.h"
#include "wake.h"

/* Without O_SYNC the mapping is write-back, as it is for the vCPUs. */
static void *map_memory(struct backend *b, uint64_t pa, size_t bytes,
			bool writable)
{
	void *p = mmap(NULL, bytes, PROT_READ | (writable ? PROT_WRITE : 0),
		       MAP_SHARED, devmem_of(b)->mem_fd, (off_t)pa);

	return p == MAP_FAILED ? NULL : p;
}

static void unmap_memory(struct backend *b, void *p, size_t bytes)
{
	(void)b;
	munmap(p, bytes);
}

static void close_all(struct backend *b)
{
	struct devmem *d = devmem_of(b);

	event_close(d);
	wake_close(d);
	close(d->mem_fd);
	free(d);
}

static const struct backend devmem_backend = {
	.map = map_memory,
	.unmap = unmap_memory,
	.wake = wake_vcpu,
	.interrupt = wake_interrupt,
	.send_init = wake_send_init,
	.send_sipi = wake_send_sipi,
	.is_up = wake_is_up,
	.wait = event_wait,
	.event = event_word,
	.claim = claim_vcpu,
	.release = claim_release,
	.note_linux = notes_set_linux,
	.linux_had = notes_linux_had,
	.note_softirqs = notes_set_softirqs,
	.noted_softirqs = notes_softirqs,
	.note_job = notes_set_job,
	.noted_job = notes_job,
	.tell = notes_tell,
	.watch = claim_watch,
	.close = close_all,
	.fd = -1,
};

static void open_calls(struct devmem *d, const struct wake_calls *calls)
{
	struct backend *b = &d->backend;
	const struct wake_calls *c = &d->calls;

	d->privcmd_fd = d->msr_fd = -1;
	if (calls)
		d->calls = *calls;
	else
		wake_open(d);
	b->can_wake = c->up || c->icr;
	b->can_interrupt = c->nmi || c->icr;
	b->can_init = c->icr;
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
	event_open(d);
	return &d->backend;
}
