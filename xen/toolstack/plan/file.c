/* SPDX-License-Identifier: MIT */
/*
 * A file may be anything and may change meanwhile: only regular ones are read,
 * none is mapped, and what was read is what counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "lines.h"

/* RFC 1952: two magic bytes; the last four are the size, modulo 4 GiB. */
#define GZIP_MIN 6

static int read_at(int fd, void *to, uint64_t size, uint64_t at)
{
	uint8_t *p = to;

	while (size) {
		ssize_t n = pread(fd, p, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? errno : EIO;
		p += n;
		at += (uint64_t)n;
		size -= (uint64_t)n;
	}
	return 0;
}

static int read_gzip(struct file *f, int fd)
{
	uint8_t magic[2];
	uint32_t size;
	int e;

	if (f->size < GZIP_MIN)
		return 0;
	e = read_at(fd, magic, sizeof(magic), 0);
	if (!e)
		e = read_at(fd, &size, sizeof(size), f->size - sizeof(size));
	if (!e && magic[0] == 0x1f && magic[1] == 0x8b)
		f->unzipped_size = size;
	return e;
}

static int read_fd(struct file *f, int fd, uint64_t max, bool all)
{
	struct stat st;
	int e;

	if (fstat(fd, &st))
		return errno;
	if (!S_ISREG(st.st_mode))
		return EINVAL;
	if (!st.st_size)
		return ENODATA;
	f->size = (uint64_t)st.st_size;
	if (f->size > max)
		return EFBIG;
	e = read_gzip(f, fd);
	if (e || !all)
		return e;
	f->bytes = lines_alloc(f->size);
	return read_at(fd, f->bytes, f->size, 0);
}

int file_read(struct file *f, const char *root, const char *path, uint64_t max,
	      bool all)
{
	size_t len = (root ? strlen(root) : 0) + strlen(path) + 2;
	char *full = lines_alloc(len);
	int fd, e;

	*f = (struct file){0};
	snprintf(full, len, "%s%s%s", root ? root : "", root ? "/" : "", path);
	/* a FIFO must not make it wait */
	fd = open(full, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	e = fd < 0 ? errno : read_fd(f, fd, max, all);
	if (fd >= 0)
		close(fd);
	free(full);
	if (e)
		file_free(f);
	return e;
}

int file_read_input(struct file *f, uint64_t max)
{
	ssize_t n = 1;

	*f = (struct file){.bytes = lines_alloc(max + 1)};
	while (n && f->size <= max) {
		n = read(STDIN_FILENO, f->bytes + f->size, max + 1 - f->size);
		if (n < 0 && errno != EINTR)
			break;
		f->size += n > 0 ? (uint64_t)n : 0;
	}
	if (n >= 0 && f->size && f->size <= max)
		return 0;
	n = n < 0 ? errno : f->size ? EFBIG : ENODATA;
	file_free(f);
	return (int)n;
}

const char *file_error(int e)
{
	if (e == EINVAL)
		return "not a regular file";
	return e == ENODATA ? "file is empty" : strerror(e);
}

void file_free(struct file *f)
{
	free(f->bytes);
	*f = (struct file){0};
}
