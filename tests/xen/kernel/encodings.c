/* SPDX-License-Identifier: MIT */
/*
 * Encodings of instructions, by number: each opcode of each map with each set
 * of prefixes and each ModRM byte but for its r/m, which is a random number, as
 * is what follows. Numbers in a row are far apart, so a few have something of
 * all.
 */
#include "kernel.h"

#define CELL_BITS 20
/* The golden ratio of all cells, odd: comes to each of them. */
#define STRIDE	   0x9e377u
#define NOP	   0x90u
#define NOPS	   0x9090909090909090ull
#define LENGTH_MAX 15u /* of an instruction */

enum form {
	ONE,
	TWO,
	MAP_38,
	MAP_3A,
	VEX_2,
	VEX_3,
	EVEX,
	XOP
};

struct cell {
	enum form form;
	uint8_t opcode, modrm;
	uint8_t set; /* of prefixes, or that many bits of a VEX prefix */
};

/* SDM volume 2, 2.1 and 2.2; a zero ends each. */
static const uint8_t prefixes[16][4] = {
	{0},	      {0x66},	    {0xf2},	  {0xf3},
	{0xf0},	      {0x48},	    {0x64},	  {0x65, 0x67},
	{0x66, 0x48}, {0xf2, 0x48}, {0xf3, 0x48}, {0xf0, 0x48},
	{0x67},	      {0x66, 0xf2}, {0x66, 0xf3}, {0x2e, 0x45},
};

static struct cell cell_of(uint64_t n)
{
	uint32_t bits = (uint32_t)(n * STRIDE) & ((1u << CELL_BITS) - 1);

	return (struct cell){
		.form = (enum form)(bits >> 17),
		.opcode = (uint8_t)(bits >> 9),
		.modrm = (uint8_t)((bits >> 4 & 0x1f) << 3 | pick(8)),
		.set = bits & 0xf,
	};
}

/* R, X and B are inverted in all but REX: set means a low register. */
static uint8_t pick_rxb(uint32_t map)
{
	return (uint8_t)((pick(2) ? 0xe0 : pick(8) << 5) | map);
}

/* vvvv: mostly none, as most instructions have it. */
static uint8_t pick_vvvv(void)
{
	return (uint8_t)((pick(2) ? 0xf : pick(16)) << 3);
}

static uint8_t *put_vex(uint8_t *p, const struct cell *c)
{
	/* pp, and L as bit 2 */
	uint8_t low = c->set & 7;
	uint8_t w = (uint8_t)(c->set >> 3 << 7);

	switch (c->form) {
	case VEX_2:
		*p++ = 0xc5;
		*p++ = (uint8_t)(w | pick_vvvv() | low);
		break;
	case VEX_3:
		*p++ = 0xc4;
		*p++ = pick_rxb(pick(16) ? 1 + pick(3) : pick(32));
		*p++ = (uint8_t)(w | pick_vvvv() | low);
		break;
	case XOP:
		*p++ = 0x8f;
		*p++ = pick_rxb(pick(16) ? 8 + pick(3) : pick(32));
		*p++ = (uint8_t)(w | pick_vvvv() | low);
		break;
	default:
		*p++ = 0x62;
		*p++ = (uint8_t)(pick_rxb(1 + pick(3)) | pick(2) << 4);
		*p++ = (uint8_t)(w | pick_vvvv() | 4 | (low & 3));
		*p++ = (uint8_t)(pick(2) ? 8 : pick(256));
	}
	return p;
}

static uint8_t *put_legacy(uint8_t *p, const struct cell *c)
{
	for (const uint8_t *from = prefixes[c->set]; *from; from++)
		*p++ = *from;
	if (c->form != ONE)
		*p++ = 0x0f;
	if (c->form == MAP_38)
		*p++ = 0x38;
	if (c->form == MAP_3A)
		*p++ = 0x3a;
	return p;
}

/* SIB, displacement, immediate: random, small, or NOPs if it has none. */
static uint8_t *put_rest(uint8_t *p)
{
	static const uint64_t rest[4][2] = {
		{UINT64_MAX, 0},
		{0, NOPS},
		{0xff, NOPS << 32},
		{0xffff, NOPS << 40},
	};
	const uint64_t *kind = rest[pick(4)];
	uint64_t bytes = (pick_any() & kind[0]) | kind[1];

	__builtin_memcpy(p, &bytes, sizeof(bytes));
	return p + sizeof(bytes);
}

uint8_t *encoding_put(uint8_t *p, uint64_t n)
{
	struct cell c = cell_of(n);

	p = c.form < VEX_2 ? put_legacy(p, &c) : put_vex(p, &c);
	*p++ = c.opcode;
	*p++ = c.modrm;
	return put_rest(p);
}

/* BT, BTS, BTR, BTC of a register: 0F A3, AB, B3, BB, BA /4 to /7 */
static bool tests_bit(const uint8_t *p)
{
	if (p[0] != 0x0f || p[2] < 0xc0)
		return false;
	return (p[1] & 0xe7) == 0xa3 || (p[1] == 0xba && p[2] & 0x20);
}

static bool is_locked(const uint8_t *p, uint32_t bytes)
{
	for (uint32_t i = 1; i < LENGTH_MAX && i <= bytes; i++)
		if (p[-(int32_t)i] == 0xf0)
			return true;
	return false;
}

void encodings_spare_qemu(uint8_t *p, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		if (tests_bit(p + i) && is_locked(p + i, i))
			p[i] = NOP;
}
