#!/bin/bash
# SPDX-License-Identifier: MIT
# Boots the shim that fails on demand (tests/fault/fault.h). In each boot one use of a
# hypercall, one mapping, one search for memory or one vCPU fails. The kernel must still
# come up, and the log must say what failed and what it cost. The first boots, without a
# fault, show how often each kind is used and in which stage.
# all: the test kernel and Linux boot for every use of each kind and for every vCPU.
# some: the test kernel boots for each search for memory, and for the first and the last
# use of the other kinds in each stage; Linux for one use of four kinds and for one vCPU.
# Usage: fault.sh some|all [-x XEN] [-c CPU] [-r RESULTS]   (run.sh's -r)
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
what=${1:?want some or all}
shift
xen=4.17
vendor=amd
results=/dev/null
while getopts x:c:r: opt; do
	case $opt in
	x) xen=$OPTARG ;;
	c) vendor=$OPTARG ;;
	r) results=$OPTARG ;;
	*) exit 2 ;;
	esac
done
out=$top/build/fault/cases
log=$top/build/lab/log/$([ "$vendor" = amd ] || echo "$vendor-")$xen

# in the order of the counts in the log
stages=(xen start_info memory topology plan sidecar acpi linux wait)
# The searches of decide() for memory, in their order: for the test kernel, for the test
# kernel with an initrd in its way, and for Linux, whose own file is in the way, too.
# shellcheck disable=SC2034 # by name, in fault-outcome.sh
places_test=(kernel low kept carve0 carve1)
places_initrd=(at-once kernel initrd low kept carve0 carve1)
# shellcheck disable=SC2034 # by name
places_linux=(at-once kernel initrd file low kept carve0 carve1)
# The shim polls vCPUs that are not parked yet: only so many polls get a boot.
max_polls=8
deadline=1500
passed=0
failed=0

die()
{
	echo "fault: $*" >&2
	exit 1
}

# case_use KIND N GUEST: writes the case in which that use fails
case_use()
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

# case_refused GUEST: the whole multicall is refused, with another error than EINVAL
case_refused()
{
	local guest=$1 name=fault-$1-multicall-refused

	config "$name" multicall:1:14 "$guest" >"$out/$name.cfg"
	{
		echo 'lab plan none'
		without 'sidecar: warning: sidecar off: no vCPU could be started, Linux boots all'
		expect_shim 'sidecar: warning: vCPU 1 not started: -14 \(EFAULT\); Linux can bring it online$'
		numa 2
		fired multicall 1 sidecar
		sound
	} >"$out/$name.expect"
}

# A kernel that asks Xen for the map: what the shim has done by then is taken back. The
# uses before it are those of the guest `test`.
case_map_refused()
{
	local guest=low name=fault-low-map-refused use

	use=$(($(uses memory_op test) + 1))
	config "$name" "memory_op:$use" low >"$out/$name.cfg"
	{
		echo 'lab plan none'
		without "acpi: warning: XENMEM_set_memory_map failed: -22 \\(EINVAL\\), the kernel gets libxl's own tables, no NUMA$"
		expect_shim "sidecar: warning: sidecar off: Xen does not take the kernel's memory map, Linux boots all"
		numa 1
		fired memory_op "$use" acpi
		sound
	} >"$out/$name.expect"
}

# case_vcpu KIND ID GUEST NAME: writes the case in which that vCPU fails
case_vcpu()
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
		expect_shim "fault: vCPU $2: $1$"
		case $4 in
		late) whole
			expect_shim 'jump: .* wait ([5-9][0-9]{5}|[0-9]{7})' ;;
		fault)
			one_less "linux: warning: vCPU $2 gave up: exception 0x6 .*; Linux can bring it online" ;;
		overflow)
			one_less "linux: warning: vCPU $2 gave up: exception 0x8 .*; Linux can bring it online" ;;
		*)
			one_less "linux: warning: vCPU $2 did not park within $deadline ms, stopped; Linux can bring it online" ;;
		esac
		sound
	} >"$out/$name.expect"
}

# case_vcpus GUEST ID...: each way to fail, one vCPU at a time
case_vcpus()
{
	local guest=$1 id

	for id in "${@:2}"; do
		case_vcpu late "$id" "$guest" late
		case_vcpu late "$id" "$guest" too-late
		case_vcpu never "$id" "$guest" never
		case_vcpu fault "$id" "$guest" fault
		case_vcpu overflow "$id" "$guest" overflow
		case_vcpu after "$id" "$guest" after
	done
}

# --- how often each kind is used

# counts KIND GUEST: at the end of each stage
counts()
{
	sed -n "s/.*shim: fault: uses:.* $1=\([0-9/]*\).*/\1/p" \
		"$log/fault-none-$2.console" | tail -n 1 | tr '/' '\n'
}

# stage_of KIND N GUEST: the stage of this use; jump if it comes after all counts
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

# uses KIND GUEST: how many uses get a boot. Those in stage wait are polls.
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
	# the two lines after the counts use it as well
	[ "$1" != event_channel ] || total=$((total + 2))
	echo "$total"
}

# within_stage KIND N GUEST: neither the first nor the last use in its stage
within_stage()
{
	local stage

	stage=$(stage_of "$1" "$2" "$3")
	[ "$2" -gt 1 ] && [ "$2" -lt "$(uses "$1" "$3")" ] &&
		[ "$stage" = "$(stage_of "$1" $(($2 - 1)) "$3")" ] &&
		[ "$stage" = "$(stage_of "$1" $(($2 + 1)) "$3")" ]
}

# every_use GUEST KIND...
every_use()
{
	local kind n

	for kind in "${@:2}"; do
		for n in $(seq "$(uses "$kind" "$1")"); do
			if [ "$what" = some ] && [ "$kind" != alloc ] &&
					within_stage "$kind" "$n" "$1"; then
				continue
			fi
			case_use "$kind" "$n" "$1"
		done
	done
}

# One use of each kind that costs Linux something. The tenth mapping is that of an ACPI
# table, the seventh search that for the first carve; the second memory_op asks for vNUMA.
one_use()
{
	case_use map 10 linux
	case_use alloc 7 linux
	case_use memory_op 2 linux
	case_use multicall 1 linux
}

# check_places GUEST PLACE...: the shim makes as many searches as the list has
check_places()
{
	local nr

	nr=$(uses alloc "$1")
	[ "$nr" = $(($# - 1)) ] || die "$nr places in fault-none-$1, not $(($# - 1))"
}

# run_counted CFG...: run.sh's output; the numbers in its last line are added to ours
run_counted()
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
	done < <("$here/run.sh" -x "$xen" -c "$vendor" -r "$results" "$@")
	[ -n "$closed" ] || die "run.sh did not come to its end"
}

# shellcheck source=tests/xen/fault-outcome.sh
. "$here/fault-outcome.sh"

kinds=(memory_op hvm_op event_channel multicall vcpu_op map alloc)
# all its uses are in one line of code: two are enough
initialise=(1 6)
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
run_counted "$out"/*.cfg
if [ "$failed" != 0 ]; then
	echo "$passed passed, $failed failed"
	exit 1
fi
rm "$out"/*
check_places test "${places_test[@]}"
check_places initrd "${places_initrd[@]}"
check_places linux "${places_linux[@]}"
every_use test "${kinds[@]}"
every_use initrd alloc
every_use late sched_op
for n in "${initialise[@]}"; do
	case_use initialise "$n" test
done
case_refused test
case_map_refused
# the end of the domain itself fails
config fault-end sched_op:1 text >"$out/fault-end.cfg"
{
	echo 'lab plan none'
	expect_shim 'plan: kernel image: kernel image is neither a bzImage nor an ELF'
} >"$out/fault-end.expect"
if [ "$what" = all ]; then
	every_use linux "${kinds[@]}"
	case_use sched_op 1 linux
	case_use initialise 2 linux
	case_refused linux
	case_vcpus test 1 2 3 5 6 7
	case_vcpus linux 1 3
else
	one_use
	case_vcpus test 7
	case_vcpu late 3 linux too-late
fi
run_counted "$out"/*.cfg
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
