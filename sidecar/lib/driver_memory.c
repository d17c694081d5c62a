/* SPDX-License-Identifier: MIT */
/*
 * Memory by the driver. A slice is written by the call that starts a job, and
 * read by another one: what is mapped here is a copy. Whatever else root may
 * read is in /dev/mem.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "driver_memory.h"

static void drop(struct driver_piece *piece)
{
	free(piece->p);
	*piece = (struct driver_piece){0};
}

void driver_drop_pieces(struct driver_vcpu *v)
{
	drop(&v->file);
	drop(&v->data);
}

static struct driver_vcpu *find_slice(struct driver *d, uint64_t pa,
				      size_t bytes)
{
	for (uint32_t i = 0; i < d->nr_vcpus; i++) {
		struct driver_vcpu *v = &d->vcpu[i];

		if (pa >= v->slice_pa && pa - v->slice_pa <= v->slice_bytes &&
		    bytes <= v->slice_bytes - (pa - v->slice_pa))
			return v;
	}
	return NULL;
}

static bool read_slice(const struct driver_vcpu *v,
		       const struct driver_piece *piece)
{
	struct sidecar_dev_read r = {
		.size = sizeof(r),
		.offset = piece->offset,
		.to = (uintptr_t)piece->p,
		.bytes = piece->bytes,
	};

	return !ioctl(v->fd, SIDECAR_DEV_READ, &r);
}

static void *map_slice(struct driver_vcpu *v, uint64_t offset, size_t bytes,
		       bool writable)
{
	struct driver_piece piece = {
		.p = calloc(1, bytes),
		.offset = offset,
		.bytes = bytes,
		.writable = writable,
	};

	if (piece.p && (writable || read_slice(v, &piece))) {
		v->mapped = piece;
		return piece.p;
	}
	drop(&piece);
	return NULL;
}

/* The driver keeps the carves from it, but not the shim's log. */
static void *map_mem(const struct driver *d, uint64_t pa, size_t bytes)
{
	int fd = open(d->paths->mem, O_RDONLY | O_CLOEXEC);
	void *p = MAP_FAILED;

	if (fd >= 0) {
		p = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, (off_t)pa);
		close(fd);
	}
	return p == MAP_FAILED ? NULL : p;
}

void *driver_map(struct backend *b, uint64_t pa, size_t bytes, bool writable)
{
	struct driver *d = driver_of(b);
	struct driver_vcpu *v = find_slice(d, pa, bytes);

	if (!v && !writable)
		return map_mem(d, pa, bytes);
	if (v && v->fd >= 0 && !v->mapped.p)
		return map_slice(v, pa - v->slice_pa, bytes, writable);
	errno = EOPNOTSUPP;
	return NULL;
}

static void keep_written(struct driver_vcpu *v)
{
	struct driver_piece *piece = v->mapped.offset ? &v->data : &v->file;

	drop(piece);
	*piece = v->mapped;
	v->mapped = (struct driver_piece){0};
}

void driver_unmap(struct backend *b, void *p, size_t bytes)
{
	struct driver *d = driver_of(b);

	for (uint32_t i = 0; i < d->nr_vcpus; i++) {
		struct driver_vcpu *v = &d->vcpu[i];

		if (v->mapped.p != p)
			continue;
		if (v->mapped.writable)
			keep_written(v);
		else
			drop(&v->mapped);
		return;
	}
	munmap(p, bytes);
}
