/* SPDX-License-Identifier: MIT */
/*
 * Memory by the driver. What is written to a slice goes there with the call
 * that starts a job; it is read, as is shared memory, where it lies. Whatever
 * else root may read is in /dev/mem.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
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

static bool is_within(uint64_t pa, size_t bytes, uint64_t start, uint64_t all)
{
	return pa >= start && pa - start <= all && bytes <= all - (pa - start);
}

/* Of what this handle has claimed. */
static struct driver_vcpu *find_slice(struct driver *d, uint64_t pa,
				      size_t bytes)
{
	for (uint32_t i = 0; i < d->nr_vcpus; i++) {
		struct driver_vcpu *v = &d->vcpu[i];

		if (v->fd >= 0 &&
		    is_within(pa, bytes, v->scratch_pa + v->slice_offset,
			      v->slice_bytes))
			return v;
	}
	return NULL;
}

static struct driver_vcpu *find_shared(struct driver *d, uint64_t pa,
				       size_t bytes)
{
	for (uint32_t i = 0; i < d->nr_vcpus; i++) {
		struct driver_vcpu *v = &d->vcpu[i];

		if (v->fd >= 0 && v->has_shared &&
		    is_within(pa, bytes, v->shared_pa, v->shared_bytes))
			return v;
	}
	return NULL;
}

static void *map_file(int fd, size_t bytes, int prot, int flags, uint64_t at)
{
	void *p = mmap(NULL, bytes, prot, flags, fd, (off_t)at);

	return p == MAP_FAILED ? NULL : p;
}

static void *map_shared(const struct driver_vcpu *v, uint64_t offset,
			size_t bytes)
{
	return map_file(v->fd, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			SIDECAR_DEV_MAP_SHARED + offset);
}

static void *map_slice(struct driver_vcpu *v, uint64_t offset, size_t bytes,
		       bool writable)
{
	if (!writable)
		return map_file(v->fd, bytes, PROT_READ, MAP_PRIVATE,
				SIDECAR_DEV_MAP_SLICE + offset);
	if (v->mapped.p) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	v->mapped = (struct driver_piece){calloc(1, bytes), offset, bytes};
	return v->mapped.p;
}

/* The driver keeps the carves from it, but not the shim's log. */
static void *map_mem(const struct driver *d, uint64_t pa, size_t bytes)
{
	int fd = open(d->paths->mem, O_RDONLY | O_CLOEXEC);
	void *p = NULL;

	if (fd >= 0) {
		p = map_file(fd, bytes, PROT_READ, MAP_SHARED, pa);
		close(fd);
	}
	return p;
}

void *driver_map(struct backend *b, uint64_t pa, size_t bytes, bool writable)
{
	struct driver *d = driver_of(b);
	struct driver_vcpu *v = find_slice(d, pa, bytes);

	if (v)
		return map_slice(v, pa - v->scratch_pa - v->slice_offset, bytes,
				 writable);
	v = find_shared(d, pa, bytes);
	if (v)
		return map_shared(v, pa - v->shared_pa, bytes);
	if (!writable)
		return map_mem(d, pa, bytes);
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
		keep_written(v);
		return;
	}
	munmap(p, bytes);
}
