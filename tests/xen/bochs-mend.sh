# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by bochs.sh in Bochs' source tree: what is changed there. Each change is
# found by Bochs' own text, which must be there exactly once, or the build fails.

# swap FILE OLD NEW: OLD, one line or more, gives way to NEW
swap()
{
	local file=$1

	OLD=$2 NEW=$3 awk '
		BEGIN { RS = "\001"; old = ENVIRON["OLD"] }
		{
			at = index($0, old)
			tail = substr($0, at + length(old))
			if (!at || index(tail, old)) exit 1
			printf "%s%s%s", substr($0, 1, at - 1), ENVIRON["NEW"], tail
		}' "$file" >"$file.new" ||
		fail "$file: not exactly once: $2"
	mv "$file.new" "$file"
}

# What Xen's guests died of, or hung in
mend_faults()
{
	# A guest that is entered with interrupts disabled must still exit when a
	# physical interrupt comes: what the entry's load of RFLAGS masked, before
	# the CPU was in the guest, is looked at again.
	swap cpu/vmx.cc 'BX_CPU_THIS_PTR in_vmx_guest = true;' \
		'BX_CPU_THIS_PTR in_vmx_guest = true; handleInterruptMaskChange();'
	# The guest's virtual interrupts stay disabled then.
	swap cpu/event.cc 'if (is_pending(BX_EVENT_PENDING_VMX_VIRTUAL_INTR))' \
		'if (is_unmasked_event_pending(BX_EVENT_PENDING_VMX_VIRTUAL_INTR))'
	# With several CPUs, too, an exception or VM exit leaves nothing behind of
	# the instruction before it: the next one would restore its RIP and RSP.
	swap main.cc 'BX_CPU(processor)->icount++;' \
		'BX_CPU(processor)->icount++;
          BX_CPU(processor)->prev_rip = BX_CPU(processor)->get_rip();
          BX_CPU(processor)->speculative_rsp = false;'
	# Its TLB does not know a VPID, and a VM entry leaves global entries in it: those
	# of a vCPU that was here before, and has changed its tables on another CPU.
	swap cpu/vmx.cc 'vm->vpid = VMread16(VMCS_16BIT_CONTROL_VPID);' \
		'Bit16u last = vm->vpid;
    vm->vpid = VMread16(VMCS_16BIT_CONTROL_VPID);
    if (vm->vpid != last) TLB_flush();'
	# If the delivery of a virtual interrupt meets a page that Xen has made read-only,
	# as while a guest is migrated, the VM exit says which interrupt it was.
	swap cpu/vapic.cc \
		'vm->rvi = vapic_clear_and_find_highest_priority_int(BX_LAPIC_IRR1, vector);' \
		'vm->rvi = vapic_clear_and_find_highest_priority_int(BX_LAPIC_IRR1, vector);
  vm->idt_vector_info = vector | (BX_EXTERNAL_INTERRUPT << 8);
  vm->idt_vector_error_code = 0;'
	# The privilege level comes before the VM exit.
	swap cpu/xsave.cc 'VMexit(VMX_VMEXIT_XSETBV, 0);' \
		'if (CPL != 0) exception(BX_GP_EXCEPTION, 0);
    VMexit(VMX_VMEXIT_XSETBV, 0);'
	# A posted-interrupt descriptor is aligned to 64 bytes.
	swap cpu/vmx.cc 'if (! IsValidPageAlignedPhyAddr(vm->pid_addr)) {' \
		'if (! IsValidPhyAddr(vm->pid_addr) || (vm->pid_addr & 0x3f)) {'
}

# A halted CPU, if it is the only one, waits for nothing but the next timer.
mend_halt()
{
	swap pc_system.h 'static BX_CPP_INLINE void tickn(Bit32u n) {' \
		'static BX_CPP_INLINE void tick_to_event(void) {
    bx_pc_system.currCountdown = 0;
    bx_pc_system.countdownEvent();
  }
  static BX_CPP_INLINE void tickn(Bit32u n) {'
	swap cpu/event.cc 'BX_TICKN(10);' 'bx_pc_system.tick_to_event();'
}

# A host with more than 2 GiB
mend_memory()
{
	swap config.cc '1, 2048,' '1, 65536,'
	swap memory/memory_stub.cc 'new Bit8u [(Bit32u)(bytes + test_mask)]' \
		'new Bit8u [bytes + test_mask]'
}

mend()
{
	mend_faults
	mend_halt
	mend_memory
}
