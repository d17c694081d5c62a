/* SPDX-License-Identifier: MIT */
/*
 * The plan: cases worked out by hand from OpenHCL's code, which the model must
 * get right too; each gate; and shapes of guests that it does not know.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan_guest.h"

static struct plan p;
static struct openhcl_output model;
static const struct openhcl_rules as_openhcl = {NULL, false, false};
static const struct openhcl_rules as_ours = {&g.memory, true, true};

#define TEXT_SIZE 512

/* "BASE+VCPUS VNODE:PAGE+PAGES", "-" without a carve; pages of that vnode. */
static void node_text(char *text, uint32_t base, uint32_t nr,
		      uint32_t carve_vnode, uint64_t start, uint64_t size)
{
	size_t len = strlen(text);

	len += (size_t)snprintf(text + len, TEXT_SIZE - len, "%s%u+%u ",
				len ? ", " : "", base, nr);
	if (!size)
		snprintf(text + len, TEXT_SIZE - len, "-");
	else
		snprintf(text + len, TEXT_SIZE - len, "%u:%u+%u", carve_vnode,
			 (unsigned)((start - guest_vnode_base(carve_vnode)) /
				    PAGE),
			 (unsigned)(size / PAGE));
}

static const char *plan_text(void)
{
	static char text[TEXT_SIZE];

	text[0] = 0;
	if (p.status == PLAN_OFF_SINGLE)
		return "single";
	if (p.status == PLAN_OFF_MEMORY)
		return "memory";
	assert_int_equal(p.status, PLAN_ON);
	for (uint32_t i = 0; i < p.nr_nodes; i++) {
		const struct plan_node *n = &p.node[i];

		node_text(text, p.member[n->first], n->nr, n->carve_vnode,
			  n->carve.start, n->carve.end - n->carve.start);
	}
	return text;
}

static const char *model_text(const struct openhcl_rules *rules)
{
	static char text[TEXT_SIZE];

	text[0] = 0;
	openhcl_plan(&model, &g.in, rules);
	if (model.result == OPENHCL_SINGLE)
		return "single";
	if (model.result == OPENHCL_NO_MEMORY)
		return "memory";
	assert_int_equal(model.result, OPENHCL_STARTED);
	for (uint32_t i = 0; i < model.nr_nodes; i++) {
		const struct openhcl_node *n = &model.node[i];

		node_text(text, n->base_cpu, n->nr_cpus, n->memory_vnode,
			  n->memory_start, n->memory_size);
	}
	return text;
}

#define MAX_HAND 5

/*
 * vCPUs and free pages of each vnode, then both plans. OpenHCL's nodes of n
 * vCPUs take 1 + 13n pages, ours 10 + 3(n - 1).
 */
static const struct hand {
	struct {
		uint32_t vcpus, pages;
	} vnode[MAX_HAND];
	const char *openhcl, *ours;
} by_hand[] = {
	/* one vnode: chunk sizes */
	{{{1, 1000}}, "single", "single"},
	{{{2, 1000}}, "0+2 0:973+27", "0+2 0:987+13"},
	{{{31, 1000}}, "0+31 0:596+404", "0+31 0:900+100"},
	{{{32, 1000}}, "0+32 0:583+417", "0+32 0:897+103"},
	{{{33, 1000}},
	 "0+17 0:778+222, 17+16 0:569+209",
	 "0+17 0:942+58, 17+16 0:887+55"},
	{{{64, 1000}},
	 "0+32 0:583+417, 32+32 0:166+417",
	 "0+32 0:897+103, 32+32 0:794+103"},
	{{{65, 1000}},
	 "0+22 0:713+287, 22+22 0:426+287, 44+21 0:152+274",
	 "0+22 0:927+73, 22+22 0:854+73, 44+21 0:784+70"},
	{{{96, 2000}},
	 "0+32 0:1583+417, 32+32 0:1166+417, 64+32 0:749+417",
	 "0+32 0:1897+103, 32+32 0:1794+103, 64+32 0:1691+103"},
	{{{97, 2000}},
	 "0+25 0:1674+326, 25+25 0:1348+326, 50+25 0:1022+326, 75+22 0:735+287",
	 "0+25 0:1918+82, 25+25 0:1836+82, 50+25 0:1754+82, 75+22 0:1681+73"},
	{{{128, 2000}},
	 "0+32 0:1583+417, 32+32 0:1166+417, 64+32 0:749+417, 96+32 0:332+417",
	 "0+32 0:1897+103, 32+32 0:1794+103, 64+32 0:1691+103, 96+32 0:1588+103"},

	/* unequal vnodes; some with one vCPU or none, or without memory */
	{{{1, 9}, {1, 9}, {1, 9}}, "single", "single"},
	{{{1, 100}, {1, 100}, {2, 100}},
	 "0+1 0:86+14, 1+1 1:86+14, 2+2 2:73+27",
	 "0+1 -, 1+1 -, 2+2 2:87+13"},
	{{{1, 100}, {4, 100}, {33, 1000}},
	 "0+1 0:86+14, 1+4 1:47+53, 5+17 2:778+222, 22+16 2:569+209",
	 "0+1 -, 1+4 1:81+19, 5+17 2:942+58, 22+16 2:887+55"},
	{{{0, 500}, {3, 100}, {0, 700}, {2, 100}},
	 "0+3 1:60+40, 3+2 3:73+27",
	 "0+3 1:84+16, 3+2 3:87+13"},
	{{{2, 0}, {0, 60}, {2, 0}},
	 "0+2 1:33+27, 2+2 1:6+27",
	 "0+2 1:47+13, 2+2 1:34+13"},
	/* 1 vCPU needs no memory of ours, OpenHCL's is refused */
	{{{1, 0}, {2, 30}}, "memory", "0+1 -, 1+2 1:17+13"},

	/* too little at home: the next vnode, then around the end */
	{{{4, 18}, {4, 1000}},
	 "0+4 1:947+53, 4+4 1:894+53",
	 "0+4 1:981+19, 4+4 1:962+19"},
	{{{4, 1000}, {4, 18}, {4, 18}},
	 "0+4 0:947+53, 4+4 0:894+53, 8+4 0:841+53",
	 "0+4 0:981+19, 4+4 0:962+19, 8+4 0:943+19"},
	{{{4, 200}, {4, 18}, {0, 15}, {4, 100}, {0, 300}},
	 "0+4 0:147+53, 4+4 3:47+53, 8+4 4:247+53",
	 "0+4 0:181+19, 4+4 3:81+19, 8+4 3:62+19"},
	/* the first chunk fits at home, the second one does not */
	{{{33, 300}, {2, 500}},
	 "0+17 0:78+222, 17+16 1:291+209, 33+2 1:264+27",
	 "0+17 0:242+58, 17+16 0:187+55, 33+2 1:487+13"},
	{{{33, 112}, {2, 500}},
	 "0+17 1:278+222, 17+16 1:69+209, 33+2 1:42+27",
	 "0+17 0:54+58, 17+16 1:445+55, 33+2 1:432+13"},

	/* nowhere enough: at the first node, and after some were placed */
	{{{4, 18}, {4, 5}}, "memory", "memory"},
	{{{4, 36}, {4, 18}}, "memory", "memory"},
	{{{4, 60}, {4, 5}}, "memory", "0+4 0:41+19, 4+4 0:22+19"},

	/* exact fit: OpenHCL accepts one only when it is not at home ... */
	{{{4, 53}, {0, 1000}}, "0+4 1:947+53", "0+4 0:34+19"},
	{{{4, 19}, {0, 1000}}, "0+4 1:947+53", "0+4 0:0+19"},
	{{{4, 5}, {0, 53}}, "0+4 1:0+53", "0+4 1:34+19"},
	{{{4, 5}, {0, 19}}, "memory", "0+4 1:0+19"},
	/* ... or when it comes back there at the end */
	{{{4, 53}, {0, 52}}, "0+4 0:0+53", "0+4 0:34+19"},
	{{{4, 54}, {0, 1000}}, "0+4 0:1+53", "0+4 0:35+19"},
};

static void hand_worked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(by_hand) / sizeof(*by_hand); i++) {
		const struct hand *h = &by_hand[i];

		guest_empty();
		for (uint32_t v = 0; v < MAX_HAND; v++) {
			for (uint32_t k = 0; k < h->vnode[v].vcpus; k++)
				guest_add_vcpu(v);
			if (h->vnode[v].vcpus || h->vnode[v].pages)
				guest_add_pages(v, h->vnode[v].pages);
		}
		plan_make(&p, &g.rq);
		assert_string_equal(plan_text(), h->ours);
		assert_string_equal(model_text(&as_ours), h->ours);
		assert_string_equal(model_text(&as_openhcl), h->openhcl);
	}
}

/* Each switch of the model alone, on a guest where all three matter. */
static void switches(void **state)
{
	static const struct {
		struct openhcl_rules rules;
		const char *want;
	} cases[] = {
		{{NULL, false, false}, "0+1 0:86+14, 1+4 2:47+53"},
		{{NULL, true, false}, "0+1 0:86+14, 1+4 1:0+53"},
		{{NULL, false, true}, "0+1 -, 1+4 2:47+53"},
		{{&g.memory, false, false}, "0+1 0:90+10, 1+4 1:34+19"},
	};

	(void)state;
	guest_empty();
	guest_add_vcpu(0);
	for (int i = 0; i < 4; i++)
		guest_add_vcpu(1);
	guest_add_pages(0, 100);
	guest_add_pages(1, 53);
	guest_add_pages(2, 100);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(model_text(&cases[i].rules), cases[i].want);
}

/* 4 vCPUs on vnode 0 need 19 pages; scratch gets what is left, of over
 * 1024 pages half. */
static void scratch(void **state)
{
	static const struct {
		uint32_t home, next, wanted;
		const char *want;
		uint32_t scratch;
	} cases[] = {
		{35, 100, 8 * 4096, "0+4 0:8+27", 8},
		{34, 100, 8 * 4096, "0+4 0:7+27", 8},
		{28, 100, 8 * 4096, "0+4 0:1+27", 8},
		{20, 100, 8 * 4096, "0+4 0:0+20", 1},
		{25, 100, 8 * 4096, "0+4 0:0+25", 6},
		{19 + 1000, 100, 600 * 4096, "0+4 0:488+531", 512},
		{19 + 1300, 100, 700 * 4096, "0+4 0:650+669", 650},
		{19, 100, 8 * 4096, "0+4 0:0+19", 0},
		{18, 100, 8 * 4096, "0+4 1:73+27", 8},
		{18, 22, 8 * 4096, "0+4 1:0+22", 3},
		{18, 18, 8 * 4096, "memory", 0},
		{100, 0, 8 * 4096 + 4095, "0+4 0:73+27", 8},
		{100, 0, 4095, "0+4 0:81+19", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		guest_empty();
		for (int k = 0; k < 4; k++)
			guest_add_vcpu(0);
		guest_add_pages(0, cases[i].home);
		guest_add_pages(1, cases[i].next);
		g.rq.scratch_bytes = cases[i].wanted;
		g.memory.scratch_pages = cases[i].wanted / PAGE;
		plan_make(&p, &g.rq);
		assert_string_equal(plan_text(), cases[i].want);
		assert_string_equal(model_text(&as_ours), cases[i].want);
		if (p.status == PLAN_ON)
			assert_int_equal(p.node[0].scratch_bytes,
					 cases[i].scratch * PAGE);
		else
			assert_int_equal(p.status_value, 19 * PAGE);
	}
}

/*
 * Shared memory is behind scratch, whole and aligned large pages; scratch comes
 * first where there is too little. Page tables of jobs come out of scratch, for
 * each vCPU as many as for one job with all of it.
 */
static void shared(void **state)
{
	static const struct {
		uint32_t home, other; /* pages of the vnodes */
		uint32_t scratch, shared, got_scratch, got_shared; /* pages */
		uint32_t views; /* page tables, for each of three vCPUs */
	} cases[] = {
		{4000, 4000, 512, 0, 512, 0, 4},
		{4000, 4000, 512, 512, 512, 512, 4 + 6},
		{4000, 4000, 513, 512, 513, 512, 5 + 6},
		{4000, 4000, 12, 0, 12, 0, 0},
		{4000, 4000, 13, 0, 13, 0, 4},
		{4000, 4000, 5000, 512, 1990, 0, 7},
		{4000, 9000, 512, 1024, 512, 1024, 4 + 6},
		{4000, 9000, 512, 2048, 512, 1024, 4 + 6},
		{1200, 9000, 512, 512, 512, 0, 4 + 4},
		{19 + 512, 9000, 512, 512, 512, 0, 4 + 4},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct plan_node *n = &p.node[0];

		guest_empty();
		for (uint32_t k = 0; k < 8; k++)
			guest_add_vcpu(k / 4);
		guest_add_pages(0, cases[i].home);
		guest_add_pages(1, cases[i].other);
		g.rq.scratch_bytes = (uint64_t)cases[i].scratch * PAGE;
		g.rq.shared_bytes = (uint64_t)cases[i].shared * PAGE;
		plan_make(&p, &g.rq);
		assert_int_equal(p.status, PLAN_ON);
		assert_int_equal(n->scratch_bytes, cases[i].got_scratch * PAGE);
		assert_int_equal(n->shared_bytes, cases[i].got_shared * PAGE);
		assert_int_equal(n->view_bytes, 3 * cases[i].views * PAGE);
		assert_int_equal(
			plan_slice_bytes(n),
			n->view_bytes ? n->scratch_bytes - n->view_bytes : 0);
		assert_int_equal(n->carve.end - n->carve.start,
				 19 * PAGE + n->scratch_bytes +
					 n->shared_bytes);
		assert_true(n->carve.end <= g.free[0].end);
		if (n->shared_bytes)
			assert_int_equal(n->carve.end % (512 * PAGE), 0);
		else
			assert_int_equal(n->carve.end, g.free[0].end);
	}
}

/* What Linux gives back is no scratch, but does not count against the node. */
static void owed(void **state)
{
	static const struct {
		uint32_t home, owed, keep;
		const char *want;
		uint32_t scratch;
	} cases[] = {
		{19 + 1300, 0, 0, "0+4 0:650+669", 650},
		{19 + 1300, 100, 0, "0+4 0:700+619", 600},
		{19 + 1300, 1200, 0, "0+4 0:1200+119", 100},
		{19 + 1300, 1300, 0, "0+4 0:1300+19", 0},
		{19 + 1300, 5000, 0, "0+4 0:1300+19", 0},
		{18, 0, 0, "0+4 1:600+619", 600},
		/* 512 pages are little scratch */
		{19 + 1300, 100, 100, "0+4 0:750+569", 550},
		{19 + 1300, 100, 176, "0+4 0:788+531", 512},
		{19 + 1300, 100, 5000, "0+4 0:788+531", 512},
		{19 + 1300, 1000, 5000, "0+4 0:1000+319", 300},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		guest_empty();
		for (int k = 0; k < 4; k++)
			guest_add_vcpu(0);
		guest_add_pages(0, cases[i].home);
		guest_add_pages(1, 1219);
		g.rq.scratch_bytes = 700 * PAGE;
		g.owed_bytes[0] = cases[i].owed * PAGE;
		g.reserved_bytes[0] = cases[i].keep * PAGE;
		plan_make(&p, &g.rq);
		assert_string_equal(plan_text(), cases[i].want);
		assert_int_equal(p.node[0].scratch_bytes,
				 cases[i].scratch * PAGE);
	}
}

/* 4 vCPUs on vnode 1, which has no memory: 2 is next, 0 and 3 are nearer. */
static void nearest(void **state)
{
	static const struct {
		uint8_t distance[4];
		uint32_t pages[4];
		const char *want;
	} cases[] = {
		{{20, 10, 30, 20}, {100, 0, 100, 100}, "0+4 3:81+19"},
		{{20, 10, 30, 21}, {100, 0, 100, 100}, "0+4 0:81+19"},
		{{20, 10, 20, 20}, {100, 0, 100, 100}, "0+4 2:81+19"},
		{{20, 10, 254, 20}, {18, 0, 19, 18}, "0+4 2:0+19"},
		/* the distance to others alone, whatever it is, and no way back
		 */
		{{11, 10, 12, 11}, {100, 19, 100, 100}, "0+4 1:0+19"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		guest_empty();
		for (int k = 0; k < 4; k++)
			guest_add_vcpu(1);
		for (uint32_t v = 0; v < 4; v++)
			guest_add_pages(v, cases[i].pages[v]);
		for (uint32_t v = 0; v < 4; v++) {
			guest_set_distance(1, v, cases[i].distance[v]);
			/* of another vnode: not looked at */
			guest_set_distance(2, v, 11);
		}
		plan_make(&p, &g.rq);
		assert_string_equal(plan_text(), cases[i].want);
	}
}

/* The largest numbers that the types allow: no overflow, no memory. */
static void absurd_sizes(void **state)
{
	(void)state;
	guest_empty();
	for (int i = 0; i < 32; i++)
		guest_add_vcpu(0);
	guest_add_pages(0, 100000);
	g.rq.scratch_bytes = UINT64_MAX;
	plan_make(&p, &g.rq);
	assert_string_equal(plan_text(), "0+32 0:49949+50051");
	g.rq.node_pages = UINT32_MAX;
	g.rq.vcpu_pages = UINT32_MAX;
	plan_make(&p, &g.rq);
	assert_int_equal(p.status, PLAN_OFF_MEMORY);
	assert_true(p.status_value == UINT64_C(32) * UINT32_MAX * PAGE);
}

/* Linux boots all @nr vCPUs, in order. */
static void assert_off(enum plan_status why, uint64_t value, uint32_t nr)
{
	assert_int_equal(p.status, why);
	assert_true(p.status_value == value);
	assert_int_equal(p.nr_nodes, 0);
	assert_int_equal(p.nr_parked, 0);
	assert_int_equal(p.nr_boot, nr);
	assert_int_equal(p.nr_order, nr);
	for (uint32_t i = 0; i < nr; i++) {
		assert_int_equal(p.order[i], i);
		assert_false(p.parked[i]);
	}
}

/* All gates are shut; each is opened once it was seen to be the first. */
static void gates(void **state)
{
	(void)state;
	guest_empty();
	guest_add_vcpu(0);
	guest_add_vcpu(0);
	guest_add_vcpu(1);
	g.rq.enabled = false;
	g.rq.x2apic = false;
	g.rq.nx = false;
	g.rq.node_max = 1;
	g.linux_vcpu[1] = true;
	g.t.nr_vnodes = PLAN_MAX_VNODES + 1;
	plan_make(&p, &g.rq);
	assert_off(PLAN_OFF_OPTION, 0, 3);
	g.rq.enabled = true;
	plan_make(&p, &g.rq);
	assert_off(PLAN_OFF_VNODE, 64, 3);
	g.t.nr_vnodes = PLAN_MAX_VNODES;
	plan_make(&p, &g.rq);
	assert_off(PLAN_OFF_X2APIC, 0, 3);
	g.rq.x2apic = true;
	plan_make(&p, &g.rq);
	assert_off(PLAN_OFF_NX, 0, 3);
	g.rq.nx = true;
	plan_make(&p, &g.rq);
	assert_off(PLAN_OFF_SINGLE, 0, 3);
	g.rq.node_max = 2;
	plan_make(&p, &g.rq);
	assert_off(PLAN_OFF_NOTHING, 0, 3);
	g.linux_vcpu[1] = false;
	plan_make(&p, &g.rq);
	assert_off(PLAN_OFF_MEMORY, 13 * PAGE, 3);
	guest_add_pages(63, 13);
	plan_make(&p, &g.rq);
	assert_string_equal(plan_text(), "0+2 63:0+13, 2+1 -");

	plan_withdraw(&p, &g.t, error_number(DECIDE_LONG_CMDLINE, 4711));
	assert_off(PLAN_WITHDRAWN, 0, 3);
	assert_int_equal(p.withdrawn.value, 4711);
	assert_string_equal(plan_off_text(&p), error_text(DECIDE_LONG_CMDLINE));
}

static void no_vcpus(void **state)
{
	(void)state;
	guest_empty();
	plan_make(&p, &g.rq);
	assert_off(PLAN_OFF_SINGLE, 0, 0);
}

static void texts(void **state)
{
	(void)state;
	for (int s = PLAN_ON; s <= PLAN_WITHDRAWN; s++)
		for (int r = PLAN_ON; r < s; r++)
			assert_string_not_equal(
				plan_status_text((enum plan_status)s),
				plan_status_text((enum plan_status)r));
	assert_non_null(plan_status_text((enum plan_status)99));
	assert_string_equal(plan_status_unit(PLAN_OFF_VNODE), "");
	assert_string_equal(plan_status_unit(PLAN_OFF_MEMORY), " bytes wanted");
	assert_null(plan_status_unit(PLAN_WITHDRAWN));
	assert_null(plan_status_unit(PLAN_OFF_OPTION));
	for (int s = PLAN_ON; s <= PLAN_WITHDRAWN; s++)
		assert_int_equal(plan_status_is_wanted((enum plan_status)s),
				 s == PLAN_ON || s == PLAN_OFF_OPTION ||
					 s == PLAN_OFF_SINGLE ||
					 s == PLAN_OFF_NOTHING);
}

static void assert_order(const uint32_t *want, uint32_t nr_boot, uint32_t nr)
{
	assert_int_equal(p.nr_boot, nr_boot);
	assert_int_equal(p.nr_order, nr);
	for (uint32_t i = 0; i < nr; i++)
		assert_int_equal(p.order[i], want[i]);
}

static void interleaved(void **state)
{
	static const uint32_t order[] = {0, 1, 2, 3, 4, 5, 6, 7};

	(void)state;
	guest_empty();
	for (uint32_t i = 0; i < 8; i++)
		guest_add_vcpu(i % 2);
	guest_add_pages(0, 100);
	guest_add_pages(1, 100);
	plan_make(&p, &g.rq);
	assert_string_equal(plan_text(), "0+4 0:81+19, 1+4 1:81+19");
	assert_order(order, 2, 8);
}

/* vCPU 0 is on the last vnode: its node is the last, yet it comes first. */
static void reversed(void **state)
{
	static const uint32_t order[] = {0, 2, 4, 1, 3, 5};

	(void)state;
	guest_empty();
	for (uint32_t i = 0; i < 6; i++)
		guest_add_vcpu(2 - i / 2);
	for (uint32_t v = 0; v < 3; v++)
		guest_add_pages(v, 100);
	plan_make(&p, &g.rq);
	assert_string_equal(plan_text(),
			    "4+2 0:87+13, 2+2 1:87+13, 0+2 2:87+13");
	assert_order(order, 3, 6);
}

/* 1 is Linux's by option, 3 not enabled, 4 not there, 6 alone. */
static void left_alone(void **state)
{
	static const uint32_t order[] = {0, 1, 6, 2, 5, 3};

	(void)state;
	guest_empty();
	for (uint32_t i = 0; i < 7; i++)
		guest_add_vcpu(i == 6);
	guest_add_pages(0, 100);
	g.linux_vcpu[0] = true;
	g.linux_vcpu[1] = true;
	g.linux_vcpu[3] = true;
	g.linux_vcpu[100] = true;
	g.t.vcpu[3].enabled = false;
	g.t.vcpu[4].present = false;
	plan_make(&p, &g.rq);
	assert_string_equal(plan_text(), "0+4 0:84+16, 6+1 -");
	assert_int_equal(p.nr_parked, 2);
	assert_int_equal(p.node[0].nr_parked, 2);
	assert_order(order, 3, 6);

	plan_withdraw(&p, &g.t, error_plain(START_NONE));
	assert_order((const uint32_t[]){0, 1, 2, 5, 6, 3}, 5, 6);
}

/* A plan starts from whatever the memory holds. */
static int dirty(void **state)
{
	(void)state;
	memset(&p, 0xa5, sizeof(p));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(hand_worked, dirty),
		cmocka_unit_test_setup(switches, dirty),
		cmocka_unit_test_setup(scratch, dirty),
		cmocka_unit_test_setup(shared, dirty),
		cmocka_unit_test_setup(owed, dirty),
		cmocka_unit_test_setup(nearest, dirty),
		cmocka_unit_test_setup(absurd_sizes, dirty),
		cmocka_unit_test_setup(gates, dirty),
		cmocka_unit_test_setup(no_vcpus, dirty),
		cmocka_unit_test_setup(texts, dirty),
		cmocka_unit_test_setup(interleaved, dirty),
		cmocka_unit_test_setup(reversed, dirty),
		cmocka_unit_test_setup(left_alone, dirty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
