# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by qemu.sh in QEMU's source tree: what is changed there. Each change is
# found by a line of QEMU's, not by its number. The line must be there as often as
# the change expects, once if it does not say, or the build fails.

svm=target/i386/tcg/sysemu/svm_helper.c

# put WHERE FILE LINE [TEXT]: TEXT, or else what is read, before or after the line
# of FILE that contains LINE, or instead of it. With places=N there are N such lines.
put()
{
	local where=$1 file=$2 line=$3 text=${4-} want=${places:-1}

	[ $# -gt 3 ] || text=$(cat)
	LINE=$line TEXT=$text WHERE=$where WANT=$want awk '
		BEGIN { line = ENVIRON["LINE"]; text = ENVIRON["TEXT"]
			where = ENVIRON["WHERE"] }
		!index($0, line) { print; next }
		{ found++ }
		where == "after" { print }
		{ print text }
		where == "before" { print }
		END { exit found != ENVIRON["WANT"] }' "$file" >"$file.new" ||
		fail "$file has '$line' $(grep -cF -- "$line" "$file") times (want $want)"
	mv "$file.new" "$file"
}

# Faults that ended a Xen or a guest after minutes or hours.
mend_faults()
{
	# VMRUN injects an interrupt but leaves it pending, so it arrives twice.
	put after $svm 'do_interrupt_x86_hardirq(env, vector, 1);' \
		'cs->exception_index = -1;'
	# VMRUN keeps Xen's STI shadow instead of loading the guest's from the VMCB:
	# an interrupt before the HLT of `sti; hlt` is lost.
	put before $svm 'nested_ctl = x86_ldq_phys(cs' <<-'END'
	env->hflags &= ~HF_INHIBIT_IRQ_MASK;
	if (x86_ldl_phys(cs, env->vm_vmcb + offsetof(struct vmcb,
			control.int_state)) & SVM_INTERRUPT_SHADOW_MASK)
		env->hflags |= HF_INHIBIT_IRQ_MASK;
	END
	# interrupt_request is changed without a lock while other threads set bits in
	# it: their interrupts are lost.
	put instead $svm 'cs->interrupt_request |= CPU_INTERRUPT_VIRQ;' \
		'qatomic_or(&cs->interrupt_request, CPU_INTERRUPT_VIRQ);'
	put instead $svm 'cs->interrupt_request &= ~CPU_INTERRUPT_VIRQ;' \
		'qatomic_and(&cs->interrupt_request, ~CPU_INTERRUPT_VIRQ);'
	put instead accel/tcg/tcg-accel-ops.c 'cpu->interrupt_request |= mask;' \
		'qatomic_or(&cpu->interrupt_request, mask);'
	put instead hw/core/cpu-common.c 'cpu->interrupt_request &= ~mask;' \
		'qatomic_and(&cpu->interrupt_request, ~mask);'
	# Every CPU's thread clears this flag of CPU 0, though it is hardly ever set:
	# CPU 0's own changes to its flags are lost.
	put before target/i386/tcg/sysemu/fpu_helper.c \
		'env->hflags2 &= ~HF2_IGNNE_MASK;' \
		'if (env->hflags2 & HF2_IGNNE_MASK)'
}

# Speed: each VM exit empties the TLB four times. With this change the guest's
# translations survive a VM exit and Xen's a VMRUN, as with ASIDs (AMD64 manual,
# volume 2, 15.16).
mend_asid()
{
	mend_modes
	mend_flushes
	mend_switches
}

# MMU modes 8 to 13 are modes 0 to 5 of the guest that ran last on the CPU.
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
	places=2 put instead $cpu 'return mmu_index_base + mmu_index_32;' <<-'END'
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

# A write to a control register flushes only the modes of the writer, guest or host,
# and nothing if it is part of a switch between the two.
mend_flushes()
{
	local helper=target/i386/helper.c

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
	put instead $helper 'tlb_flush(CPU(cpu));' 'flush_world(env);'
	places=2 put instead $helper 'tlb_flush(env_cpu(env));' 'flush_world(env);'
}

# VMRUN flushes the guest's modes only if they hold another guest's translations.
mend_switches()
{
	places=2 put instead $svm 'tlb_flush_by_mmuidx(cs, 1 << MMU_NESTED_IDX);' ''
	places=2 put before $svm 'cpu_x86_update_cr0(env,' 'env->switching = true;'
	places=2 put before $svm 'cpu_load_efer(env,' 'env->switching = false;'
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

# Speed: each flush of a TLB clears the 64 KiB jump cache. With this change a flush
# only raises the cache's age; an older entry is checked again before its next use.
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
	places=2 put instead $tlb 'tcg_flush_jmp_cache(cpu);' <<-'END'
	if (cpu->tb_jmp_cache)
		qatomic_inc(&cpu->tb_jmp_cache->age);
	END
	# A block that was thrown away must not be taken from the cache.
	put after accel/tcg/tb-maint.c 'A TB may be at any virtual address' <<-'END'
	CPU_FOREACH(cpu) {
		if (cpu->tb_jmp_cache)
			qatomic_inc(&cpu->tb_jmp_cache->age);
	}
	return;
	END
	# A flush of one page skips the modes that hold nothing.
	put after $tlb 'tlb_debug("page addr:" TARGET_FMT_lx " mmu_map:0x%x\n", addr, idxmap);' \
		'idxmap &= env_tlb(env)->c.dirty;'
}

# Speed: PAUSE ends a CPU's turn. That takes as long as thousands of instructions, but
# the instruction clock counts it as one, so loops that spin last very long. With this
# change it counts as 140, the cycles that PAUSE takes on recent processors.
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

# Hang: when a CPU runs until a timer is due, the next CPU loses its turn to the timer.
# If that repeats, the first CPU waits for ever for an answer from the second. With this
# change the timers run first and the next CPU keeps its turn.
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

# Feature: CPUID can show the threads of AMD's cores (+topoext), which TCG leaves out.
mend_threads()
{
	put instead target/i386/cpu.c \
		'CPUID_EXT3_CR8LEG | CPUID_EXT3_ABM | CPUID_EXT3_SSE4A)' \
		'CPUID_EXT3_CR8LEG | CPUID_EXT3_ABM | CPUID_EXT3_SSE4A | CPUID_EXT3_TOPOEXT)'
}

mend()
{
	mend_faults
	mend_threads
	mend_asid
	mend_jump_cache
	mend_pause
	mend_turns
}
