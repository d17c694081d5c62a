# SPDX-License-Identifier: MIT
# How jobs are compiled and linked, in this tree and with job.mk.

JOB_CFLAGS := -std=gnu11 -O2 -ffreestanding -fpie -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fcf-protection=none \
	-fstack-clash-protection
# Without this gcc makes loops into calls of the C library that is not there; clang
# does not, as it knows no library with -ffreestanding.
JOB_GCC := $(if $(shell $(CC) --version 2>/dev/null | grep clang),,-fno-tree-loop-distribute-patterns)

JOB_CHECK := $(dir $(lastword $(MAKEFILE_LIST)))check.sh

# All objects that a .job depends on, into it and the .elf that it is taken from
define link-job
$(LD) -n -static -z noexecstack -T $(JOB_LDS) $(filter %.o,$^) \
	-o $(@:.job=.elf) && $(OBJCOPY) -O binary $(@:.job=.elf) $@ && \
	sh $(JOB_CHECK) $(@:.job=.elf) $@
endef
