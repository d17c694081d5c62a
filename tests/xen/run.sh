#!/bin/bash
# SPDX-License-Identifier: MIT
# Boots real Xen and dom0 in QEMU (an AMD CPU) or Bochs (an Intel CPU), creates the
# guests of the named cases there and compares what they show with what NAME.expect
# wants. Without a name it runs all cases for this Xen and CPU. Run setup.sh first.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$top/build
lab=$build/lab
xen=4.17
vendor=amd
part=1/1
shell=
live=
passed=0
failed=0
again=()
unexplained=()
results=/dev/null
max_boots=3
# MiB for the files of cases: dom0 has them in half of its memory, beside a saved guest
room=450
patience=1
work=
qemu=

# shellcheck source=tests/xen/cases.sh
. "$here/cases.sh"
# shellcheck source=tests/xen/compare.sh
. "$here/compare.sh"
# shellcheck source=tests/xen/bochs-run.sh
. "$here/bochs-run.sh"
# shellcheck source=tests/xen/host-state.sh
. "$here/host-state.sh"

usage()
{
	cat <<-'END'
	Usage: run.sh [-x 4.17|4.20] [-c amd|intel] [-p K[-L]/N] [-r FILE] [-s] [-l]
	              [CASE...]
	  CASE  name of a pair CASE.cfg and .expect below configs/, or the path of a .cfg
	  -x    the Xen version, 4.17 if not given
	  -c    the CPU of the host, amd if not given
	  -p    without names: of every N cases only the Kth (to the Lth)
	  -r    add the verdicts to FILE, and leave out what has passed there
	  -s    a shell in dom0 instead of a run; the examples, or these cases, are in
	        /configs, and their Linux guests end in a shell, too
	  -l    print sidecar-plan's verdict, show the guest's console live, then
	        what its Linux sees; a config without .expect must become ready
	END
}

fail()
{
	echo "lab: $*" >&2
	exit 1
}

cleanup()
{
	if [ -n "$qemu" ]; then
		kill "$qemu" 2>/dev/null || true
	fi
	[ -z "$work" ] || rm -rf "$work"
}

# --- QEMU

# qemu_args MEMORY TOPOLOGY CLOCK CPUFLAGS [CONSOLE]: the command line, into the array
# args. TOPOLOGY is sockets x cores x threads; node 0 has the first half of the CPUs.
# Without topoext Xen takes an AMD CPU's threads for cores. Xen's CONSOLE is QEMU's
# debug port, with all that it has to say, if not given, and dom0's words come by virtio, to the file words: through
# a serial port each byte of either takes 0.2 ms. CLOCK instructions: one thread runs
# all CPUs, and time is the number of instructions run so far, in nanoseconds: whatever
# else this machine does. For migrate_resist=0 see docs/limits.md.
qemu_args()
{
	local half=$(($1 / 2)) mem="memory-backend-ram,size"
	local console="${5:-console=xen loglvl=all guest_loglvl=all}" icount=() sockets cores threads cpus
	local cpu="qemu64,+svm,+npt,+rdrand${4:+,$4}"

	IFS=x read -r sockets cores threads <<<"$2"
	cpus=$((sockets * cores * threads))
	[ "$threads" = 1 ] || cpu+=,family=23,+topoext,xlevel=0x8000001e
	# shellcheck disable=SC2054 # commas are QEMU's
	[ "$3" = real ] || icount=(-icount "shift=0,sleep=off")
	# shellcheck disable=SC2054
	args=(-M q35 -accel tcg,thread="$([ "$3" = real ] && echo multi ||
			echo single)" "${icount[@]}" -cpu "$cpu"
		-L /usr/share/seabios -L /usr/share/qemu -vga none -parallel none
		-smp "$cpus,sockets=$sockets,cores=$cores,threads=$threads"
		-m $((half * 2)) -no-reboot -display none -net none
		-object "$mem=${half}M,id=m0" -object "$mem=${half}M,id=m1"
		-numa "node,cpus=0-$((cpus / 2 - 1)),nodeid=0,memdev=m0"
		-numa "node,cpus=$((cpus / 2))-$((cpus - 1)),nodeid=1,memdev=m1"
		-kernel "$lab/xen-$xen/xen"
		-append "$console conring_size=1m bootscrub=no dom0_mem=1536M dom0_max_vcpus=1 dom0_vcpus_pin sched_credit2_migrate_resist=0"
		-initrd "$lab/linux-6.1/vmlinux console=hvc0 rdinit=/init quiet swiotlb=1024 init_on_alloc=0 cryptomgr.notests,$work/initrd.img"
		-chardev "file,id=words,path=$work/words" -device virtio-serial-pci
		-device "virtserialport,chardev=words")
}

# Seconds until a group of cases is ended, on a machine that is busy with other work
total_time()
{
	awk -v n=$patience '{ sum += $2 + 90 } END { print (sum + 180) * n }' "$work/extra/lab/cases"
}

start_qemu()
{
	local args=() monitor=()

	[ "$vendor" = amd ] || { start_bochs "$@"; return; }
	qemu_args "$@"
	open_monitor
	: >"$work/words"
	timeout -k 5 "$(total_time)" "$lab/qemu/qemu-system-x86_64" "${args[@]}" \
		"${monitor[@]}" -debugcon "file:$work/xen" </dev/null 2>"$work/qemu.err" &
	qemu=$!
}

stop_qemu()
{
	kill "$qemu" 2>/dev/null || true
	wait "$qemu" 2>/dev/null || true
	qemu=
	cat "$work/xen" "$work/qemu.err" >"$logs/$1.host" 2>/dev/null || true
}

run_shell()
{
	local args=()

	[ "$vendor" = amd ] || fail "a shell: only on an AMD CPU"
	pack_cases "$@"
	# what Xen says would run over what is typed
	qemu_args 4096 1x4x1 real '' \
		'console=com1 com1=115200,8n1 loglvl=error guest_loglvl=none'
	"$lab/qemu/qemu-system-x86_64" "${args[@]}" -serial mon:stdio
}

# --- dom0's channel. A line that starts with @ is a message, = a line of the file
# that dom0 sends, > the guest's console, live.

# message LINE: handles a message of dom0; returns 1 after the last one
message()
{
	local rest=${1#* }

	case $1 in
	'@stage '*) echo "lab: $rest" ;;
	'@case '*) begun=$SECONDS; current=$rest ;;
	'@file '*) out=$logs/$rest; : >"$out" ;;
	'@end') out=/dev/null ;;
	'@done '*) judge "$rest" ;;
	'@stop '*) echo "lab: dom0: $rest" >&2; return 1 ;;
	'@bye') current=; return 1 ;;
	esac
}

# Xen's log grows as long as dom0 is alive.
alive()
{
	local size

	size=$(stat -c %s "$work/xen")
	[ "$size" != "$heard" ] && heard=$size
}

# dom0 has a deadline for everything that it does with a case, but its clock may be
# ten times slower than ours. A case that is far beyond its deadlines hangs.
in_time()
{
	local limit

	limit=$(awk -v name="$current" '$1 == name { print $2 + 400 }' \
		"$work/extra/lab/cases")
	[ $((SECONDS - begun)) -lt $((${limit:-600} * patience)) ]
}

# died HOW: reports a host that ended before its cases did
died()
{
	echo "lab: the host $1 in $current, logs: ${logs#"$top/"}/*.host"
}

# has_ended: whether the emulator is gone, and if so reports what it said last
has_ended()
{
	! kill -0 "$qemu" 2>/dev/null || return 1
	died "ended ($(tail -n 1 "$work/qemu.err" 2>/dev/null))"
}

# fell_silent: reports a host that says nothing any more, and what its CPUs do
fell_silent()
{
	local cpus state lost

	IFS=x read -r -a cpus <<<"$topology"
	state=$logs/${current// /-}.cpus
	host_state $((cpus[0] * cpus[1] * cpus[2])) >"$state"
	lost=$(lost_wakeups "$state")
	died "is silent${lost:+, CPU $lost sleeps through an interrupt}"
	[ -n "$lost" ] || unexplained+=("$current")
}

follow()
{
	local line part='' out=/dev/null heard='' status

	while :; do
		status=0
		IFS= read -r -t $((120 * patience)) line || status=$?
		# read keeps a part of a line when it times out
		line=$part$line
		part=
		if [ "$status" -gt 128 ]; then
			! has_ended || return 0
			if ! alive || ! in_time; then
				fell_silent
				return
			fi
			part=$line
			continue
		fi
		[ "$status" = 0 ] || { has_ended || died "ended"; return; }
		line=${line%$'\r'}
		case $line in
		@*) message "$line" || return 0 ;;
		=*) printf '%s\n' "${line#=}" >>"$out" ;;
		'>'*) printf '%s\n' "${line#>}" ;;
		esac
	done < <(tail -n +1 -s 0.2 -f --pid="$qemu" "$work/words" 2>/dev/null)
}

# host_failed NAME: at the deadline a vCPU was runnable but not running, as now and then
# a CPU of the emulated host sleeps through its wakeup; or all of the shim took no time, so
# that the guest's clock stood still. Worth another boot.
host_failed()
{
	[ "$fruitless" -lt $((max_boots - 1)) ] || return 1
	! grep -q '^shim: jump: 0 us after entry' "$logs/$1.console" || return 0
	sed -n '/, deadline$/,/^# xl dmesg/p' "$logs/$1.xen" |
		grep -E '^[^ ]+ +[0-9]+ +[0-9]+ +[0-9]+ +--- ' >/dev/null
}

# judge NAME: compares a case; all its files have arrived
judge()
{
	local name=$1 cfg=${cfgs[$1]} bad

	[ -z "$live" ] || summary "$logs/$name.report"
	bad=$(compare "${cfg%.cfg}.expect" "$logs/$name")
	if [ -z "$bad" ]; then
		echo "ok $name ($((SECONDS - begun))s)"
		echo "ok $name $((SECONDS - begun))" >>"$results"
		passed=$((passed + 1))
	elif host_failed "$name"; then
		again+=("$name")
		return
	else
		count_failed "$name" "$bad
$(refusal "$logs/$name")
logs:     ${logs#"$top/"}/$name.*"
	fi
	unset "cfgs[$name]"
}

# count_failed NAME DIFFERENCES
count_failed()
{
	echo "FAIL $1 ($((SECONDS - begun))s)"
	echo "FAIL $1 $((SECONDS - begun))" >>"$results"
	printf '%s\n' "$2" | sed '/./s/^/    /; /./!d'
	failed=$((failed + 1))
}

# boot_group HOST CFG...: boots a host of host_of for these cases. Afterwards cfgs
# holds those without a verdict, and current the one during which the host died.
# Xen's log is named after the first case and the number of the boot.
boot_group()
{
	local memory topology clock flags cfg

	read -r memory topology clock flags <<<"$1"
	shift
	cfgs=()
	for cfg in "$@"; do
		cfgs[$(basename "$cfg" .cfg)]=$cfg
	done
	[ -z "$live" ] || verdicts "$@"
	echo "lab: Xen $xen, $vendor host with $memory MiB, $topology CPUs${flags:+, $flags}, $# cases"
	begun=$SECONDS
	current="no case yet"
	start_qemu "$memory" "$topology" "$clock" "$flags"
	follow
	stop_qemu "$(basename "$1" .cfg)-$boots"
}

# pack_some CFG...: sets nr; the files of the first nr cases fit into dom0
pack_some()
{
	nr=$#
	pack_cases "$@"
	while [ "$nr" -gt 1 ] &&
	      [ "$(stat -c %s "$work/extra.img")" -gt $((room << 20)) ]; do
		nr=$((nr / 2))
		pack_cases "${@:1:nr}"
	done
}

# run_group HOST CFG...: boots until each case has a verdict, as the emulated host may
# die, or spoil a case. The case during which it died comes last in the next boot.
# Gives up after max_boots boots in a row without a verdict.
run_group()
{
	local host=$1 boots=0 fruitless=0 cfg name begun current left last nr
	declare -A cfgs=()

	shift
	while [ $# -gt 0 ] && [ "$fruitless" -lt "$max_boots" ]; do
		if [ "$boots" -gt 0 ]; then
			[ -z "$current" ] || again+=("$current")
			echo "lab: ${#} cases are left: boot $((boots + 1))"
		fi
		boots=$((boots + 1))
		pack_some "$@"
		boot_group "$host" "${@:1:nr}"
		left=() last=()
		for cfg in "${@:1:nr}"; do
			name=$(basename "$cfg" .cfg)
			[ -n "${cfgs[$name]-}" ] || continue
			if [ "$name" = "$current" ]; then
				last=("$cfg")
			else
				left+=("$cfg")
			fi
		done
		fruitless=$((fruitless + 1))
		[ ${#cfgs[@]} = "$nr" ] || fruitless=0
		set -- "${left[@]}" "${@:nr+1}" "${last[@]}"
	done
	for cfg in "$@"; do
		count_failed "$(basename "$cfg" .cfg)" \
			"the lab ended before this case did: $(
			cat "$work/qemu.err"; tail -n 3 "$work/xen")"
	done
}

# listed NAME...
listed()
{
	local IFS=, names

	names=$*
	echo "${names//,/, }"
}

# not_yet CFG...: those that have not passed before
not_yet()
{
	local cfg

	for cfg in "$@"; do
		has_passed "$(basename "$cfg" .cfg)" "$results" || echo "$cfg"
	done
}

# run_cases CFG...: prints a line for each, then one that names the cases during which
# the host failed: a guest that crashes Xen now and then is seen there
run_cases()
{
	local cfg why host begun=$SECONDS
	declare -A groups=()

	for cfg in "$@"; do
		why=$(case_problems "$cfg")
		if [ -n "$why" ]; then
			count_failed "$(basename "$cfg" .cfg)" "$why"
		else
			host=$(host_of "$cfg")
			groups[$host]+="$cfg"$'\n'
		fi
	done
	for host in "${!groups[@]}"; do
		mapfile -t group < <(printf '%s' "${groups[$host]}")
		run_group "$host" "${group[@]}"
	done
	[ "$failed" = 0 ] || echo "lab: logs of all: ${logs#"$top/"}"
	[ ${#again[@]} = 0 ] ||
		echo "${#again[@]} tried again, host failed: $(listed "${again[@]}")"
	[ ${#unexplained[@]} = 0 ] ||
		echo "lab: silent, but no CPU has lost a wakeup: $(listed "${unexplained[@]}")"
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ]
}

while getopts x:c:p:r:slh opt; do
	case $opt in
	x) xen=$OPTARG ;;
	c) vendor=$OPTARG ;;
	p) part=$OPTARG ;;
	r) results=$OPTARG ;;
	s) shell=1 ;;
	l) live=1 ;;
	h) usage; exit 0 ;;
	*) usage >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))

for file in "xen-$xen/.tools" qemu/qemu-system-x86_64; do
	[ -e "$lab/$file" ] || fail "Xen $xen: run tests/xen/setup.sh $xen"
done
logs=$lab/log/$xen
case $vendor in
amd) ;;
intel) bochs_ready
	room=160
	patience=3
	logs=$lab/log/intel-$xen ;;
*) fail "CPU $vendor: not known (want amd or intel)" ;;
esac
mkdir -p "$logs" "$lab/tmp"
work=$(mktemp -d "$lab/tmp/run.XXXXXX")
trap cleanup EXIT
trap 'exit 130' INT TERM
"$here/dom0.sh" "$xen"
"$here/guest.sh"
"$here/matrix.sh"

list=()
for arg in "$@"; do
	cfg=$(cfg_of "$arg")
	[ -f "$cfg" ] || fail "$arg: no such config"
	list+=("$cfg")
	[[ ${list[-1]##*/} =~ ^[A-Za-z0-9._+-]+$ ]] ||
		fail "$arg: a config's name is of letters, digits and ._+-"
done
if [ -n "$shell" ]; then
	[ "${#list[@]}" -gt 0 ] || mapfile -t list < <(examples)
	run_shell "${list[@]}"
	exit
fi
[ "${#list[@]}" -gt 0 ] || mapfile -t list < <(cases_for_xen)
[ "${#list[@]}" -gt 0 ] || fail "no cases for Xen $xen"
mapfile -t list < <(repeat_boots "${list[@]}")
[ ! -f "$results" ] || mapfile -t list < <(not_yet "${list[@]}")
run_cases "${list[@]}"
