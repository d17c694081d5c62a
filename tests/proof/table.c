/* SPDX-License-Identifier: MIT */
/*
 * What libsidecar believes of the table SCAR: one more node of any kind beside
 * one that was believed before, so each is compared with each. Its header has
 * no loop but the checksum's, which takes one byte after the other: up to BYTES
 * of them. All nodes are taken by the same step, so 2 are enough; what comes of
 * it is any there. The line about an error is not built.
 */
#include "bytes.h"
#include "sidecar/lib/handle.h"

static enum sidecar_error any_node(struct sidecar *s,
				   const struct scar_node *e);

/* These calls go to a stand-in, as proof.h says. */
#define NODE_struct    add_node_itself(struct
#define NODE_s	       any_node(s
#define add_node(s, e) NODE_##s, e)
#include SOURCE
#undef add_node

static struct sidecar s;

enum sidecar_error error_set(struct sidecar *handle, enum sidecar_error e,
			     const char *fmt, ...)
{
	(void)handle;
	(void)fmt;
	return e;
}

static bool is_carve(const struct sidecar_node *n)
{
	return n->carve_pa && n->carve_pa % 4096 == 0 && n->carve_bytes &&
	       n->carve_bytes % 4096 == 0 && n->carve_pa < PA_END &&
	       n->carve_bytes <= PA_END - n->carve_pa;
}

void proof_table_node(void)
{
	const struct sidecar_node *a = &s.node[0], *b = &s.node[1];
	struct scar_node any;
	const uint32_t nr = 1;

	s.nr_nodes = nr;
	s.node[0].number = nondet_u32();
	s.node[0].carve_pa = nondet_u64();
	s.node[0].carve_bytes = nondet_u64();
	assume(is_carve(a));
	if (add_node_itself(&s, &any)) {
		prove(s.nr_nodes == nr);
		return;
	}
	prove(s.nr_nodes == nr + 1);
	prove(is_carve(&s.node[nr]));
	prove(s.node[nr].nr_slots >= 1 &&
	      s.node[nr].nr_slots <= SIDECAR_NODE_VCPUS);
	prove(!s.node[nr].control && !s.node[nr].shared);
	prove(a->number != b->number);
	prove(a->carve_pa + a->carve_bytes <= b->carve_pa ||
	      b->carve_pa + b->carve_bytes <= a->carve_pa);
}

/* ---- All nodes ---------------------------------------------------------- */

static uint8_t file[TABLE_MAX];
static uint32_t nr_taken;
static bool is_wrong;

/* Each one once, in their order, up to a wrong one; it lies in the table. */
static enum sidecar_error any_node(struct sidecar *to,
				   const struct scar_node *e)
{
	size_t at = sizeof(s.scar) + nr_taken++ * sizeof(*e);

	prove(to == &s && !is_wrong && at + sizeof(*e) <= s.scar.length);
	prove(s.scar.length <= sizeof(file) &&
	      !memcmp(e, file + at, sizeof(*e)));
	is_wrong = nondet_bool();
	return is_wrong ? SIDECAR_E_TABLE : SIDECAR_OK;
}

/* Of a table whose header is believed, its length with it. */
void proof_table_nodes(void)
{
	struct scar_header any;

	__CPROVER_havoc_object(file);
	s.scar = any;
	if (read_nodes(&s, file))
		return;
	prove(!is_wrong && nr_taken == s.scar.nr_nodes);
	prove(s.scar.length ==
	      sizeof(s.scar) + nr_taken * sizeof(struct scar_node));
}

/* ---- The header --------------------------------------------------------- */

void proof_table_members(void)
{
	struct scar_header any;

	s.scar = any;
	if (check_members(&s))
		return;
	prove(s.scar.nr_nodes <= HANDLE_MAX_NODES);
	prove(s.scar.length ==
	      sizeof(struct scar_header) +
		      s.scar.nr_nodes * sizeof(struct scar_node));
	prove(!s.scar.nr_nodes ||
	      (s.scar.low_pa && s.scar.low_size &&
	       s.scar.low_pa + s.scar.low_size <= 0x100000));
}

void proof_table_sum(void)
{
	uint32_t nr;
	const uint8_t *p = any_bytes(&nr);

	prove(table_sum_ok(p, nr) == !sum_of(p, nr));
}

static bool header_is_good(const uint8_t *p, uint32_t size)
{
	return !memcmp(p, &s.scar, sizeof(s.scar)) &&
	       !memcmp(s.scar.signature, "SCAR", 4) && s.scar.length == size &&
	       s.scar.abi_version == SIDECAR_ABI_VERSION &&
	       table_sum_ok(p, size);
}

/* One byte more or less than a header, too. */
void proof_table_header(void)
{
	static uint8_t less[sizeof(struct scar_header) - 1],
		exact[sizeof(struct scar_header)],
		more[sizeof(struct scar_header) + 1];

	__CPROVER_havoc_object(less);
	__CPROVER_havoc_object(exact);
	__CPROVER_havoc_object(more);
	prove(check_header(&s, less, sizeof(less)));
	if (!check_header(&s, exact, sizeof(exact)))
		prove(header_is_good(exact, sizeof(exact)));
	if (!check_header(&s, more, sizeof(more)))
		prove(header_is_good(more, sizeof(more)));
}
