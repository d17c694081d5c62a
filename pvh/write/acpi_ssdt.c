/* SPDX-License-Identifier: MIT */
/* An SSDT with the vnode of each vCPU that Linux hot-adds. Pure. */
#include "acpi_writer.h"

#include <string.h>

#include "abi/acpi.h"

#define SSDT_REVISION 2u /* integers of 64 bits */

/*
 * Scope (\_SB.PRxx) { Name (_PXM, n) }, in AML: ACPI specification 6.5, 20.2.
 * PRxx is libxl's (mk_dsdt.c), which has no _PXM.
 */
struct aml_pxm {
	uint8_t scope_op, package_length; /*  0 */
	uint8_t root, dual_name;	  /*  2 */
	char sb[4], processor[4];	  /*  4 */
	uint8_t name_op;		  /* 12 */
	char pxm[4];			  /* 13 */
	uint8_t byte_prefix, vnode;	  /* 17 */
} __attribute__((packed));
_Static_assert(sizeof(struct aml_pxm) == 19, "AML of a vCPU");
_Static_assert(TOPOLOGY_MAX_VNODES <= UINT8_MAX && TOPOLOGY_MAX_VCPUS <= 256,
	       "vnode and vCPU id have a byte each");

static void ssdt_put_vcpu(struct aml_pxm *to, uint32_t id, uint32_t vnode)
{
	static const char digits[] = "0123456789ABCDEF";

	*to = (struct aml_pxm){
		.scope_op = 0x10,
		/* of all behind the first byte */
		.package_length = sizeof(*to) - 1,
		.root = '\\',
		.dual_name = 0x2e,
		.sb = {'_', 'S', 'B', '_'},
		.processor = {'P', 'R', digits[id >> 4], digits[id & 15]},
		.name_op = 0x08,
		.pxm = {'_', 'P', 'X', 'M'},
		.byte_prefix = 0x0a,
		.vnode = (uint8_t)vnode,
	};
}

/* Linux has to know the node of a CPU before it adds it. */
struct error acpi_write_ssdt(struct acpi_writer *w)
{
	const struct topology *t = w->b->topology;
	struct acpi_header *ssdt;
	struct aml_pxm *to;
	uint32_t nr = 0;
	uint64_t pa;

	for (uint32_t id = 0; id < t->nr_vcpus; id++)
		nr += acpi_is_hot_added(w, id);
	if (!nr)
		return NO_ERROR;
	ssdt = acpi_table_begin(w, "SSDT", SSDT_REVISION,
				sizeof(*ssdt) + nr * sizeof(*to), &pa);
	if (!ssdt)
		return error_plain(ACPI_NO_ROOM);
	to = (struct aml_pxm *)(ssdt + 1);
	for (uint32_t id = 0; id < t->nr_vcpus; id++)
		if (acpi_is_hot_added(w, id))
			ssdt_put_vcpu(to++, id, t->vcpu[id].vnode);
	acpi_table_finish(ssdt);
	acpi_xsdt_add(w, pa);
	return NO_ERROR;
}
