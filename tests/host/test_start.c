/* SPDX-License-Identifier: MIT */
/*
 * Starting and waiting, on a guest of 2 x 20 vCPUs whose Xen and whose
 * registers are this test: vCPUs that fail to start, never report, give up by
 * themselves or stay up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/layout.h"
#include "abi/sidecar.h"
#include "cpu.h"
#include "sidecar/start.h"

#define MEMORY	  (16 * MIB)
#define NR_VCPUS  40
#define LOW_PA	  0x9b000ull
#define APIC_BASE 0xfee00900ull

enum fate {
	PARKS,
	FAILS,	 /* VCPUOP_initialise is refused, and not with EINVAL */
	INVALID, /* VCPUOP_initialise says EINVAL */
	HANGS,	 /* never reports */
	LEAVES,	 /* REMOVED by itself */
	UP,	 /* IDLE, but never DOWN */
};

static struct {
	uint8_t *memory;
	struct topology topology;
	struct plan plan;
	struct xen_info xen;
	struct start s;
	struct range free[TOPOLOGY_MAX_VNODES];
	bool linux_vcpu[TOPOLOGY_MAX_VCPUS];
	enum fate fate[NR_VCPUS];
	uint64_t tsc, apic_base;
	uint64_t icr[NR_VCPUS * 4];
	uint32_t nr_icr, nr_multicalls;
	bool multicall_fails;
	uint32_t nr_maps, no_map; /* that one fails, from 1 on */
} g;

/* ---- The machine --------------------------------------------------------- */

uint64_t rdmsr(uint32_t msr)
{
	assert_int_equal(msr, MSR_APIC_BASE);
	return g.apic_base;
}

void wrmsr(uint32_t msr, uint64_t v)
{
	if (msr == MSR_APIC_BASE) {
		/* from x2APIC mode only to disabled, SDM volume 3 10.12.5 */
		if (g.apic_base & APIC_BASE_EXTD && v & APIC_BASE_EN)
			assert_true(v & APIC_BASE_EXTD);
		g.apic_base = v;
		return;
	}
	assert_int_equal(msr, MSR_X2APIC_ICR);
	assert_true(g.apic_base & APIC_BASE_EXTD);
	assert_true(g.nr_icr < sizeof(g.icr) / sizeof(g.icr[0]));
	g.icr[g.nr_icr++] = v;
}

uint64_t rdtsc(void)
{
	return ++g.tsc;
}

void fence_all(void)
{
}

static void *at(uint64_t pa, uint64_t size)
{
	assert_true(pa + size <= MEMORY);
	if (++g.nr_maps == g.no_map)
		return NULL;
	return g.memory + pa;
}

static volatile uint8_t *status_of(uint32_t id)
{
	const struct plan_node *n = &g.plan.node[id / 20];
	struct sidecar_control *c = (void *)(g.memory + n->carve.start);

	return &c->status[id % 20];
}

/* ---- Xen ----------------------------------------------------------------- */

void xen_vcpu_start(struct xen_vcpu_start *v, uint32_t nr)
{
	g.nr_multicalls++;
	for (uint32_t i = 0; i < nr; i++) {
		assert_true(v[i].vcpu_id < 32);
		assert_int_equal(*status_of(v[i].vcpu_id), SIDECAR_RUN);
		v[i].error = g.multicall_fails		       ? -14
			     : g.fate[v[i].vcpu_id] == FAILS   ? -17
			     : g.fate[v[i].vcpu_id] == INVALID ? -22
							       : 0;
	}
}

void xen_vcpu_is_up(const uint32_t *vcpu_id, long *is_up, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		is_up[i] = g.fate[vcpu_id[i]] == UP;
}

bool xen_vcpu_needs_sipi(const struct xen_info *x, uint32_t vcpu_id)
{
	(void)x;
	return vcpu_id >= 32;
}

static bool was_sent_sipi(uint32_t id)
{
	for (uint32_t i = 0; i < g.nr_icr; i++)
		if (g.icr[i] == ((uint64_t)(2 * id) << 32 | ICR_STARTUP |
				 ICR_ASSERT | LOW_PA / PAGE_SIZE))
			return true;
	return false;
}

static void leave(uint32_t id)
{
	struct sidecar_command *c = (void *)g.s.command[id];

	memcpy(c->error, "exception 0x6", 13);
	c->error_len = 13;
	*status_of(id) = SIDECAR_REMOVED;
}

/* The vCPUs run while the shim yields; time goes by. */
void xen_yield(void)
{
	g.tsc += g.xen.tsc_khz * 100ull;
	for (uint32_t id = 0; id < NR_VCPUS; id++) {
		if (!g.plan.parked[id] || *status_of(id) != SIDECAR_RUN)
			continue;
		if (g.fate[id] == PARKS || g.fate[id] == UP ||
		    (g.fate[id] == INVALID && was_sent_sipi(id)))
			*status_of(id) = SIDECAR_IDLE;
		if (g.fate[id] == LEAVES)
			leave(id);
	}
}

/* ---- The tests ----------------------------------------------------------- */

static int setup(void **state)
{
	static const uint64_t owed_bytes[2];
	struct plan_request rq = {
		.topology = &g.topology,
		.linux_vcpu = g.linux_vcpu,
		.enabled = true,
		.x2apic = true,
		.nx = true,
		.node_max = PLAN_NODE_MAX,
		.vcpu_pages = LAYOUT_VCPU_PAGES,
		.free = g.free,
		.owed_bytes = owed_bytes,
		.reserved_bytes = owed_bytes,
	};

	(void)state;
	memset(&g, 0, sizeof(g));
	g.memory = aligned_alloc(PAGE_SIZE, MEMORY);
	assert_non_null(g.memory);
	memset(g.memory, 0xa5, MEMORY);
	rq.node_pages = start_node_pages();
	g.topology.nr_vcpus = NR_VCPUS;
	g.topology.nr_vnodes = 2;
	for (uint32_t i = 0; i < NR_VCPUS; i++)
		g.topology.vcpu[i] =
			(struct topology_vcpu){2 * i, i / 20, true, true};
	rq.scratch_bytes = MIB;
	rq.shared_bytes = 2 * MIB;
	g.free[0] = (struct range){2 * MIB, 8 * MIB};
	g.free[1] = (struct range){8 * MIB, MEMORY};
	plan_make(&g.plan, &rq);
	assert_int_equal(g.plan.status, PLAN_ON);
	g.xen.tsc_khz = 1000;
	g.apic_base = APIC_BASE;
	g.s.plan = &g.plan;
	g.s.topology = &g.topology;
	g.s.xen = &g.xen;
	g.s.low_pa = LOW_PA;
	g.s.page_0_is_free = true;
	g.s.map = at;
	g.s.deadline_ms = START_DEADLINE_MS;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(g.apic_base, APIC_BASE);
	free(g.memory);
	return 0;
}

static uint32_t nr_init(void)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < g.nr_icr; i++)
		nr += (g.icr[i] & 0x700) == ICR_INIT;
	return nr;
}

static bool was_sent_init(uint32_t id)
{
	for (uint32_t i = 0; i < g.nr_icr; i++)
		if (g.icr[i] ==
		    ((uint64_t)(2 * id) << 32 | ICR_INIT | ICR_ASSERT))
			return true;
	return false;
}

static void all_park(void **state)
{
	(void)state;
	assert_true(start_vcpus(&g.s));
	assert_int_equal(g.s.nr_by_call, 30);
	assert_int_equal(g.s.nr_by_sipi, 8);
	assert_int_equal(g.nr_multicalls, 1);
	/* one write each, to the low block's page, no shorthand */
	assert_int_equal(g.nr_icr, 8);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(g.icr[i], (uint64_t)(2 * (32 + i)) << 32 |
						   ICR_STARTUP | ICR_ASSERT |
						   LOW_PA / PAGE_SIZE);
	start_wait(&g.s);
	assert_int_equal(g.s.nr_parked, 38);
	assert_int_equal(nr_init(), 0);
	assert_false(g.s.started[0]);
	assert_int_equal(*status_of(0), SIDECAR_REMOVED);
}

/* One that does not park costs none of the others. */
static void one_hangs(void **state)
{
	(void)state;
	g.fate[5] = HANGS;
	g.fate[35] = HANGS;
	assert_true(start_vcpus(&g.s));
	start_wait(&g.s);
	assert_int_equal(g.s.nr_started, 38);
	assert_int_equal(g.s.nr_parked, 36);
	assert_int_equal(nr_init(), 2);
	assert_true(was_sent_init(5));
	assert_true(was_sent_init(35));
	assert_false(g.s.parked[5]);
	assert_int_equal(*status_of(5), SIDECAR_REMOVED);
	assert_int_equal(*status_of(6), SIDECAR_IDLE);
	assert_true(g.tsc > g.xen.tsc_khz * (uint64_t)START_DEADLINE_MS);
}

/* Before and after that they have the same time. */
static void clock_wraps(void **state)
{
	(void)state;
	g.tsc = 0 - g.xen.tsc_khz * (uint64_t)(START_DEADLINE_MS / 2);
	g.fate[5] = HANGS;
	assert_true(start_vcpus(&g.s));
	start_wait(&g.s);
	assert_int_equal(g.s.nr_parked, 37);
	assert_int_equal(nr_init(), 1);
	assert_true(was_sent_init(5));
	assert_in_range(g.tsc,
			g.xen.tsc_khz * (uint64_t)(START_DEADLINE_MS / 2),
			g.xen.tsc_khz * (uint64_t)START_DEADLINE_MS);
}

static void one_stays_up(void **state)
{
	(void)state;
	g.fate[7] = UP;
	assert_true(start_vcpus(&g.s));
	start_wait(&g.s);
	assert_int_equal(g.s.nr_parked, 37);
	assert_true(was_sent_init(7));
	assert_int_equal(*status_of(7), SIDECAR_REMOVED);
}

/* It is known at once: nobody waits for it. */
static void one_leaves(void **state)
{
	(void)state;
	g.fate[9] = LEAVES;
	assert_true(start_vcpus(&g.s));
	start_wait(&g.s);
	assert_int_equal(g.s.nr_parked, 37);
	assert_true(was_sent_init(9));
	assert_true(g.tsc < g.xen.tsc_khz * (uint64_t)START_DEADLINE_MS);
	/* what it says is its own, however long it claims to be */
	assert_int_equal(start_error_text(&g.s, 9).len, 13);
	assert_memory_equal(start_error_text(&g.s, 9).p, "exception 0x6", 13);
	assert_int_equal(start_error_text(&g.s, 10).len, 0);
	((struct sidecar_command *)g.s.command[9])->error_len = UINT32_MAX;
	assert_int_equal(start_error_text(&g.s, 9).len,
			 sizeof(g.s.command[9]->error));
}

static const struct layout_node *layout_of(const struct plan_node *n)
{
	uint8_t *image = g.memory + n->carve.start + PAGE_SIZE;
	const struct layout_image_header *h = (void *)image;

	return (void *)(image + (h->node_va - LAYOUT_IMAGE_VA));
}

/*
 * The parts of a carve follow each other; the kernel is told of the same, and
 * of nobody's scratch but its own. What jobs get is left as it was.
 */
static void parts_of_a_carve(void **state)
{
	(void)state;
	assert_true(start_vcpus(&g.s));
	for (uint32_t i = 0; i < 2; i++) {
		const struct plan_node *n = &g.plan.node[i];
		struct sidecar_control *c = (void *)(g.memory + n->carve.start);
		const struct layout_node *d = layout_of(n);

		assert_int_equal(n->shared_bytes, i ? 2 * MIB : 0);
		assert_int_equal(c->views_offset,
				 c->vcpu_offset + 19 * c->vcpu_stride);
		assert_int_equal(c->views_size, n->view_bytes);
		assert_int_equal(c->scratch_offset,
				 c->views_offset + c->views_size);
		assert_int_equal(c->views_size + c->scratch_size, MIB);
		assert_int_equal(c->shared_offset,
				 c->scratch_offset + c->scratch_size);
		assert_int_equal(c->shared_size, n->shared_bytes);
		assert_int_equal(c->shared_offset + c->shared_size,
				 c->carve_size);
		assert_int_equal(d->views_pa, c->carve_pa + c->views_offset);
		assert_int_equal(d->view_bytes * 19, c->views_size);
		assert_int_equal(d->view_bytes % PAGE_SIZE, 0);
		assert_int_equal(d->scratch_pa,
				 c->carve_pa + c->scratch_offset);
		assert_int_equal(d->scratch_bytes, c->scratch_size);
		assert_int_equal(d->nr_areas, 1);
		assert_int_equal(d->area[0].pa,
				 g.plan.node[1].carve.end - 2 * MIB);
		assert_int_equal(d->area[0].bytes, 2 * MIB);
		assert_int_equal(d->area[0].node, 1);
		for (uint64_t at = c->views_offset; at < c->carve_size; at++)
			assert_int_equal(g.memory[c->carve_pa + at], 0xa5);
	}
}

/* One page of each vCPU that parks, and none of others. */
static void pages_are_found(void **state)
{
	(void)state;
	assert_true(start_vcpus(&g.s));
	for (uint32_t id = 0; id < NR_VCPUS; id++) {
		const struct plan_node *n = &g.plan.node[id / 20];
		struct sidecar_control *c = (void *)(g.memory + n->carve.start);

		if (!g.plan.parked[id]) {
			assert_null(g.s.status[id]);
			continue;
		}
		assert_ptr_equal(g.s.status[id], status_of(id));
		assert_ptr_equal(g.s.command[id],
				 g.memory + c->carve_pa + c->vcpu_offset +
					 (id % 20 - 1) * c->vcpu_stride);
	}
	/* two nodes, the low block, a vector; nothing once vCPUs run */
	start_wait(&g.s);
	assert_int_equal(g.nr_maps, 4);
}

/* The one of an NMI, in real mode, leads to an IRET. */
static void vector_of_nmi(void **state)
{
	const uint8_t vector[4] = {LAYOUT_LOW_NMI, 0, LOW_PA >> 4 & 0xff,
				   LOW_PA >> 12};

	(void)state;
	assert_true(start_vcpus(&g.s));
	assert_memory_equal(g.memory + 8, vector, 4);
	assert_int_equal(g.memory[LOW_PA + LAYOUT_LOW_NMI], 0xcf);
	assert_int_equal(g.memory[7], 0xa5);
	assert_int_equal(g.memory[12], 0xa5);
}

/* Page 0 is not the shim's to write to. */
static void no_vector(void **state)
{
	(void)state;
	g.s.page_0_is_free = false;
	assert_true(start_vcpus(&g.s));
	for (uint32_t i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(g.memory[i], 0xa5);
}

static void memory_cannot_be_mapped(void **state)
{
	const uint64_t pa[] = {g.plan.node[0].carve.start,
			       g.plan.node[1].carve.start, LOW_PA, 8};

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		g.nr_maps = 0;
		g.no_map = i + 1;
		assert_false(start_vcpus(&g.s));
		assert_int_equal(g.s.unmapped_pa, pa[i]);
		assert_int_equal(g.s.nr_started, 0);
		start_undo(&g.s);
		assert_int_equal(g.nr_icr, 0);
	}
}

static void one_cannot_be_started(void **state)
{
	(void)state;
	g.fate[3] = FAILS;
	assert_true(start_vcpus(&g.s));
	assert_int_equal(g.s.error[3], -17);
	assert_false(g.s.started[3]);
	assert_int_equal(*status_of(3), SIDECAR_REMOVED);
	start_wait(&g.s);
	assert_int_equal(g.s.nr_parked, 37);
	assert_int_equal(nr_init(), 0);
}

/* Any error but EINVAL is its end; EINVAL is not, whatever Xen's version. */
static void sipi_instead(void **state)
{
	(void)state;
	g.fate[1] = INVALID;
	g.fate[3] = FAILS;
	g.fate[25] = INVALID;
	assert_true(start_vcpus(&g.s));
	assert_int_equal(g.s.nr_by_call, 27);
	assert_int_equal(g.s.nr_by_sipi, 10);
	assert_true(was_sent_sipi(1) && was_sent_sipi(25));
	assert_false(was_sent_sipi(2) || was_sent_sipi(3));
	assert_true(g.s.started[1] && g.s.started[25]);
	assert_int_equal(g.s.error[1], 0);
	assert_int_equal(g.nr_icr, 10);
	start_wait(&g.s);
	assert_int_equal(g.s.nr_parked, 37);
	assert_int_equal(nr_init(), 0);
	assert_int_equal(*status_of(25), SIDECAR_IDLE);
}

/* The same in a guest where Xen could start all by hypercall. */
static void sipi_for_all(void **state)
{
	(void)state;
	for (uint32_t id = 1; id < 32; id++)
		g.fate[id] = INVALID;
	assert_true(start_vcpus(&g.s));
	assert_int_equal(g.s.nr_by_call, 0);
	assert_int_equal(g.s.nr_started, 38);
	start_wait(&g.s);
	assert_int_equal(g.s.nr_parked, 38);
}

/* Whatever was answered, none may run in memory that is given back. */
static void undone(void **state)
{
	(void)state;
	g.multicall_fails = true;
	assert_true(start_vcpus(&g.s));
	assert_int_equal(g.s.nr_started, 8);
	start_undo(&g.s);
	assert_int_equal(nr_init(), 38);
	assert_int_equal(g.s.nr_started, 0);
	for (uint32_t id = 0; id < NR_VCPUS; id++)
		assert_int_equal(was_sent_init(id), id != 0 && id != 20);
}

static void not_begun_not_undone(void **state)
{
	(void)state;
	start_undo(&g.s);
	assert_int_equal(g.nr_icr, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_park, setup, teardown),
		cmocka_unit_test_setup_teardown(one_hangs, setup, teardown),
		cmocka_unit_test_setup_teardown(clock_wraps, setup, teardown),
		cmocka_unit_test_setup_teardown(one_stays_up, setup, teardown),
		cmocka_unit_test_setup_teardown(one_leaves, setup, teardown),
		cmocka_unit_test_setup_teardown(pages_are_found, setup,
						teardown),
		cmocka_unit_test_setup_teardown(parts_of_a_carve, setup,
						teardown),
		cmocka_unit_test_setup_teardown(vector_of_nmi, setup, teardown),
		cmocka_unit_test_setup_teardown(no_vector, setup, teardown),
		cmocka_unit_test_setup_teardown(memory_cannot_be_mapped, setup,
						teardown),
		cmocka_unit_test_setup_teardown(one_cannot_be_started, setup,
						teardown),
		cmocka_unit_test_setup_teardown(sipi_instead, setup, teardown),
		cmocka_unit_test_setup_teardown(sipi_for_all, setup, teardown),
		cmocka_unit_test_setup_teardown(undone, setup, teardown),
		cmocka_unit_test_setup_teardown(not_begun_not_undone, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
