# SPDX-License-Identifier: MIT
# Included by the Makefile, whose variables it uses: what make check, make test,
# make soak, make fuzz, make coverage, make prove and make mutants run.

C_FILES = $(shell git ls-files -co --exclude-standard '*.c' '*.h')
SH_FILES = $(shell git ls-files -co --exclude-standard '*.sh') \
	tests/xen/dom0-init tests/xen/dom0-case tests/xen/dom0-actions \
	tests/xen/dom0-block tests/xen/dom0-bootloader tests/xen/dom0-disk \
	tests/xen/guest-init tests/xen/guest-sidecar tests/xen/guest-parts \
	tests/xen/dom0-libvirt tests/xen/dom0-xl-patched tests/xen/dom0-xl-early \
	tests/xen/dom0-xl-nvs \
	tests/bench/guest-bench xen/toolstack/xl-vnuma \
	xen/toolstack/check/xen-sidecar-check \
	xen/toolstack/libvirt/preload \
	sidecar/install/xen-sidecar-setup sidecar/install/11_xen_sidecar.in \
	sidecar/jobs/job-cc.in tests/guest/udev-init .ci/run
PLAN_TESTS := test_plan test_plan_random test_plan_million
HOST_BINS := $(addprefix $(B)/tests/,$(HOST_TESTS) $(PLAN_TESTS) \
	$(CLIENT_TESTS) $(DISTURBED_TESTS) test_start test_access test_view \
	test_barrier test_jitter test_ring test_ring_threads)
# Not by git, which those who only build and install need not have.
HEADERS := $(shell find include lib pvh sidecar tests xen -name '*.h')
# What the client is compiled from.
CLIENT_C := $(LIBSIDECAR:%=sidecar/lib/%) \
	$(patsubst %,sidecar/ctl/%,$(filter-out %-job,$(CTL)))

COV := $(COMMON) $(XENHDR) -O0 -g --coverage
FUZZ := $(COMMON) $(XENHDR) -D_GNU_SOURCE -O1 -g -fsanitize=address,undefined \
	-fno-sanitize-recover=all
# The plan's tests know more vCPUs than a guest can have.
BIG := -DTOPOLOGY_MAX_VCPUS=2048 -Itests/host

compile-host = $(CC) $(HOST)
compile-cov = $(CC) $(COV)
compile-cov-big = $(CC) $(COV) $(BIG)
compile-fuzz-objects = clang $(FUZZ) -fsanitize=fuzzer-no-link
# The other compiler, for its warnings
compile-clang = clang $(filter-out $(NO_ALIGN),$(FREE))
compile-clang-client = clang $(CLIENT)
compile-clang-job = clang $(JOB)
compile-clang-plan = clang $(CLIENT) $(XENHDR) -D_GNU_SOURCE

$(foreach f,host cov cov-big fuzz-objects \
	clang clang-client clang-job clang-plan,$(eval $(call flavour,$(f))))

.PHONY: check check-tools check-format check-clang check-static check-driver check-includes \
	check-pure check-model check-docs check-man check-host
.PHONY: test lab-all soak test-udev fuzz coverage
.PHONY: prove check-prove mutants depth

# Two lanes: steps that write only to their own folder run in parallel with the rest.
check: check-tools all
	@$(MAKE) --no-print-directory check-model test-deb & beside=$$!; \
		$(MAKE) --no-print-directory check-format check-static \
		check-driver check-pure check-man check-docs check-clang check-host \
		check-prove || \
		{ kill $$beside; exit 1; }; wait $$beside
	@$(MAKE) --no-print-directory fuzz TIME=5
	@echo "make check: all passed"

BEGUN := $(shell date +%s)

# XEN=, CPU= or CASE= take a part of the lab. The lab's kernels come first: with them
# the check compares all cases.
PART := $(CASE)$(filter-out file,$(origin XEN))$(filter-out file,$(origin CPU))

test: SETUP_CPU = $(if $(PART),$(CPU),intel)
test: lab $(if $(PART),check,lab-all)
	@BEGUN=$(BEGUN) tests/xen/test.sh $(if $(PART),-x $(XEN) -c $(CPU) $(CASE))

# All that the lab needs for both Xens, faults and udev's rules.
lab-all: $(B)/fault/shim.elf
	@$(MAKE) --no-print-directory lab XEN=4.20

# The protocol without a lock, faults one by one, 200 boots, 1,000 rounds: hours. Goes
# on after an interruption. SOAK=10 takes a tenth.
soak: check-tools lab $(B)/fault/shim.elf $(DISTURBED_TESTS:%=$(B)/tests/%)
	@CC="$(CC)" tests/xen/soak.sh -x $(XEN) -c $(CPU)

# Rules for udev on real Linux, without Xen.
test-udev: setup
	@tests/guest/udev.sh $(B)

check-tools: headers
	@tests/xen/setup.sh check

check-format:
	@clang-format --dry-run -Werror $(C_FILES)
	@shellcheck -x $(SH_FILES)

check-clang: $(addprefix $(B)/clang/,$(addsuffix .o,$(PURE) $(SHIM) $(KERNEL_OBJS) \
		$(TEST_KERNEL) tests/fault/shim tests/fault/vcpu)) \
	$(CLIENT_C:%=$(B)/clang-client/%.o) \
	$(JOBS:%=$(B)/clang-job/%.o) \
	$(SIDECAR_PLAN:%=$(B)/clang-plan/xen/toolstack/plan/%.o)

check-static:
	@cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr \
		--enable=warning,portability -Iinclude -I. \
		-D__x86_64__ -DXL_VNUMA_XEN_MINOR=17 -DJOBS_DIR='"/"' \
		--suppress=missingIncludeSystem \
		lib pvh sidecar xen/guest xen/toolstack

# The driver, for the kernels whose headers make lab has fetched, and for Linux's own
# check of style, which make soak fetches
CHECKPATCH := $(LAB)/checkpatch/checkpatch.pl

check-driver:
	@k=$$(cat $(LAB)/headers-[0-9]*/kdir 2>/dev/null); \
		[ -z "$$k" ] || sidecar/driver/build.sh $(B)/driver $$k
	@[ ! -e $(CHECKPATCH) ] || sidecar/driver/checkpatch.sh $(CHECKPATCH)

# Which folder includes whose headers.
check-includes:
	@tests/host/includes.py

# The pure objects together may want nothing but mem*, and what is not pvh/ nothing
# of pvh/. Files of the library and of sidecarctl use only lower ones.
check-pure: check-includes $(PURE_O) $(SHIM_O) $(LIBSIDECAR_O) $(CTL_O)
	@tests/host/layers.py sidecar/lib $(LIBSIDECAR_O)
	@tests/host/layers.py sidecar/ctl $(CTL_O)
	@$(LD) -r $(PURE_O) -o $(B)/pure.o
	@bad=$$(nm -u $(B)/pure.o | grep -vwE 'memcpy|memmove|memset|memcmp'); \
	test -z "$$bad" || { echo "pure objects reference: $$bad"; exit 1; }
	@bad=$$(nm $(B)/pure.o | grep -E ' [BbDdC] '); \
	test -z "$$bad" || { echo "pure objects have state: $$bad"; exit 1; }
	@$(LD) -r $(filter-out $(B)/free/pvh/%,$(SHIM_O)) -o $(B)/below.o
	@bad=$$(nm -u $(B)/below.o); \
	test -z "$$bad" || { echo "lib, sidecar and xen/guest reference: $$bad"; exit 1; }

# The protocol between clients, vCPU, Xen and Linux, all states of it.
check-model: $(B)/tests/model.ok

$(B)/tests/model.ok: $(wildcard tests/model/*) include/abi/sidecar.h
	@mkdir -p $(@D)
	@CC="$(CC)" tests/model/check.sh $(B)
	@touch $@

check-docs: plan $(B)/sidecarctl $(B)/tests/test_arguments
	@tests/host/test_docs.sh $(B)/sidecarctl $(B)/sidecar-plan \
		$(B)/tests/test_arguments

check-man: $(B)/check/prefix/.made
	@mandoc -T lint -W warning docs/man/*
	@tests/host/test_man.sh $(B)/sidecarctl $(B)/sidecar-plan

check-host: $(HOST_BINS) all $(B)/libsidecar.a $(EXAMPLE_JOBS) $(B)/tests/sidecar-plan \
		$(B)/test-kernel-low.elf $(B)/check/prefix/.made $(B)/tests/job_runner $(JOB_LDS)
	@for t in $(HOST_BINS); do echo "  $$t"; $$t >$$t.log 2>&1 || \
		{ cat $$t.log; echo "FAIL $$t"; exit 1; }; done
	@CC="$(CC)" CFLAGS="$(WARN)" tests/host/test_xl_vnuma.sh $(B) \
		$(LAB) $(XENS) >$(B)/tests/xl_vnuma.log || \
		{ cat $(B)/tests/xl_vnuma.log; exit 1; }
	@tests/host/test_libvirt.sh $(B)
	@tests/host/test_sidecar_check.sh $(B)
	@tests/host/test_sidecar_plan.sh $(B)/tests/sidecar-plan $(B) \
		>$(B)/tests/sidecar-plan.log 2>&1 || \
		{ cat $(B)/tests/sidecar-plan.log; exit 1; }
	@tests/host/test_iasl.sh $(B)/tests/test_acpi_write
	@tests/host/test_bare.sh $(B)
	@tests/host/test_guest_setup.sh
	@tests/host/test_grub.sh $(B)
	@tests/host/test_job_link.sh $(B)
	@tests/host/test_job_cc.sh $(B)
	@tests/host/test_lab.sh
	@tests/host/test_expect.sh
	@CC="$(CC)" tests/host/test_install.sh $(B)

# libFuzzer, a target each: it starts from what is kept in tests/host/corpus/NAME
# and adds what it finds to build/fuzz/NAME.
FUZZERS := startinfo multiboot2 acpi image uki lines vnuma request client kernel
TIME ?= 60

fuzz: $(FUZZERS:%=$(B)/fuzz/fuzz_%)
	@mkdir -p $(FUZZERS:%=$(B)/fuzz/%)
	@$(foreach f,$(FUZZERS),( $(B)/fuzz/fuzz_$(f) -max_total_time=$(TIME) \
		-max_len=8192 -timeout=60 -print_final_stats=1 \
		-artifact_prefix=$(B)/fuzz/crash-$(f)- $(B)/fuzz/$(f) \
		tests/host/corpus/$(f) >$(B)/fuzz/$(f).log 2>&1; \
		echo $$? >$(B)/fuzz/$(f).rc ) & ) wait
	@for f in $(FUZZERS); do \
		n=$$(sed -n 's/stat::number_of_executed_units: *//p' \
			$(B)/fuzz/$$f.log); \
		cov=$$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' $(B)/fuzz/$$f.log | \
			tail -n 1); \
		if [ "$$(cat $(B)/fuzz/$$f.rc)" = 0 ]; then \
			echo "  fuzz $$f: $$n executions, cov: $$cov"; \
		else tail -n 20 $(B)/fuzz/$$f.log; \
			echo "FAIL fuzz $$f (build/fuzz/$$f.log)"; exit 1; fi; done

FUZZ_C := tests/host/fuzz.c $(PURE:%=%.c) xen/toolstack/request.c

$(B)/fuzz/fuzz_%: $(FUZZ_C) $(HEADERS) | headers
	@mkdir -p $(@D)
	@echo "  FUZZER $*"
	@clang $(filter-out -MMD -MP,$(FUZZ)) -fsanitize=fuzzer -DFUZZ=fuzz_$* \
		$(FUZZ_C) -o $@

# The client on a guest in memory, and the kernel on registers, of the fuzzer.
FUZZ_CLIENT := tests/host/fuzz_client tests/host/fuzz_guest \
	tests/host/fake/sidecar \
	$(patsubst %,sidecar/lib/%,$(filter-out file claim notes,$(LIBSIDECAR)))
FUZZ_KERNEL := tests/host/fuzz_kernel tests/host/fuzz_kernel_view \
	$(filter-out %/registers %/access,$(KERNEL_OBJS))

$(B)/fuzz/fuzz_client: $(FUZZ_CLIENT:%=$(B)/fuzz-objects/%.o)
$(B)/fuzz/fuzz_kernel: $(FUZZ_KERNEL:%=$(B)/fuzz-objects/%.o)
$(B)/fuzz/fuzz_client $(B)/fuzz/fuzz_kernel:
	@mkdir -p $(@D)
	@echo "  FUZZER $(@:$(B)/fuzz/fuzz_%=%)"
	@clang $(FUZZ) -fsanitize=fuzzer $^ -lcmocka -o $@

$(B)/fuzz-objects/sidecar/lib/%.o: private EXTRA = -Dmmap=fake_mmap \
	-Dmunmap=fake_munmap -Dmalloc=fake_malloc
$(FUZZ_KERNEL:%=$(B)/fuzz-objects/%.o): \
	private EXTRA = -iquote tests/host/fake -Isidecar/kernel

# tests FOLDER,FLAVOUR,COMPILER: the tests of pure objects and of the client
define tests
$(HOST_TESTS:%=$(1)/%): $(1)/%: $(B)/$(2)/tests/host/%.o $(PURE:%=$(B)/$(2)/%.o)
$(CLIENT_TESTS:%=$(1)/%) $(DISTURBED_TESTS:%=$(1)/%): $(1)/%: $(B)/$(2)/tests/host/%.o \
	$(FAKE_SIDECAR:%=$(B)/$(2)/%.o) $(CLIENT_C:%=$(B)/$(2)/%.o) $(JITTER_JOB_O)
$(addprefix $(1)/,$(HOST_TESTS) $(CLIENT_TESTS) $(DISTURBED_TESTS)):
	@mkdir -p $$(@D)
	@$(3) $$(WRAP) $$^ -lcmocka -o $$@
endef

$(eval $(call tests,$(B)/tests,host,$$(CC) $$(HOST)))
$(eval $(call tests,$(B)/cov,cov,$$(CC) --coverage))

# sidecarctl's main() is called by a test.
$(B)/host/sidecar/ctl/main.o $(B)/cov/sidecar/ctl/main.o: \
	private EXTRA = -Dmain=sidecarctl -Wno-missing-prototypes

# Its searches for memory are counted and fail on demand.
WRAP :=
$(B)/tests/test_decide $(B)/cov/test_decide: private WRAP := $(patsubst %,\
	-Xlinker --wrap=memmap_%,is_ram find_low find_high largest_free)
# Its Linux is an old one on demand.
$(B)/tests/test_client $(B)/cov/test_client: private WRAP := \
	-Xlinker --wrap=file_write

# It runs jobs in its own memory, at their address.
$(B)/tests/job_runner: tests/host/job_runner.c include/abi/job.h
	@mkdir -p $(@D)
	@$(CC) $(filter-out -MMD -MP,$(COMMON)) -D_GNU_SOURCE -O1 -g $< -o $@

# Tests that are compiled together with the files that they test: start.c has the
# test for its Xen and its registers; the fixups of access.c are 32-bit addresses.
ALONE := $(addprefix $(B)/tests/,test_start test_access test_view test_ring \
	test_barrier test_jitter \
	test_ring_threads $(PLAN_TESTS))

$(B)/tests/test_start: tests/host/test_start.c sidecar/start.c \
	sidecar/start_fill.c sidecar/start_node_pages.c sidecar/plan.c \
	lib/error.c tests/host/fake/cpu.h $(B)/free/sidecar/image.o
$(B)/tests/test_start: private EXTRA = -Itests/host/fake

$(B)/tests/test_access: tests/host/test_access.c sidecar/kernel/access.c \
	sidecar/kernel/error.c
$(B)/tests/test_access: private EXTRA = -Isidecar/kernel -fno-pie -no-pie

# Once more where two threads must not race.
$(B)/tests/test_ring $(B)/tests/test_ring_threads: tests/host/test_ring.c
$(B)/tests/test_ring: private EXTRA = -pthread
$(B)/tests/test_ring_threads: private EXTRA = -pthread -DNR_MESSAGES=100000u
$(B)/tests/test_ring_threads: private HOST = $(COMMON) -O1 -g -fsanitize=thread

# int JOB_INT arrives as a signal.
$(B)/tests/test_barrier: tests/host/test_barrier.c include/sidecar/job.h
$(B)/tests/test_barrier: private EXTRA = -D_GNU_SOURCE -pthread

$(B)/tests/test_jitter: tests/host/test_jitter.c include/abi/jitter.h

# Its window is at an address of its own.
$(B)/tests/test_view: tests/host/test_view.c sidecar/kernel/view.c \
	sidecar/kernel/error.c tests/host/fake/cpu.h
$(B)/tests/test_view: private EXTRA = -iquote tests/host/fake -Isidecar/kernel

PLAN_C := tests/host/plan_guest tests/host/openhcl_model sidecar/plan \
	lib/memmap lib/error
$(B)/tests/test_plan: tests/host/test_plan.c $(PLAN_C:%=%.c)
$(B)/tests/test_plan: private EXTRA = $(BIG)
$(B)/tests/test_plan_random $(B)/tests/test_plan_million: \
	tests/host/test_plan_random.c $(PLAN_C:%=%.c)
$(B)/tests/test_plan_random: private EXTRA = $(BIG) -DROUNDS=100000u
# A million rounds: optimised, without sanitizers.
$(B)/tests/test_plan_million: private EXTRA = $(BIG)
$(B)/tests/test_plan_million: private HOST = $(COMMON) $(XENHDR) -O2

$(ALONE):
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(EXTRA) $(HOST) $(filter %.c %.o,$^) -lcmocka -o $@
$(ALONE): $(HEADERS) | headers

# Line coverage by the host tests: 95 % or more of each pure file. Of the client
# it is only said: ways to wake and main() are the lab's.
COV_DIR = $(CURDIR)/$(B)/cov$(if $(filter sidecar/plan,$(1)),-big)/$(dir $(1))

# measure NAMES,PERCENT
define measure
cd $(B)/cov && { $(foreach f,$(1),gcov -n -o $(call COV_DIR,$(f)) \
	../../$(f).c 2>/dev/null | grep -A1 "File.*$(notdir $(f)).c'" | \
	sed -n 's|^Lines executed:\(.*\)%.*|\1 $(f).c|p';) } | \
	awk '{ printf "  %6.2f%% %s\n", $$1, $$2; if ($$1 < $(2)) bad = bad " " $$2 } \
	END { if (bad) print "FAIL coverage: less than $(2)% of" bad; \
		if (NR != $(words $(1))) { bad = 1; \
			print "FAIL coverage of " NR " files of $(words $(1))" } \
		exit !!bad }'
endef

coverage: $(HOST_TESTS:%=$(B)/cov/%) $(CLIENT_TESTS:%=$(B)/cov/%) \
		$(B)/cov-big/test_plan
	@for t in $^; do $$t >$$t.log 2>&1 || \
		{ cat $$t.log; echo "FAIL $$t"; exit 1; }; done
	@$(call measure,$(PURE),95)
	@$(call measure,$(CLIENT_C),0)

$(B)/cov-big/test_plan: $(addprefix $(B)/cov-big/,tests/host/test_plan.o \
		$(PLAN_C:%=%.o))
	@$(CC) --coverage $^ -lcmocka -o $@

# CBMC on the harnesses of tests/proof; PROOF= takes some by name.
PROOF ?= all

prove: headers
	@tests/xen/setup.sh cbmc
	@tests/proof/run.py $(B)/proof $(PROOF)

# Those that take seconds, where CBMC can be had.
check-prove: headers
	@if tests/xen/setup.sh cbmc 2>$(LAB)/cbmc.why; then \
		tests/proof/run.py $(B)/proof quick; \
	else echo "  no proofs: $$(sed -n 's/^setup: //p' $(LAB)/cbmc.why)"; fi

# Which one-token changes of FILE no host test notices.
MUTANTS ?= 25
SEED ?= 1

mutants: headers
	@tests/mutate.py $(B)/mutants $(FILE) $(MUTANTS) $(SEED)

# gcc's search of paths, and clang-tidy with the profile .clang-tidy: some minutes.
DEPTH_C = $(addsuffix .c,$(PURE) $(SHIM) $(CLIENT_C) $(KERNEL_OBJS))
DEPTH := $(filter-out -MMD -MP,$(COMMON)) $(XENHDR) -DJOBS_DIR='"/"' -O1 -fanalyzer

depth: headers
	@for f in $(DEPTH_C); do $(CC) $(DEPTH) -S -o /dev/null $$f || exit 1; done
	@for f in $(DEPTH_C); do \
		clang-tidy --quiet $$f -- $(filter-out -fanalyzer,$(DEPTH)) \
		2>/dev/null || exit 1; done
