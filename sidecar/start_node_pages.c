/* SPDX-License-Identifier: MIT */
/*
 * The size of a sidecar node, from the image that was built: the plan needs it
 * before anything starts.
 */
#include "abi/layout.h"
#include "start.h"

extern const uint8_t sidecar_image[];

uint32_t start_node_pages(void)
{
	const struct layout_image_header *h =
		(const struct layout_image_header *)sidecar_image;

	return 1 + h->size_bytes / PAGE_SIZE + LAYOUT_NR_TABLES;
}
