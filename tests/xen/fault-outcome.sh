# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by fault.sh, whose variables it uses: the guests in which the shim fails,
# what each failure may cost and what the log must say about it.
# shellcheck disable=SC2154 # fault.sh's

# config NAME FAULT GUEST: two vnodes of four vCPUs, six of which park. With Linux two
# vnodes of two, as it may have to bring up all vCPUs on the four CPUs of the emulated
# host. Guests are small because each page costs the emulator time.
config()
{
	local half=4 size=64 words=${2:+sidecar.fault=$2}

	[ "$3" != linux ] || { half=2; size=160; }
	# without a vCPU to wait for the shim never yields
	case $2:$3 in
	sched_op:*:linux | *:late) words+=" sidecar.fault=late:$((2 * half - 1)):700" ;;
	esac
	cat <<-END
	# The shim fails on demand: ${2:-not at all}
	name = "$1"
	type = "pvh"
	pvshim = 1
	pvshim_path = "/usr/lib/xen/boot/shim-fault.elf"
	pvshim_extra = "$words"
	memory = $((2 * size))
	maxmem = $((2 * size))
	vcpus = $((2 * half))
	maxvcpus = $((2 * half))
	vnuma = [
		[ "pnode=0", "size=$size", "vcpus=0-$((half - 1))", "vdistances=10,20" ],
		[ "pnode=1", "size=$size", "vcpus=$half-$((2 * half - 1))", "vdistances=20,10" ],
	]
	END
	case $3 in
	linux) cat <<-'END'
		kernel = "/boot/vmlinux-6.1"
		ramdisk = "/boot/initrd.img"
		extra = "console=hvc0 cryptomgr.notests lab.take=2,3"
		END
		;;
	text) echo 'kernel = "/boot/text"' ;;
	low) cat <<-'END'
		kernel = "/boot/test-kernel-low"
		extra = "words log again"
		END
		;;
	*) cat <<-'END'
		kernel = "/boot/test-kernel"
		extra = "words log again"
		END
		;;
	esac
	[ "$3" != initrd ] || echo 'ramdisk = "/boot/zeros-24M"'
}

# expect_shim TEXT: a line of the shim on the console
expect_shim()
{
	echo "console ~ ^shim: $1"
}

# dies TEXT: the shim ends the domain and says why, because Linux cannot be booted
# without what failed
dies()
{
	echo 'lab end crash'
	expect_shim "$1"
	echo 'console !~ ^lab: |Linux version'
}

# parks IDLE LEFT: of the vCPUs that the plan parks, so many are idle, so many left to
# Linux
parks()
{
	[ "$guest" != linux ] || return 0
	echo "sidecar.idle = $1"
	echo "sidecar.left = $2"
	echo "again.idle = $1"
	echo "again.left = $2"
}

# whole: the fault costs nothing
whole()
{
	numa 2
	case $guest in
	linux) echo 'online = 0-1'; expect_shim 'linux: 2 of 2 vCPUs parked' ;;
	*) parks 6 0; expect_shim 'linux: 6 of 6 vCPUs parked' ;;
	esac
}

# one_less WARNING: one vCPU is left to Linux; the warning says which and why
one_less()
{
	numa 2
	parks 5 1
	[ "$guest" != linux ] || echo 'online = 0-1'
	expect_shim "$1"
}

# without WARNING: no sidecar; Linux boots all CPUs, in libxl's order
without()
{
	expect_shim "$1"
	if [ "$guest" = linux ]; then
		echo 'online = 0-3'
	else
		parks 0 0
		echo 'madt = 0,1,2,3,4,5,6,7'
	fi
	echo 'cmdline !~ cpus='
	echo 'console !~ vCPUs? parked'
}

# numa VNODES: how many the ACPI tables have
numa()
{
	if [ "$guest" = linux ]; then
		echo "numa.nodes = $([ "$1" = 2 ] && echo 0-1 || echo 0)"
	elif [ "$1" = 2 ]; then
		echo 'srat.cpus0 = 4'
		echo 'srat.cpus1 = 4'
	else
		echo 'srat.cpus0 !~ .'
	fi
}

# one_vnode: the shim gets no vNUMA from Xen: one vnode, one base vCPU
one_vnode()
{
	expect_shim "topology: warning: XENMEM_get_vnumainfo failed: -22 \\(EINVAL\\) for .*, one vnode is used$"
	if [ "$guest" = linux ]; then
		echo 'online = 0'
		expect_shim 'linux: 3 of 3 vCPUs parked'
	else
		parks 7 0
		expect_shim 'linux: 7 of 7 vCPUs parked'
	fi
	numa 1
}

# sound: whatever came up has no error, and no vCPU runs but the boot vCPU
sound()
{
	echo 'console !~ trap:'
	echo 'xen !~ shim: trap:'
	if [ "$guest" = linux ]; then
		echo 'kernel ~ ^6'
		echo 'present = 0-3'
		echo 'take.2 ~ ^ok '
		echo 'take.3 ~ ^ok '
	else
		cat <<-'END'
		kernel = test
		start_info = ok
		tables = ok
		madt.check = ok
		madt.vcpus = 8
		sidecar.wrong = 0
		again.wrong = 0
		xen.paused = 7
		xen.paused.taken = 7
		END
	fi
}

# parked_of N: the vCPU that the N-th use of vcpu_op starts; there are two for each
parked_of()
{
	local ids=(1 2 3 5 6 7)

	[ "$guest" != linux ] || ids=(1 3)
	echo "${ids[$((($1 - 1) / 2))]}"
}

# off_map STAGE: a mapping failed in that stage
off_map()
{
	case $1 in
	start_info) dies 'start_info: (.* outside of |kernel file cannot be mapped: )' ;;
	memory) without 'memory: warning: ACPI: ' ; numa 1 ;;
	topology) without 'topology: warning: MADT: '; numa 1 ;;
	plan) dies 'plan: kernel file cannot be mapped: ' ;;
	sidecar) without 'sidecar: warning: memory cannot be mapped: '
		expect_shim 'sidecar: warning: sidecar off: no vCPU could be started, Linux boots all'
		numa 2 ;;
	acpi) without 'acpi: warning: memory cannot be mapped: '
		expect_shim 'sidecar: warning: sidecar off: the ACPI tables cannot be used, Linux boots all'
		numa 1 ;;
	linux) dies 'linux: cannot map ' ;;
	*) die "a mapping in stage $1" ;;
	esac
}

# off_alloc PLACE: the search for that place failed
off_alloc()
{
	case $1 in
	kernel)
		# without relocation: the initrd makes room, and there is none
		if [ "$guest" = test ]; then
			whole
		else
			dies 'plan: kernel runs at a fixed address, '
		fi ;;
	at-once) whole ;;
	file) dies 'plan: no free RAM to move the kernel file to, ' ;;
	initrd) dies 'plan: no free RAM to move the initrd to, ' ;;
	low) without 'plan: warning: sidecar off: not enough memory for sidecar '
		numa 2 ;;
	kept) without 'plan: warning: sidecar off: not enough memory for sidecar '
		expect_shim "acpi: warning: no memory for the shim's ACPI tables\$"
		numa 1 ;;
	carve*) whole
		expect_shim "plan: warning: node ${1#carve}: not enough memory for sidecar on vnode ${1#carve}, falling back to vnode $((1 - ${1#carve}))$"
		[ "$guest" = linux ] ||
			echo "scar.node${1#carve} ~ vnode ${1#carve} memory $((1 - ${1#carve})) " ;;
	esac
}

# by_sipi N: VCPUOP_initialise fails for so many vCPUs (0: for all), which are started
# by SIPI instead
by_sipi()
{
	local all=6

	[ "$guest" != linux ] || all=2
	whole
	[ "$1" != 0 ] || set -- "$all"
	expect_shim "sidecar: $all vCPUs started, $((all - $1)) by multicall in [0-9]+ us, $1 by SIPI "
	echo 'console !~ ^shim: .*warning'
}

# outcome KIND N STAGE: what this fault may cost, and what the log must say
outcome()
{
	local places="places_${guest}[$(($2 - 1))]" id

	case $1:$3 in
	memory_op:memory) whole
		expect_shim 'memory: warning: XENMEM_current_reservation failed: -22 \(EINVAL\), assuming that all RAM is present$' ;;
	memory_op:*) one_vnode ;;
	multicall:sidecar)
		# every VCPUOP_initialise in it has failed with EINVAL
		by_sipi 0 ;;
	initialise:sidecar)
		by_sipi 1 ;;
	vcpu_op:sidecar)
		id=$(parked_of "$2")
		one_less "sidecar: warning: vCPU $id not started: -38 \\(ENOSYS\\); Linux can bring it online" ;;
	hvm_op:*)
		# the console has none of the shim's lines
		echo 'console !~ ^shim: '
		echo 'xen ~ shim: xen: warning: no console: -22 \(EINVAL\)'
		echo 'xen !~ dropped'
		if [ "$guest" = linux ]; then
			echo 'online = 0-1'
		else
			parks 6 0
			echo 'log ~ ^shim: xen: warning: no console: -22 \(EINVAL\)'
		fi ;;
	map:*) off_map "$3" ;;
	alloc:*) off_alloc "${!places}" ;;
	*) whole ;;
	esac
}

# fired KIND N STAGE: the fault did happen. Uses that depend on how long others take
# may never be reached.
fired()
{
	local where=console lead='^' said=failed

	[ "$1" != hvm_op ] || { where=xen; lead=''; }
	case $1:$3 in
	sched_op:* | event_channel:* | *:wait) said='(failed|not reached)' ;;
	esac
	echo "$where ~ ${lead}shim: fault: $1 use $2 $said"
	[ "$1:$guest" != hvm_op:test ] ||
		echo "log ~ ^shim: fault: $1 use $2 failed"
}
