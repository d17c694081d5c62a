/* SPDX-License-Identifier: MIT */
/*
 * SET of the sidecar kernel, up to the instruction that writes the register:
 * that one is privileged, so here it is a signal.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel.h"

static sigjmp_buf back;
static struct sidecar_command command;

static void on_signal(int signal)
{
	(void)signal;
	siglongjmp(back, 1);
}

/* The register is written. */
static bool writes(uint64_t reg, uint64_t value)
{
	struct vcpu v = {.command = &command};
	uint32_t result;

	memset(&command, 0, sizeof(command));
	command.arg[0] = reg;
	command.arg[1] = value;
	signal(SIGSEGV, on_signal); /* cmocka has its own */
	if (sigsetjmp(back, 1))
		return true;
	result = access_set(&v);
	assert_int_equal(result, SIDECAR_RESULT_BAD_ARG);
	assert_true(command.error_len > 0);
	return false;
}

static void breakpoints(void **state)
{
	(void)state;
	for (uint64_t reg = SIDECAR_REG_DR0; reg <= SIDECAR_REG_DR3; reg++) {
		assert_true(writes(reg, 0));
		assert_false(writes(reg, 1));
		assert_false(writes(reg, LAYOUT_CONTROL_VA));
		assert_false(writes(reg, LAYOUT_IMAGE_VA + 0x123));
		assert_false(writes(reg, LAYOUT_VCPU_VA));
		assert_false(writes(reg, LAYOUT_KERNEL_END - 1));
		assert_true(writes(reg, LAYOUT_KERNEL_END));
		assert_true(writes(reg, JOB_VA));
		assert_true(writes(reg, UINT64_MAX));
	}
}

/* An access of the kernel to a debug register; I/O, where CR4.DE is off. */
static void debug_control(void **state)
{
	(void)state;
	assert_true(writes(SIDECAR_REG_DR7, 0));
	assert_true(writes(SIDECAR_REG_DR7, 0x400));
	assert_true(writes(SIDECAR_REG_DR7, 0xddddd7ff));
	assert_false(writes(SIDECAR_REG_DR7, 0x2400));
	assert_false(writes(SIDECAR_REG_DR7, 0x2000));
	assert_false(writes(SIDECAR_REG_DR7, UINT64_MAX));
	for (uint32_t n = 0; n < 4; n++)
		for (uint64_t rw = 0; rw < 4; rw++)
			assert_int_equal(writes(SIDECAR_REG_DR7,
						0x400 | rw << (16 + 4 * n)),
					 rw != 2);
	/* that bit means something to DR7 alone */
	assert_true(writes(SIDECAR_REG_DR0, 0x20002000));
	assert_true(writes(SIDECAR_REG_TSC_AUX, 0x2000));
}

static void registers(void **state)
{
	(void)state;
	for (uint64_t reg = 0; reg < SIDECAR_NR_REGS + 2; reg++)
		assert_int_equal(
			writes(reg, JOB_VA),
			(reg >= SIDECAR_REG_DR0 && reg <= SIDECAR_REG_DR3) ||
				reg == SIDECAR_REG_DR7 ||
				reg == SIDECAR_REG_PAT ||
				reg == SIDECAR_REG_TSC_AUX);
	assert_false(writes(UINT64_MAX, 0));
	assert_false(writes(1ull << 32 | SIDECAR_REG_PAT, 0));
	/* an address means something to DR0-3 alone */
	assert_true(writes(SIDECAR_REG_DR7, 0x400));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(breakpoints),
		cmocka_unit_test(debug_control),
		cmocka_unit_test(registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
