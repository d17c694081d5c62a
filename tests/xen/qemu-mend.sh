# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by qemu.sh in QEMU's source tree: what is changed there. Each change is
# found by a line of QEMU's, not by its number, and without that line the build fails.

svm=target/i386/tcg/sysemu/svm_helper.c

# put WHERE FILE LINE [TEXT]: TEXT, or else what is read, before or after each line
# of FILE that has LINE in it, or instead of it
put()
{
	local where=$1 file=$2 line=$3 text=${4-}

	[ $# -gt 3 ] || text=$(cat)
	LINE=$line TEXT=$text WHERE=$where awk '
		BEGIN { line = ENVIRON["LINE"]; text = ENVIRON["TEXT"]
			where = ENVIRON["WHERE"] }
		!index($0, line) { print; next }
		{ found++ }
		where == "after" { print }
		{ print text }
		where == "before" { print }
		END { exit !found }' "$file" >"$file.new" ||
		fail "$file has no '$line'"
	mv "$file.new" "$file"
}

# What kept Xen and its guests from running for hours
mend_faults()
{
	# An interrupt that VMRUN injected is not pending any more.
	put after $svm 'do_interrupt_x86_hardirq(env, vector, 1);' \
		'cs->exception_index = -1;'
	# VMRUN begins with the shadow of STI that the VMCB has, not with Xen's.
	put before $svm 'nested_ctl = x86_ldq_phys(cs' <<-'END'
	env->hflags &= ~HF_INHIBIT_IRQ_MASK;
	if (x86_ldl_phys(cs, env->vm_vmcb + offsetof(struct vmcb,
			control.int_state)) & SVM_INTERRUPT_SHADOW_MASK)
		env->hflags |= HF_INHIBIT_IRQ_MASK;
	END
	# Other threads set bits there meanwhile: none of those may be lost.
	put instead $svm 'cs->interrupt_request |= CPU_INTERRUPT_VIRQ;' \
		'qatomic_or(&cs->interrupt_request, CPU_INTERRUPT_VIRQ);'
	put instead $svm 'cs->interrupt_request &= ~CPU_INTERRUPT_VIRQ;' \
		'qatomic_and(&cs->interrupt_request, ~CPU_INTERRUPT_VIRQ);'
	put instead accel/tcg/tcg-accel-ops.c 'cpu->interrupt_request |= mask;' \
		'qatomic_or(&cpu->interrupt_request, mask);'
	put instead hw/core/cpu-common.c 'cpu->interrupt_request &= ~mask;' \
		'qatomic_and(&cpu->interrupt_request, ~mask);'
	# They are CPU 0's flags, and any CPU's thread gets here.
	put before target/i386/tcg/sysemu/fpu_helper.c \
		'env->hflags2 &= ~HF2_IGNNE_MASK;' \
		'if (env->hflags2 & HF2_IGNNE_MASK)'
}

# The guest's translations outlive a VM exit, and Xen's a VMRUN, as ASIDs have it
# (AMD's manual, volume 2, 15.16). Without that each exit emptied the TLB four times.
mend_asid()
{
	mend_modes
	mend_flushes
	mend_switches
}

# Modes 8 to 13 are 0 to 5 of the guest that had the CPU last.
mend_modes()
{
	local cpu=target/i386/cpu.h

	put instead target/i386/cpu-param.h '#define NB_MMU_MODES 8' \
		'#define NB_MMU_MODES 14'
	put after $cpu '#define MMU_NESTED_IDX' <<-'END'
	#define MMU_GUEST_IDX 8
	#define MMU_HOST_BITS 0x3f
	#define MMU_GUEST_BITS (MMU_HOST_BITS << MMU_GUEST_IDX)
	END
	put instead $cpu 'return mmu_index_base + mmu_index_32;' <<-'END'
	return mmu_index_base + mmu_index_32 +
		(env->hflags & HF_GUEST_MASK ? MMU_GUEST_IDX : 0);
	END
	put instead $cpu 'return (mmu_index & ~1) == MMU_KSMAP64_IDX;' \
		'return (mmu_index & 6) == MMU_KSMAP64_IDX;'
	put instead $cpu 'return (mmu_index & ~1) == MMU_USER64_IDX;' \
		'return (mmu_index & 6) == MMU_USER64_IDX;'
	put instead $cpu 'assert(mmu_index < MMU_PHYS_IDX);' \
		'assert((mmu_index & 7) < MMU_PHYS_IDX);'
}

# A write to a CR empties the modes of the one who writes, unless it is part of a
# switch; what the guest's modes hold is remembered.
mend_flushes()
{
	local helper=target/i386/helper.c flush

	put after target/i386/cpu.h 'uint32_t nested_pg_mode;' <<-'END'
	struct {
		uint64_t asid, cr[5], efer, nested_cr3, nested_pg_mode;
	} guest_tlb;
	bool switching;
	END
	put before $helper 'void cpu_x86_update_cr0(' <<-'END'
	static void flush_world(CPUX86State *env)
	{
		if (!env->switching)
			tlb_flush_by_mmuidx(env_cpu(env),
				env->hflags & HF_GUEST_MASK ? MMU_GUEST_BITS :
				MMU_HOST_BITS);
	}

	END
	for flush in 'tlb_flush(CPU(cpu));' 'tlb_flush(env_cpu(env));'; do
		put instead $helper "$flush" 'flush_world(env);'
	done
}

# VMRUN empties the guest's modes only if they hold something else.
mend_switches()
{
	put instead $svm 'tlb_flush_by_mmuidx(cs, 1 << MMU_NESTED_IDX);' ''
	put before $svm 'cpu_x86_update_cr0(env,' 'env->switching = true;'
	put before $svm 'cpu_load_efer(env,' 'env->switching = false;'
	put before $svm 'void helper_vmrun(' <<-'END'
	static void remember_guest(CPUX86State *env)
	{
		env->guest_tlb.cr[0] = env->cr[0];
		env->guest_tlb.cr[3] = env->cr[3];
		env->guest_tlb.cr[4] = env->cr[4];
		env->guest_tlb.efer = env->efer;
	}

	static void flush_other_guest(CPUX86State *env, uint32_t asid, bool asked)
	{
		uint16_t modes = 0;

		if (asked || asid != env->guest_tlb.asid ||
		    env->nested_cr3 != env->guest_tlb.nested_cr3 ||
		    env->nested_pg_mode != env->guest_tlb.nested_pg_mode)
			modes = MMU_GUEST_BITS | 1 << MMU_NESTED_IDX;
		else if (env->cr[0] != env->guest_tlb.cr[0] ||
			 env->cr[3] != env->guest_tlb.cr[3] ||
			 env->cr[4] != env->guest_tlb.cr[4] ||
			 env->efer != env->guest_tlb.efer)
			modes = MMU_GUEST_BITS;
		if (modes)
			tlb_flush_by_mmuidx(env_cpu(env), modes);
		env->guest_tlb.asid = asid;
		env->guest_tlb.nested_cr3 = env->nested_cr3;
		env->guest_tlb.nested_pg_mode = env->nested_pg_mode;
	}

	END
	put before $svm 'switch (x86_ldub_phys(cs,' <<-'END'
	flush_other_guest(env, asid, x86_ldub_phys(cs, env->vm_vmcb +
		offsetof(struct vmcb, control.tlb_ctl)) != TLB_CONTROL_DO_NOTHING);
	END
	put before $svm 'env->hflags &= ~HF_GUEST_MASK;' 'remember_guest(env);'
}

# The cache of what is run next is not emptied, but its entries are looked at once
# more when they are older than the last change.
mend_jump_cache()
{
	local cache=accel/tcg/tb-jmp-cache.h tlb=accel/tcg/cputlb.c
	local exec=accel/tcg/cpu-exec.c

	put after $cache 'struct CPUJumpCache {' 'unsigned long age;'
	put after $cache 'target_ulong pc;' 'unsigned long age;'
	put after $cache 'jc->array[hash].pc = pc;' \
		'jc->array[hash].age = qatomic_read(&jc->age);'
	put before $exec 'static inline TranslationBlock *tb_lookup(' <<-'END'
	static inline bool still_there(CPUState *cpu, CPUJumpCache *jc, uint32_t hash,
				       TranslationBlock *tb, target_ulong pc)
	{
		unsigned long age = qatomic_read(&jc->age);

		if (likely(jc->array[hash].age == age))
			return true;
		if (tb_page_addr1(tb) != -1 ||
		    get_page_addr_code(cpu->env_ptr, pc) != tb_page_addr0(tb))
			return false;
		jc->array[hash].age = age;
		return true;
	}

	END
	put instead $exec 'tb_cflags(tb) == cflags)) {' <<-'END'
	tb_cflags(tb) == cflags && still_there(cpu, jc, hash, tb, pc))) {
	END
	put instead $tlb 'tcg_flush_jmp_cache(cpu);' <<-'END'
	if (cpu->tb_jmp_cache)
		qatomic_inc(&cpu->tb_jmp_cache->age);
	END
	# a block that is not valid any more is not taken
	put after accel/tcg/tb-maint.c 'A TB may be at any virtual address' <<-'END'
	CPU_FOREACH(cpu) {
		if (cpu->tb_jmp_cache)
			qatomic_inc(&cpu->tb_jmp_cache->age);
	}
	return;
	END
	# modes that hold nothing need no look
	put after $tlb 'tlb_debug("page addr:" TARGET_FMT_lx " mmu_map:0x%x\n", addr, idxmap);' \
		'idxmap &= env_tlb(env)->c.dirty;'
}

# PAUSE ends a CPU's turn, which costs this machine what thousands of instructions
# do. By the clock of instructions it is one of them: now it is 140, as many cycles as
# it takes on recent processors, and a wait that spins is over sooner.
mend_pause()
{
	put after target/i386/tcg/misc_helper.c '#include "exec/exec-all.h"' \
		'#include "sysemu/cpu-timers.h"'
	put before target/i386/tcg/misc_helper.c '/* Just let another CPU run.  */' <<-'END'
	if (icount_enabled()) {
		uint16_t *left = &cpu_neg(cs)->icount_decr.u16.low;

		*left -= MIN(*left, 140);
	}
	END
}

# A CPU that ran until a timer was due cost the next one its turn, time after time if
# the same one did so again: one CPU's wait for the other had no end.
mend_turns()
{
	put before accel/tcg/tcg-accel-ops-rr.c 'if (r == EXCP_DEBUG) {' <<-'END'
	if (icount_enabled() && r != EXCP_DEBUG && r != EXCP_ATOMIC &&
	    qemu_clock_deadline_ns_all(QEMU_CLOCK_VIRTUAL,
				       QEMU_TIMER_ATTR_ALL) == 0) {
		cpu = CPU_NEXT(cpu);
		break;
	}
	END
}

mend()
{
	mend_faults
	mend_asid
	mend_jump_cache
	mend_pause
	mend_turns
}
