#!/bin/bash
# SPDX-License-Identifier: MIT
# Boots the shim that fails on demand (include/fault.h): each time one use of
# a hypercall, one mapping, one place in memory, or one vCPU fails. The kernel
# behind it has to come up whole, and the log has to say what failed and what
# came of it. The first boots, without a fault, tell how often each kind is used
# and in which stage.
# some: the test kernel for the first, a middle and the last use of each kind and
# for one vCPU, Linux for one use of each kind; all: both for every use and vCPU.
# Usage: fault.sh some|all [-x XEN]
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
what=${1:?some or all}
shift
xen=4.17
[ "${1:-}" != -x ] || xen=$2
out=$top/build/fault/cases
log=$top/build/lab/log/$xen

# the order of the counts in the log
stages=(xen start_info memory topology plan sidecar acpi linux wait)
# In this order decide() looks for memory: for the test kernel, the same with an
# initrd that is in its way, and Linux.
# shellcheck disable=SC2034 # by name
places_test=(kernel low kept carve0 carve1)
places_initrd=(at-once kernel initrd low kept carve0 carve1)
# shellcheck disable=SC2034 # by name
places_linux=(at-once low kept carve0 carve1)
# how often the shim may look at vCPUs that are not parked yet: of those uses
# only the first few have a boot
max_polls=8
deadline=3000
passed=0
failed=0

die()
{
	echo "fault: $*" >&2
	exit 1
}

# --- the cases

# config NAME FAULT GUEST: two vnodes of four vCPUs, six to park. For Linux two
# of two, as it may have to bring up all: the emulated host has four CPUs.
config()
{
	local half=4 words=${2:+sidecar.fault=$2}

	[ "$3" != linux ] || half=2
	# without a vCPU to wait for the shim never yields
	case $2:$3 in
	sched_op:*:linux | *:late) words+=" sidecar.fault=late:$((2 * half - 1)):2000" ;;
	esac
	cat <<-END
	# The shim fails on demand: ${2:-not at all}
	name = "$1"
	type = "pvh"
	pvshim = 1
	pvshim_path = "/usr/lib/xen/boot/shim-fault.elf"
	pvshim_extra = "$words"
	memory = 512
	maxmem = 512
	vcpus = $((2 * half))
	maxvcpus = $((2 * half))
	vnuma = [
		[ "pnode=0", "size=256", "vcpus=0-$((half - 1))", "vdistances=10,20" ],
		[ "pnode=1", "size=256", "vcpus=$half-$((2 * half - 1))", "vdistances=20,10" ],
	]
	END
	case $3 in
	linux) cat <<-'END'
		kernel = "/boot/vmlinuz-6.1"
		ramdisk = "/boot/initrd.img"
		extra = "console=hvc0 lab.take=2,3"
		END
		;;
	text) echo 'kernel = "/boot/text"' ;;
	*) cat <<-'END'
		kernel = "/boot/test-kernel"
		extra = "words log again"
		END
		;;
	esac
	[ "$3" != initrd ] || echo 'ramdisk = "/boot/zeros-24M"'
}

# shim TEXT: the shim's console has this line
shim()
{
	echo "console ~ ^shim: $1"
}

# The kernel gets no further than the shim, which says why: only where there is
# nothing to boot without what failed.
dies()
{
	echo 'lab end crash'
	shim "$1"
	echo 'console !~ ^lab: |Linux version'
}

# parks IDLE LEFT: so many vCPUs of those that the plan parks
parks()
{
	[ "$guest" != linux ] || return 0
	echo "sidecar.idle = $1"
	echo "sidecar.left = $2"
	echo "again.idle = $1"
	echo "again.left = $2"
}

whole()
{
	numa 2
	case $guest in
	linux) echo 'online = 0-1'; shim 'linux: 2 of 2 vCPUs parked' ;;
	*) parks 6 0; shim 'linux: 6 of 6 vCPUs parked' ;;
	esac
}

# One of the parked vCPUs is Linux's to take; WARNING says which and why.
one_less()
{
	numa 2
	parks 5 1
	[ "$guest" != linux ] || echo 'online = 0-1'
	shim "$1"
}

# No sidecar, all CPUs are Linux's in libxl's order. The log says why.
without()
{
	shim "$1"
	if [ "$guest" = linux ]; then
		echo 'online = 0-3'
	else
		parks 0 0
		echo 'madt = 0,1,2,3,4,5,6,7'
	fi
	echo 'cmdline !~ cpus='
	echo 'console !~ vCPUs parked'
}

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

# Xen knows no vNUMA then: one vnode, and one base vCPU.
one_vnode()
{
	shim "topology: warning: XENMEM_get_vnumainfo failed: -22 \\(EINVAL\\) for .*, one vnode$"
	if [ "$guest" = linux ]; then
		echo 'online = 0'
		shim 'linux: 3 of 3 vCPUs parked'
	else
		parks 7 0
		shim 'linux: 7 of 7 vCPUs parked'
	fi
	numa 1
}

# Whoever came up: nothing of it is wrong, nobody runs but the boot vCPU.
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

# parked_of N: the vCPU that the N-th use of vcpu_op is about, two for each
parked_of()
{
	local ids=(1 2 3 5 6 7)

	[ "$guest" != linux ] || ids=(1 3)
	echo "${ids[$((($1 - 1) / 2))]}"
}

off_map()
{
	case $1 in
	start_info) dies 'start_info: .* outside of ' ;;
	memory) without 'memory: warning: ACPI: ' ; numa 1 ;;
	topology) without 'topology: warning: MADT: '; numa 1 ;;
	plan) dies 'plan: kernel file cannot be mapped: ' ;;
	sidecar) without 'sidecar: warning: memory cannot be mapped: '
		shim 'sidecar: off: no vCPU could be started$'
		numa 2 ;;
	acpi) without 'acpi: warning: memory cannot be mapped: '
		shim 'sidecar: off: the ACPI tables cannot be used$'
		numa 1 ;;
	linux) dies 'linux: cannot map ' ;;
	*) die "a mapping in stage $1" ;;
	esac
}

off_alloc()
{
	case $1 in
	kernel)
		# without relocation: the initrd makes room, and there is none
		if [ "$guest" = initrd ]; then
			dies 'plan: not enough free RAM for the kernel'
		else
			whole
		fi ;;
	at-once) whole ;;
	initrd) dies 'plan: no free RAM to move the initrd to, ' ;;
	low) without 'plan: sidecar off: not enough memory for sidecar '
		numa 2 ;;
	kept) without 'plan: sidecar off: not enough memory for sidecar '
		shim 'acpi: warning: no room for tables of ours$'
		numa 1 ;;
	carve*) whole
		shim "sidecar: not enough memory for sidecar on node ${1#carve}, falling back to node $((1 - ${1#carve}))$"
		[ "$guest" = linux ] ||
			echo "scar.node${1#carve} ~ vnode ${1#carve} memory $((1 - ${1#carve})) " ;;
	esac
}

# outcome KIND N STAGE: what this fault may cost, and what must be said
outcome()
{
	local places="places_${guest}[$(($2 - 1))]" id

	case $1:$3 in
	memory_op:*) one_vnode ;;
	multicall:sidecar) without 'sidecar: off: no vCPU could be started$'
		shim 'sidecar: warning: vCPU 1 not started: -22 \(EINVAL\), '
		numa 2 ;;
	vcpu_op:sidecar)
		id=$(parked_of "$2")
		one_less "sidecar: warning: vCPU $id not started: -38 \\(ENOSYS\\), it is Linux's to take" ;;
	hvm_op:*)
		# of which the console itself is none
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

# fired KIND N STAGE: the fault did happen. What depends on how long others
# take may not come to its use.
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

# use KIND N GUEST
use()
{
	local guest=$3 stage name=fault-$3-$1-$2 expect

	stage=$(stage_of "$1" "$2" "$guest")
	expect=$(outcome "$1" "$2" "$stage")
	config "$name" "$1:$2" "$guest" >"$out/$name.cfg"
	{
		echo 'lab plan none'
		echo "$expect"
		fired "$1" "$2" "$stage"
		grep -q '^lab end' <<<"$expect" || sound
	} >"$out/$name.expect"
}

# vcpu KIND ID GUEST NAME: DEADLINE is of the shim, MS of the vCPU
vcpu()
{
	local guest=$3 name=fault-$3-$4-$2 ms=0

	case $4 in
	late) ms=1000 ;;
	too-late) ms=$((deadline + 1000)) ;;
	esac
	if [ "$4" = late ]; then
		config "$name" "$1:$2:$ms" "$guest"
	else
		config "$name" "$1:$2:$ms:$deadline" "$guest"
	fi >"$out/$name.cfg"
	{
		echo 'lab plan none'
		shim "fault: vCPU $2: $1$"
		case $4 in
		late) whole
			shim 'jump: .* wait ([5-9][0-9]{5}|[0-9]{7})' ;;
		fault)
			one_less "linux: warning: vCPU $2 gave up: exception 0x6 .*; it is Linux's to take" ;;
		overflow)
			one_less "linux: warning: vCPU $2 gave up: exception 0x8 .*; it is Linux's to take" ;;
		*)
			one_less "linux: warning: vCPU $2 did not park within $deadline ms, stopped; it is Linux's to take" ;;
		esac
		sound
	} >"$out/$name.expect"
}

# Each of them by itself, as GUEST has them.
vcpus()
{
	local guest=$1 id

	for id in "${@:2}"; do
		vcpu late "$id" "$guest" late
		vcpu late "$id" "$guest" too-late
		vcpu never "$id" "$guest" never
		vcpu fault "$id" "$guest" fault
		vcpu overflow "$id" "$guest" overflow
		vcpu after "$id" "$guest" after
	done
}

# --- how often each kind is used

# counts KIND GUEST: at the end of each stage
counts()
{
	sed -n "s/.*shim: fault: uses:.* $1=\([0-9/]*\).*/\1/p" \
		"$log/fault-none-$2.console" | tail -n 1 | tr '/' '\n'
}

# stage_of KIND N GUEST: the stage of this use, or the one behind the last
stage_of()
{
	local i=0 count

	[ "$1" != sched_op ] || { echo wait; return; }
	for count in $(counts "$1" "$3"); do
		[ "$2" -gt "$count" ] || break
		i=$((i + 1))
	done
	echo "${stages[$i]:-jump}"
}

# uses KIND GUEST: how many to let fail, one after the other. Those of the wait
# are polls.
uses()
{
	local list=() before total

	mapfile -t list < <(counts "$1" "$2")
	[ "${#list[@]}" = "${#stages[@]}" ] ||
		die "$1: ${#list[@]} counts in fault-none-$2.console"
	total=${list[-1]}
	before=${list[-2]}
	[ $((total - before)) -le $max_polls ] || total=$((before + max_polls))
	[ "$total" -gt 0 ] || die "$1 is not used by fault-none-$2"
	# the lines of counts and times
	[ "$1" != event_channel ] || total=$((total + 2))
	echo "$total"
}

# chosen TOTAL: all of them, or the first, a middle one and the last
chosen()
{
	if [ "$what" = all ]; then
		seq "$1"
	else
		printf '%s\n' 1 $((($1 + 1) / 2)) "$1" | sort -nu
	fi
}

every_use()
{
	local kind n total

	for kind in "${@:2}"; do
		total=$(uses "$kind" "$1")
		for n in $(chosen "$total"); do
			use "$kind" "$n" "$1"
		done
	done
}

# The use that fails before Linux: the tenth mapping is one of an ACPI table.
one_use()
{
	local kind

	for kind in "${kinds[@]}"; do
		case $kind in
		map) use map 10 linux ;;
		alloc) use alloc 4 linux ;;
		*) use "$kind" 1 linux ;;
		esac
	done
	use sched_op 1 linux
}

# known GUEST PLACE...: what decide() looks for is what is known of
known()
{
	local nr

	nr=$(uses alloc "$1")
	[ "$nr" = $(($# - 1)) ] || die "$nr places in fault-none-$1, not $(($# - 1))"
}

# run CFG...: what run.sh says, but for its closing line, which is counted
run()
{
	local line closed=

	while IFS= read -r line; do
		if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
			passed=$((passed + BASH_REMATCH[1]))
			failed=$((failed + BASH_REMATCH[2]))
			closed=1
		else
			echo "$line"
		fi
	done < <("$here/run.sh" -x "$xen" "$@")
	[ -n "$closed" ] || die "run.sh did not come to its end"
}

kinds=(memory_op hvm_op event_channel multicall vcpu_op map alloc)
rm -rf "$out"
mkdir -p "$out"
for guest in test initrd late linux; do
	config "fault-none-$guest" '' "$guest" >"$out/fault-none-$guest.cfg"
	{
		echo 'lab plan none'
		echo 'console !~ warning'
		whole
		sound
	} >"$out/fault-none-$guest.expect"
done
run "$out"/*.cfg
if [ "$failed" != 0 ]; then
	echo "$passed passed, $failed failed"
	exit 1
fi
rm "$out"/*
known test "${places_test[@]}"
known initrd "${places_initrd[@]}"
known linux "${places_linux[@]}"
every_use test "${kinds[@]}"
every_use initrd alloc
every_use late sched_op
# where it is the end of the domain that fails
config fault-end sched_op:1 text >"$out/fault-end.cfg"
{
	echo 'lab plan none'
	shim 'plan: kernel image: kernel image is neither a bzImage nor an ELF'
} >"$out/fault-end.expect"
if [ "$what" = all ]; then
	every_use linux "${kinds[@]}"
	use sched_op 1 linux
	vcpus test 1 2 3 5 6 7
	vcpus linux 1 3
else
	one_use
	vcpus test 7
	vcpu late 3 linux too-late
fi
run "$out"/*.cfg
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
