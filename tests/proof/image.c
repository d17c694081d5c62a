/* SPDX-License-Identifier: MIT */
/*
 * image_parse() on any bzImage. It is read without a loop, so this is complete,
 * but for files that are too short: they end at the first comparison.
 */
#include "bytes.h"
#include "lib/memmap.h"
#include "pvh/read/image.h"

/* BYTES has all that is read of a bzImage, whose size is any. */
void proof_image_bzimage(void)
{
	uint64_t size = nondet_u64();
	struct image im;
	struct error e;

	__CPROVER_havoc_object(bytes);
	bytes[0] = 0;
	assume(size >= BYTES);
	e = image_parse(&im, bytes, size);
	if (e.code)
		return;
	prove(im.kind == IMAGE_BZIMAGE && im.is_linux);
	prove(im.setup_offset + im.setup_size <= size);
	prove(im.payload_offset <= size &&
	      im.payload_size <= size - im.payload_offset);
	prove(im.align >= 4096 && !(im.align & (im.align - 1)));
	prove(!(im.load_pa & (im.align - 1)) && im.load_pa >= MIB);
	prove(im.load_pa + im.load_size <= FOUR_GIB);
	prove(im.load_size >= im.payload_size);
	prove(im.entry < im.payload_size && im.cmdline_max);
}
