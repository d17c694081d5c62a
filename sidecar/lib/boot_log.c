/* SPDX-License-Identifier: MIT */
/* The shim's boot log, which the table SCAR tells of. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "lib/memmap.h"

#define BOOT_LOG_MAX (1u << 20)

static enum sidecar_error check_place(struct sidecar *s)
{
	uint64_t pa = s->scar.log_pa;
	uint32_t bytes = s->scar.log_size;

	if (s->backend->is_driver && !pa)
		return error_set(s, SIDECAR_E_ROOT,
				 "only root may read the shim's log");
	if (pa && !(pa % SIDECAR_PAGE_SIZE) && pa < PA_END && bytes &&
	    bytes <= BOOT_LOG_MAX)
		return SIDECAR_OK;
	return error_set(s, SIDECAR_E_TABLE, "SCAR: log at 0x%llx, %u bytes",
			 (unsigned long long)pa, bytes);
}

static enum sidecar_error copy_log(struct sidecar *s, char *text)
{
	struct backend *b = s->backend;
	void *p = b->map(b, s->scar.log_pa, s->scar.log_size, false);

	if (!p)
		return error_set(s, SIDECAR_E_MEM, "%s: the log: %s", b->memory,
				 strerror(errno));
	memcpy(text, p, s->scar.log_size);
	b->unmap(b, p, s->scar.log_size);
	return SIDECAR_OK;
}

enum sidecar_error sidecar_boot_log(struct sidecar *s, char **text,
				    size_t *bytes)
{
	enum sidecar_error e = check_place(s);
	char *copy;

	if (e)
		return e;
	copy = calloc(1, (size_t)s->scar.log_size + 1);
	if (!copy)
		return error_set(s, SIDECAR_E_SYSTEM, "no memory");
	e = copy_log(s, copy);
	if (e) {
		free(copy);
		return e;
	}
	if (bytes)
		*bytes = strlen(copy);
	if (text)
		*text = copy;
	else
		free(copy);
	return SIDECAR_OK;
}
