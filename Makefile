# SPDX-License-Identifier: MIT
# The shim with its sidecar; xl-vnuma and sidecar-plan for the host; sidecarctl,
# libsidecar and jobs for the guest; packages; tests. Everything is built in build/.

# ---- tools -----------------------------------------------------------------

CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
LD := ld
OBJCOPY := objcopy
B := build
# Xen's headers, kernels, QEMU: what tests/xen/setup.sh fetches
LAB ?= build/lab
XEN ?= 4.17
CPU ?= amd
# make test sets up intel, too
SETUP_CPU = $(CPU)
XENS := 4.17 4.20
# Of libsidecar: the major version changes on an incompatible ABI change.
LIBVERSION := $(shell sed -n 's/^.define SIDECAR_VERSION_M[AI][JN]OR //p' \
	include/sidecar/libsidecar.h | paste -sd .)
RELEASE := $(shell sed -n 's/^.define RELEASE "\(.*\)"/\1/p' lib/release.h)
SOVERSION := $(basename $(LIBVERSION))

# ---- flags -----------------------------------------------------------------

WARN := -Wall -Wextra -Werror -Wshadow -Wconversion -Wundef -Wvla \
	-Wstrict-prototypes -Wmissing-prototypes
XENHDR := -isystem $(LAB)/xen-4.17/usr/include
COMMON := -std=gnu11 -Iinclude -iquote . $(WARN) -MMD -MP
# Without these gcc 14's shim.elf is larger than SHIM_MAX; clang has no such flags.
NO_ALIGN := $(if $(findstring clang,$(CC)),,-fno-align-functions -fno-align-jumps \
	-fno-align-loops -fno-align-labels)
FREE := $(COMMON) $(XENHDR) $(NO_ALIGN) -O2 -g -ffreestanding -fno-pic -fno-pie \
	-fno-stack-protector -mno-red-zone -mgeneral-regs-only \
	-fno-asynchronous-unwind-tables -fcf-protection=none
KERNEL := $(filter-out -fno-pic -fno-pie,$(FREE)) -fpie \
	-fno-tree-loop-distribute-patterns -Os
include sidecar/jobs/flags.mk
JOB := $(COMMON) -g $(JOB_CFLAGS)
ASM := -Iinclude -I$(B) -MMD -MP -g
HOST := $(COMMON) $(XENHDR) -O1 -g -fsanitize=address,undefined \
	-fno-sanitize-recover=all
CLIENT = $(COMMON) -O2 -g -fPIC $(CPPFLAGS) $(CFLAGS)
# Extra flags for single objects or tests
EXTRA :=

# ---- objects ---------------------------------------------------------------

PURE := lib/error lib/memmap lib/packages lib/text \
	pvh/log_format \
	pvh/read/acpi pvh/read/cmdline_cpus pvh/read/dsdt pvh/read/image \
	pvh/read/multiboot2 \
	pvh/read/options pvh/read/start_info \
	pvh/read/topology pvh/read/topology_text pvh/read/topology_xen \
	pvh/read/uki \
	pvh/decide/cmdline pvh/decide/decide pvh/decide/handover \
	pvh/decide/linux_cpus pvh/decide/place \
	pvh/write/acpi pvh/write/acpi_madt pvh/write/acpi_scar pvh/write/acpi_srat \
	pvh/write/acpi_ssdt pvh/write/boot_params pvh/write/start_info \
	sidecar/plan
SHIM := lib/mem \
	pvh/log pvh/log_write pvh/main pvh/paging pvh/report pvh/report_plan \
	pvh/stages pvh/stages_linux pvh/stages_uki pvh/traps \
	sidecar/start sidecar/start_features sidecar/start_fill \
	sidecar/start_node_pages \
	xen/guest/console xen/guest/hypercall xen/guest/vcpu xen/guest/vnuma \
	xen/guest/xen \
	$(FAULT:%=tests/fault/shim)
SHIM_ASM := pvh/entry sidecar/image
KERNEL_OBJS := sidecar/kernel/access sidecar/kernel/command sidecar/kernel/error \
	sidecar/kernel/event sidecar/kernel/job sidecar/kernel/job_trap \
	sidecar/kernel/job_wait sidecar/kernel/main sidecar/kernel/registers \
	sidecar/kernel/translate sidecar/kernel/view \
	$(FAULT:%=tests/fault/vcpu)
# Each uses only what stands before it: tests/host/layers.py
LIBSIDECAR := error sized \
	file_path file life wake changes event claim notes devmem \
	driver_memory driver_call driver \
	table cpus sysfs softirqs control_check control lock \
	vcpu driver_nodes info hold wait restart move command request \
	job_log job_slice job_io job_fault job_ring job_end gang job_start job_tend \
	job_attach job_poll gang_start shared boot_log open
JOB_START := sidecar/jobs/start
JOBS := $(filter-out $(JOB_START),\
	$(patsubst %.c,%,$(wildcard sidecar/jobs/*.c tests/xen/jobs/*.c)))
SIDECAR_JOBS := $(patsubst sidecar/jobs/%,%,$(filter sidecar/%,$(JOBS)))
TEST_JOBS := hello jitter $(patsubst tests/xen/jobs/%,test-%,$(filter tests/%,$(JOBS)))
CTL := jitter-job elf_file show show_list show_jitter report \
	usage words options lines help arguments choose \
	interrupt warn job_elf job_file job_text keep jobs core transfer where \
	run vcpus registers compare measure main
SIDECAR_PLAN := acpi_libxl config config_vnuma dropped file guest guest_load lines \
	machine main packages_note predict print_json print_svg print_text \
	source
TEST_KERNEL := tests/xen/kernel/bell tests/xen/kernel/client tests/xen/kernel/commands \
	tests/xen/kernel/encodings tests/xen/kernel/garbage \
	tests/xen/kernel/instructions \
	tests/xen/kernel/jobs tests/xen/kernel/main tests/xen/kernel/measure \
	tests/xen/kernel/memory \
	tests/xen/kernel/numa tests/xen/kernel/pause tests/xen/kernel/registers
# The shim's entry, log and hypercalls, and what they use.
TEST_KERNEL_SHIM := pvh/entry \
	lib/error lib/mem lib/memmap lib/packages lib/text \
	pvh/log pvh/log_format pvh/log_write pvh/paging pvh/traps \
	pvh/read/acpi pvh/read/start_info \
	$(filter xen/guest/%,$(SHIM))
# With the parts of the shim that sidecar-plan runs.
PLAN_PARTS := $(SIDECAR_PLAN:%=xen/toolstack/plan/%) \
	pvh/log pvh/report pvh/report_plan pvh/stages pvh/stages_uki \
	sidecar/start_node_pages \
	xen/toolstack/request $(PURE)
XL_VNUMA := xen/toolstack/libxl-vnuma xen/toolstack/libxl-vnuma-cpuid \
	xen/toolstack/libxl-vnuma-shim xen/toolstack/request \
	lib/packages lib/text
# Host tests that link the pure objects and nothing else.
HOST_TESTS := test_acpi test_acpi_chance test_acpi_write test_bootparams \
	test_cmdline test_decide test_dsdt test_error test_image test_image_elf \
	test_log_format test_memmap test_memmap_random test_multiboot2 test_options \
	test_packages test_startinfo test_startinfo_write test_text \
	test_topology test_topology_text test_uki
# With all of the client, on a fake sidecar.
CLIENT_TESTS := test_api test_arguments test_attach test_backend test_client test_command \
	test_ctl test_detach test_driver test_fault test_gang test_job_elf test_run test_run_io \
	test_run_stop
# The same, in a process that is disturbed.
DISTURBED_TESTS := test_failing test_killed
FAKE_SIDECAR := tests/host/fake/sidecar tests/host/fake/tree

# Functions wrapped by tests/fault/, with FAULT=1.
WRAP_SHIM := shim_main $(addprefix stage_,xen start_info memory topology plan sidecar \
	acpi linux wait) report_stages log_finish log_die paging_map decide \
	$(addprefix memmap_,is_ram find_low find_high largest_free) \
	$(addprefix hypercall_,memory_op hvm_op event_channel_op sched_op multicall) \
	start_vcpus
WRAP_KERNEL := command_page_clear
wrap = $(if $(FAULT),$(patsubst %,--wrap=%,$(1)))

# The shim that fails on demand has more in it, and no use but tests.
SHIM_MAX := $(if $(FAULT),114688,98304)

PURE_O := $(PURE:%=$(B)/free/%.o)
SHIM_O := $(SHIM_ASM:%=$(B)/free/%.o) $(SHIM:%=$(B)/free/%.o) $(PURE_O)
KERNEL_O := $(B)/kernel/sidecar/kernel/entry.o $(KERNEL_OBJS:%=$(B)/kernel/%.o)
TEST_KERNEL_O := $(TEST_KERNEL:%=$(B)/free/%.o) \
	$(B)/free/tests/xen/kernel/instructions-job.o \
	$(B)/free/tests/xen/kernel/jobs-files.o \
	$(B)/free/tests/xen/kernel/vcpu.o \
	$(TEST_KERNEL_SHIM:%=$(B)/free/%.o)
LIBSIDECAR_O := $(LIBSIDECAR:%=$(B)/client/sidecar/lib/%.o)
CTL_O := $(CTL:%=$(B)/client/sidecar/ctl/%.o)
JITTER_JOB_O := $(B)/client/sidecar/ctl/jitter-job.o

# ---- what is built ---------------------------------------------------------

.PHONY: all FORCE
all: $(B)/shim.elf $(B)/libxl-vnuma.so $(B)/xl-vnuma $(B)/sidecarctl \
	$(B)/libsidecar.so $(B)/job-cc $(SIDECAR_JOBS:%=$(B)/jobs/%.job) plan host-check

FORCE:

.DELETE_ON_ERROR:
.SECONDARY:

# ---- flavours of objects ---------------------------------------------------

# PATH.c is compiled into $(B)/FLAVOUR/PATH.o by compile-FLAVOUR. The guest's files
# (jobs, client) see no Xen headers: a guest has none.
compile-free = $(CC) $(FREE)
compile-kernel = $(CC) $(KERNEL)
compile-jobs = $(CC) $(JOB) $(JOB_GCC)
compile-client = $(CC) $(CLIENT)
compile-plan = $(CC) $(CLIENT) $(XENHDR) -D_GNU_SOURCE

# flavour NAME: its rules. Flags that name Xen's headers have them fetched first.
define flavour
FLAVOURS += $(1)

$(B)/$(1)/%.o: %.c $(if $(findstring $(XENHDR),$(compile-$(1))),| headers)
	@mkdir -p $$(@D)
	@echo "  $(if $(filter clang%,$(1)),CLANG,CC) $$<"
	@$$(compile-$(1)) $$(EXTRA) -c $$< -o $$@

$(B)/$(1)/%.o: %.S
	@mkdir -p $$(@D)
	@echo "  AS $$<"
	@$$(CC) $$(ASM) -c $$< -o $$@
endef

$(foreach f,free kernel jobs client plan,$(eval $(call flavour,$(f))))

# ---- the shim --------------------------------------------------------------

LD_FREE := $(LD) -n -static -nostdlib -z noexecstack --gc-sections

$(B)/shim.elf: $(SHIM_O) pvh/shim.lds
	@$(LD_FREE) $(call wrap,$(WRAP_SHIM)) -T pvh/shim.lds $(SHIM_O) -o $@.debug
	@$(OBJCOPY) --strip-all $@.debug $@
	@echo "  shim.elf: $$(stat -c %s $@) bytes"
	@[ $$(stat -c %s $@) -le $(SHIM_MAX) ] || \
		{ echo "shim.elf: more than $(SHIM_MAX) bytes"; exit 1; }

$(B)/free/sidecar/image.o: $(B)/kernel/kernel.bin $(B)/kernel/low.bin

# With faults on demand, for tests alone: tests/fault/fault.h.
$(B)/fault/shim.elf: $(B)/shim.elf FORCE
	@$(MAKE) --no-print-directory B=$(B)/fault FAULT=1 $@

# ---- the sidecar image -----------------------------------------------------

$(B)/kernel/kernel.bin: $(KERNEL_O) $(B)/kernel/kernel.lds
	@$(LD) -n -static -z noexecstack $(call wrap,$(WRAP_KERNEL)) \
		-T $(B)/kernel/kernel.lds $(KERNEL_O) -o $(@:.bin=.elf)
	@$(OBJCOPY) -O binary $(@:.bin=.elf) $@

$(B)/kernel/low.bin: $(B)/kernel/sidecar/kernel/low.o
	@$(LD) -Ttext=0 -z noexecstack $< -o $(@:.bin=.elf)
	@$(OBJCOPY) -O binary -j .text $(@:.bin=.elf) $@

# Linker scripts with numbers of a header
$(B)/kernel/kernel.lds: sidecar/kernel/kernel.lds include/abi/layout.h
$(B)/jobs/job.lds: sidecar/jobs/job.lds include/abi/job.h
$(B)/kernel/kernel.lds $(B)/jobs/job.lds:
	@mkdir -p $(@D)
	@$(CC) -E -P -x c -D__ASSEMBLER__ -Iinclude \
		-include $(filter %.h,$^) $< -o $@

# ---- jobs ------------------------------------------------------------------

JOB_LDS := $(B)/jobs/job.lds
JOB_ENTRY_O := $(B)/jobs/sidecar/jobs/entry.o $(B)/jobs/$(JOB_START).o
JOB_PARTS := $(JOB_ENTRY_O) $(JOB_LDS) $(JOB_CHECK)

$(B)/jobs/%.job: $(B)/jobs/sidecar/jobs/%.o $(JOB_PARTS)
	@$(link-job)

$(B)/jobs/test-%.job: $(B)/jobs/tests/xen/jobs/%.o $(JOB_PARTS)
	@$(link-job)

# The examples of docs/jobs.md
EXAMPLE_JOBS := $(B)/jobs/primes.job $(B)/jobs/control-job.job

$(EXAMPLE_JOBS): $(B)/jobs/%.job: $(B)/jobs/docs/examples/%.o $(JOB_PARTS)
	@$(link-job)

$(B)/jobs/stencil.job: $(B)/jobs/sidecar/jobs/stencil/solve.o

# What job-cc links: no loop may become a call of the function that it is in.
LIBJOB := atexit guard main mem str
LIBJOB_O := $(LIBJOB:%=$(B)/jobs/sidecar/jobs/libjob/%.o)

$(LIBJOB_O): EXTRA += -fno-builtin -ffunction-sections

$(B)/libjob.a: $(LIBJOB_O) $(JOB_ENTRY_O)
	@rm -f $@
	@ar rcs $@ $^

# As it is installed, from a folder of this tree.
$(B)/job-cc: sidecar/jobs/job-cc.in $(B)/libjob.a $(JOB_PARTS)
	@mkdir -p $@.d
	@cp $(B)/libjob.a $(JOB_LDS) $@.d/
	@sed -e "s%@\(JOB\|LIB\)DIR@%$(CURDIR)/$@.d%" -e "s|@INCLUDEDIR@|$(CURDIR)/include|g" \
		$< >$@
	@chmod 755 $@

# ---- the test kernel -------------------------------------------------------

$(B)/test-kernel.elf: $(TEST_KERNEL_O) pvh/shim.lds
	@$(LD_FREE) --defsym=load_address=0x1000000 -T pvh/shim.lds \
		$(TEST_KERNEL_O) -o $@

# The same for tests of what is not Linux, and lies where the shim does
$(B)/test-kernel-low.elf: $(TEST_KERNEL_O) pvh/shim.lds
	@$(OBJCOPY) -R .note.Xen $(B)/free/tests/xen/kernel/vcpu.o \
		$(B)/free/vcpu-low.o
	@$(LD_FREE) -T pvh/shim.lds $(B)/free/vcpu-low.o \
		$(filter-out %/tests/xen/kernel/vcpu.o,$(TEST_KERNEL_O)) -o $@

$(B)/free/tests/xen/kernel/jobs-files.o: $(TEST_JOBS:%=$(B)/jobs/%.job)

# It makes hypercalls of its own.
$(foreach f,free clang,$(TEST_KERNEL:%=$(B)/$(f)/%.o)): private EXTRA = -Ixen/guest

# ---- the guest's tool ------------------------------------------------------

# One object first, so that only the library's own names are seen outside.
$(B)/libsidecar.a: $(LIBSIDECAR_O)
	@$(LD) -r $^ -o $(B)/client/all.o
	@$(OBJCOPY) -w --keep-global-symbol='sidecar_*' $(B)/client/all.o
	@rm -f $@
	@ar rcs $@ $(B)/client/all.o

$(B)/libsidecar.so: $(LIBSIDECAR_O) sidecar/lib/libsidecar.map
	@$(CC) -shared $(LDFLAGS) -Wl,-z,defs \
		-Wl,-soname,libsidecar.so.$(SOVERSION) \
		-Wl,--version-script=sidecar/lib/libsidecar.map \
		$(LIBSIDECAR_O) -o $@

# The one job that is part of it
$(JITTER_JOB_O): $(B)/jobs/jitter.job

# Static: it has to run in any guest, an initramfs included.
$(B)/sidecarctl: $(CTL_O) $(B)/libsidecar.a
	@$(CC) -static $(LDFLAGS) $^ -o $@

# For the lab: clients that meet, and what Linux does beside them.
LAB_TOOLS := $(B)/stop-race $(B)/bells $(B)/storm

$(LAB_TOOLS): $(B)/%: tests/xen/%.c $(B)/libsidecar.a
	@echo "  CC $<"
	@$(CC) $(COMMON) -O2 -static -pthread $(filter %.c %.a,$^) -o $@

$(B)/storm: tests/xen/pin.h

$(B)/bells: tests/xen/jobs/echo.h include/sidecar/ring.h

$(B)/control: docs/examples/control.c docs/examples/control.h $(B)/libsidecar.a
	@echo "  CC $<"
	@$(CC) $(COMMON) -O2 -static $(filter %.c %.a,$^) -o $@

# For the lab's xl: both Xens' libxenctrl have the same function.
$(B)/xl-nvs.so: tests/xen/xl-nvs.c | headers
	@echo "  CC $<"
	@$(CC) $(filter-out -MMD -MP,$(COMMON)) $(XENHDR) -O2 -fPIC -shared $< -o $@

# The job stencil on threads of Linux
$(B)/stencil-threads: tests/xen/stencil-threads.c tests/xen/pin.h \
		sidecar/jobs/stencil/solve.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(filter-out -MMD -MP,$(COMMON)) -O2 -static -pthread $(filter %.c,$^) -o $@

# For the lab: a C++ program, by job-cc.
$(B)/program.elf: tests/xen/program.cc $(B)/job-cc
	@echo "  JOB-CC $<"
	@$(B)/job-cc -O2 -Wall -Wextra -fstack-protector-all -o $@ $<

$(B)/driver-calls $(B)/driver-test $(B)/driver-storm: $(B)/%: tests/xen/%.c include/sidecar/driver.h tests/xen/jobs/deeds.h
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(COMMON) -O2 -static $< -o $@

# Where its jobs are: made anew when PREFIX is another.
$(B)/jobs-dir: FORCE
	@mkdir -p $(@D)
	@echo '$(OWNDIR)/jobs' | cmp -s - $@ || echo '$(OWNDIR)/jobs' >$@

$(addprefix $(B)/%/sidecar/ctl/,help.o job_file.o lines.o): \
	private EXTRA = -DJOBS_DIR='"$(OWNDIR)/jobs"'
$(addprefix $(B)/client/sidecar/ctl/,help.o job_file.o lines.o): $(B)/jobs-dir

# ---- the driver for Linux in the guest ------------------------------------

# KDIR: headers of a kernel; else those of each kernel of the lab that has them.
.PHONY: driver
driver:
	@$(if $(KDIR),,tests/xen/setup.sh driver)
	@sidecar/driver/build.sh $(B)/driver \
		$(or $(KDIR),$$(cat $(LAB)/headers-[0-9]*/kdir 2>/dev/null))
	@$(if $(KDIR),,FROM=tests/xen/driver-fault sidecar/driver/build.sh \
		$(B)/driver-fault $$(cat $(LAB)/headers-[0-9]*/kdir 2>/dev/null))

# ---- the xl fix ------------------------------------------------------------

$(B)/libxl-vnuma-4.%.so: $(XL_VNUMA:%=%.c) $(wildcard xen/toolstack/*.h) \
		include/printable.h $(wildcard lib/*.h) | headers
	@echo "  CC $@"
	@$(CC) -std=gnu11 -O2 -g $(WARN) -fPIC -fvisibility=hidden -shared \
		-Wl,-z,defs -Iinclude -iquote . -isystem $(LAB)/xen-4.$*/usr/include \
		-DXL_VNUMA_XEN_MINOR=$* $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) \
		$(filter %.c,$^) -o $@

$(B)/libxl-vnuma.so: $(XENS:%=$(B)/libxl-vnuma-%.so)
	@ln -sf libxl-vnuma-4.17.so $@

$(B)/xl-vnuma: xen/toolstack/xl-vnuma lib/release.h
	@sed 's|@RELEASE@|$(RELEASE)|' $< >$@
	@chmod 755 $@

# ---- xen-sidecar-check -----------------------------------------------------

# Its own files, the lab's cases that it runs, and its guests' programs
CHECK := xen/toolstack/check
CHECK_FILES := $(wildcard $(CHECK)/*.sh $(CHECK)/*.awk $(CHECK)/*.cfg $(CHECK)/*.expect) \
	$(foreach c,vnuma/vnodes-3 vnuma/interleaved vnuma/unequal vcpus/vcpus-64 \
	vnuma-option/vnuma-quoted jobs/jobs,configs/$(c).cfg configs/$(c).expect) \
	$(B)/test-kernel.elf $(B)/jobs/hello.job
CHECK_PROGRAMS := $(B)/check/init $(B)/sidecarctl

.PHONY: host-check
host-check: $(B)/xen-sidecar-check $(CHECK_FILES) $(CHECK_PROGRAMS)

$(B)/xen-sidecar-check: $(CHECK)/xen-sidecar-check lib/release.h
	@sed 's|@RELEASE@|$(RELEASE)|' $< >$@
	@chmod 755 $@

# Static, as it is all that its guest has
$(B)/check/init: $(CHECK)/init.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(filter-out -MMD -MP,$(COMMON)) -D_GNU_SOURCE -Os -static $(CPPFLAGS) \
		$(CFLAGS) $(LDFLAGS) $< -o $@

# As it is installed, for tests
$(B)/check/prefix/.made: $(B)/xen-sidecar-check $(CHECK_FILES) $(CHECK_PROGRAMS) $(B)/shim.elf
	@rm -rf $(@D)
	@mkdir -p $(@D)/sbin $(@D)/lib/xen/boot $(@D)/lib/xen-sidecar/check
	@install -m 755 $< $(@D)/sbin
	@install -m 644 $(CHECK_FILES) $(@D)/lib/xen-sidecar/check
	@install -m 755 $(CHECK_PROGRAMS) $(@D)/lib/xen-sidecar/check
	@install -m 644 $(B)/shim.elf $(@D)/lib/xen/boot
	@touch $@

# ---- sidecar-plan ----------------------------------------------------------

# The static library: one binary for every Xen. xlu_cfg_get_defbool, which is
# not called, alone would want libxenlight.
XLU_A := $(LAB)/xen-4.17/usr/lib/x86_64-linux-gnu/libxlutil.a
XLU := $(XLU_A) -Wl,--defsym=libxl_defbool_set=abort
PLAN_BINARIES := $(B)/plan/xen/toolstack/plan/shim.o $(B)/free/sidecar/image.o

.PHONY: plan
plan: | headers
	@if [ -e $(XLU_A) ]; then \
		$(MAKE) --no-print-directory $(B)/sidecar-plan; else \
		echo "  no sidecar-plan is built: libxlutil.a is missing (libxen-dev)"; fi

$(B)/sidecar-plan: $(PLAN_PARTS:%=$(B)/plan/%.o) $(PLAN_BINARIES)
	@$(CC) $(LDFLAGS) $^ $(XLU) -o $@

# The same with sanitizers, for its test.
$(B)/tests/sidecar-plan: $(PLAN_PARTS:%=$(B)/host/%.o) $(PLAN_BINARIES)
	@mkdir -p $(@D)
	@$(CC) $(HOST) $^ $(XLU) -o $@

$(PLAN_PARTS:%=$(B)/host/%.o): private EXTRA = -D_GNU_SOURCE

$(B)/plan/xen/toolstack/plan/shim.o: $(B)/shim.elf

# ---- real Xen --------------------------------------------------------------

.PHONY: headers setup lab run run-shell
headers:
	@tests/xen/setup.sh headers

setup: headers
	@tests/xen/setup.sh $(XEN) $(SETUP_CPU)

CFG ?= configs/two-nodes.cfg

lab: all setup $(B)/test-kernel-low.elf $(B)/check/prefix/.made $(LAB_TOOLS) \
		$(B)/control $(B)/stencil-threads $(B)/program.elf $(B)/xl-nvs.so \
		$(B)/driver-calls $(B)/driver-test $(B)/driver-storm $(EXAMPLE_JOBS)
	@$(MAKE) --no-print-directory driver
	@tests/xen/dom0.sh $(XEN)
	@tests/xen/guest.sh
	@tests/xen/matrix.sh

run: lab
	@tests/xen/run.sh -x $(XEN) -c $(CPU) -l $(CFG)

run-shell: lab
	@tests/xen/run.sh -x $(XEN) -s

# ---- speed -----------------------------------------------------------------

.PHONY: bench bench-count
bench: lab $(B)/stopwatch $(B)/trips
	@tests/bench/bench.sh $(XEN)

# RECORD=record makes what it finds the new measure.
bench-count: lab
	@tests/bench/count.sh $(RECORD)

$(B)/stopwatch: tests/bench/stopwatch.c tests/xen/pin.h
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(COMMON) -O2 -static -pthread $< -o $@

$(B)/trips: tests/bench/trips.c tests/xen/jobs/echo.h tests/xen/pin.h \
		$(B)/libsidecar.a
	@echo "  CC $<"
	@$(CC) $(COMMON) -O2 -static -pthread $(filter %.c %.a,$^) -o $@

# ---- checks, installation --------------------------------------------------

include tests/checks.mk
include install.mk

# ---- help, clean -----------------------------------------------------------

# All targets, in 80 columns: tests/host/test_docs.sh
define HELP
make TARGET [VARIABLE=VALUE...], into build/

Build              CC=gcc
  all              the default: shim.elf, libxl-vnuma-*.so, xl-vnuma,
                   sidecar-plan and xen-sidecar-check for the host;
                   sidecarctl, libsidecar.so and the jobs for guests
  plan             sidecar-plan alone: man -l docs/man/sidecar-plan.1
  host-check       xen-sidecar-check alone
  driver           the Linux driver, for the kernels of the lab
                   KDIR=HEADERS  of this kernel
  build/jobs/NAME.job
                   the job sidecar/jobs/NAME.c
  clean            remove what was built; downloads (build/lab) stay

Run                on real Xen, in an emulator
                   XEN=4.17 or 4.20  CPU=amd or intel
  run              boot a config and show what Linux sees
                   CFG=configs/two-nodes.cfg
  run-shell        a shell in that Xen's dom0
  lab              build and fetch what these need, and run nothing
  lab-all          the same for all of make test
  setup            only fetch that
  headers          only fetch Xen's headers

Test
  check            without Xen: format, warnings, static analysis, host tests;
                   the parts are check-tools check-format check-static
                   check-driver check-includes check-pure check-clang
                   check-host check-docs check-man check-model check-prove
  test             check, and each case below configs/ on real Xen
                   CASE=NAME  only this one; XEN=, CPU=  only there
  soak             faults one by one, many boots: hours
                   SOAK=10  a tenth of them; XEN=, CPU=
  test-udev        the udev rules on real Linux, a part of test
  fuzz             libFuzzer on everything that reads outside input
                   TIME=60  seconds
  coverage         line coverage of the pure files
  prove            proofs by CBMC, and that broken forms are refuted
                   PROOF=plan_nodes  one of tests/proof/list
  mutants          which one-token changes of a file no host test notices
                   FILE=lib/memmap.c  MUTANTS=25  SEED=1
  depth            gcc -fanalyzer and clang-tidy, some minutes

Measure
  bench            boots side by side, into build/bench
                   BENCH_ROUNDS=3  BENCH_SERIES="direct shim"  XEN=
  bench-count      instructions against the recorded ones
                   RECORD=record  record what was counted

Install            PREFIX=/usr/local  DESTDIR=  BINDIR=  SBINDIR=  LIBDIR=
                   INCLUDEDIR=  MANDIR=  SYSCONFDIR=/etc
  install          all four parts; only install-host needs Xen's headers
  install-host     shim, xl-vnuma, sidecar-plan, xen-sidecar-check
  install-guest    sidecarctl, jobs, service, udev rules
  install-lib      libsidecar.so
  install-driver   what DKMS builds the driver from: DRIVERDIR=
  install-dev      what programs and jobs are built with
  uninstall        remove all of it, with the same variables
  deb              Debian packages, into build/deb
  test-deb         the same, and lintian
endef

.PHONY: help clean
help:
	$(info $(HELP))@:

# The folders of all flavours
FLAVOUR_DIRS := $(FLAVOURS:%=$(B)/%)

clean:
	rm -rf $(FLAVOUR_DIRS) $(addprefix $(B)/,tests fuzz fault model proof mutants soak bench count \
		*.elf* *.o sidecarctl sidecar-plan libsidecar.* xl-vnuma check xen-sidecar-check \
		libxl-vnuma* stopwatch* trips* stop-race* bells* storm* control* driver driver-calls* driver-fault driver-test* driver-storm* xl-nvs* job-cc* libjob.a install deb jobs-dir)

-include $(shell find $(FLAVOUR_DIRS) -name '*.d' 2>/dev/null)
