/* SPDX-License-Identifier: MIT */
/*
 * An exception in the shim is a bug in the shim: it is logged with what is
 * needed to find it, and the domain ends.
 */
#include "cpu.h"
#include "shim.h"

#define SELECTOR_CS64 0x10
#define GATE_TYPE     0x8e
#define STUB_BYTES    16
#define NR_TRAPS      32

/* SDM volume 3 6.14.1 */
struct gate {
	uint16_t low;
	uint16_t selector;
	uint8_t ist, type;
	uint16_t mid;
	uint32_t high;
	uint32_t reserved;
};
_Static_assert(sizeof(struct gate) == 16, "gate");

extern const uint8_t traps_stubs[];
__attribute__((noreturn)) void traps_report(uint64_t vector, uint64_t error,
					    uint64_t rip);

void traps_init(void)
{
	static struct gate idt[NR_TRAPS];
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed))
	p = {sizeof(idt) - 1, (uint64_t)(uintptr_t)idt};

	for (uint32_t i = 0; i < NR_TRAPS; i++) {
		uint64_t a = (uint64_t)(uintptr_t)traps_stubs + i * STUB_BYTES;

		idt[i] = (struct gate){
			.low = (uint16_t)a,
			.selector = SELECTOR_CS64,
			.type = GATE_TYPE,
			.mid = (uint16_t)(a >> 16),
			.high = (uint32_t)(a >> 32),
		};
	}
	__asm__ volatile("lidt %0" : : "m"(p));
}

void traps_report(uint64_t vector, uint64_t error, uint64_t rip)
{
	static bool reporting;

	/* a second exception while logging the first: end silently */
	if (reporting)
		xen_crash();
	reporting = true;
	log_die("trap: exception %lu error %#lx at %#lx, cr2 %#lx: a defect of the shim, please report this log",
		vector, error, rip, read_cr2());
}
