/* SPDX-License-Identifier: MIT */
/*
 * Structs that grow: the smaller of both sizes is what both sides know.
 */
#include <string.h>

#include "sized.h"

static size_t size_of(const void *theirs)
{
	size_t size;

	memcpy(&size, theirs, sizeof(size));
	return size;
}

static size_t smaller_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

enum sidecar_error sized_check(struct sidecar *s, const void *theirs,
			       size_t least, const char *name)
{
	if (!theirs || size_of(theirs) >= least)
		return SIDECAR_OK;
	return error_set(s, SIDECAR_E_ARGUMENT,
			 "struct %s: size %zu (want %zu or more)", name,
			 size_of(theirs), least);
}

enum sidecar_error sized_read(struct sidecar *s, void *ours, size_t bytes,
			      const void *theirs, size_t least,
			      const char *name)
{
	enum sidecar_error e = sized_check(s, theirs, least, name);
	size_t size;

	if (e)
		return e;
	size = size_of(theirs);
	for (size_t i = bytes; i < size; i++)
		if (((const unsigned char *)theirs)[i])
			return error_set(
				s, SIDECAR_E_ARGUMENT,
				"struct %s: byte %zu is set, which this version does not know",
				name, i);
	memset(ours, 0, bytes);
	memcpy(ours, theirs, smaller_size(size, bytes));
	return SIDECAR_OK;
}

void sized_write(void *theirs, const void *ours, size_t bytes)
{
	size_t size = theirs ? size_of(theirs) : 0;
	size_t known = smaller_size(size, bytes);
	const size_t first = sizeof(size); /* their size stays */

	if (known <= first)
		return;
	memcpy((char *)theirs + first, (const char *)ours + first,
	       known - first);
	memset((char *)theirs + known, 0, size - known);
}
