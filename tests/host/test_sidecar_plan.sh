#!/bin/bash
# SPDX-License-Identifier: MIT
# sidecar-plan (with sanitizers) must predict what the .expect of each case says about
# carves, command line and the shim's log; of cases with Linux only where its kernels are
# (make lab). Then bad configs, and each form of output.
# Usage: test_sidecar_plan.sh PROGRAM BUILD
set -euo pipefail

plan=$1
build=$2
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
# shellcheck source=tests/xen/find-cases.sh
. "$top/tests/xen/find-cases.sh"
trap 'rm -rf "$work"' EXIT
root=$work/root
# libxlutil leaks what it had read before a syntax error
echo "leak:xlu__" >"$work/leaks"
export LSAN_OPTIONS=suppressions=$work/leaks:print_suppressions=0
compared=0
skipped=0

fail()
{
	echo "FAIL $*" >&2
	exit 1
}

make_root()
{
	local boot=$root/boot ver

	mkdir -p "$boot" "$root/usr/lib/xen/boot"
	cp "$build/shim.elf" "$root/usr/lib/xen/boot/"
	cp "$build/test-kernel.elf" "$boot/test-kernel"
	cp "$build/test-kernel-low.elf" "$boot/test-kernel-low"
	yes "This is text, not a kernel." | head -n 1000 >"$boot/text" || true
	truncate -s 300M "$boot/sparse-300M"
	# a string that marks a file as the shim
	printf 'sidecar.node_max=' >"$boot/marked"
	[ ! -e "$build/lab/grub/.unpacked" ] ||
		ln -s "$(realpath "$build/lab/grub/usr/lib/grub-xen/grub-i386-xen_pvh.bin")" \
			"$boot/grub-pvh"
	[ -e "$build/lab/guest.img" ] || return 0
	ln -s "$(realpath "$build/lab/guest.img")" "$boot/initrd.img"
	for ver in 6.1 6.12; do
		[ -e "$build/lab/linux-$ver/.unpacked" ] || continue
		ln -s "$(realpath "$build/lab/linux-$ver/vmlinuz")" \
			"$boot/vmlinuz-$ver"
	done
	[ -e "$build/lab/linux-6.1/.unpacked" ] || return 0
	ln -s "$(realpath "$build/lab/linux-6.1/vmlinux")" "$boot/vmlinux-6.1"
	head -c 102400 "$boot/vmlinuz-6.1" >"$boot/vmlinuz-truncated"
	[ -e "$build/lab/ukify/.unpacked" ] || return 0
	"$top/tests/xen/uki.sh" "$boot/uki.efi"
	"$top/tests/xen/uki.sh" "$boot/uki-profiles.efi" profiles
}

# --- expectations

# views LOG: the keys that a guest would report, taken from the log
views()
{
	awk '
	/^shim: plan: node .* carve / {
		match($0, /vnode [0-9]+/)
		vnode = substr($0, RSTART, RLENGTH)
		match($0, /0x[0-9a-f]+-0x[0-9a-f]+/)
		carve = substr($0, RSTART, RLENGTH)
		match($0, /on vnode [0-9]+/)
		memory = "memory " substr($0, RSTART + 9, RLENGTH - 9)
		key = "scar.node" nodes++ + 0 "="
		print key carve " " vnode " " memory
		split(carve, end, "-0x")
		printf "%s0-%16s %s %s\n", key, end[2], vnode, memory
	}
	/^shim: linux: CPU = / {
		for (i = 9; i <= NF; i++) {
			split($i, id, "=")
			madt = madt "," id[2]
		}
	}
	/^shim: linux: hot-added vCPU = / {
		for (i = 8; i <= NF; i++) {
			split($i, id, "=")
			madt = madt "," id[1]
		}
	}
	/^shim: linux: (command line|continued): / {
		sub(/^shim: linux: (command line|continued): /, "")
		cmdline = cmdline $0
	}
	END {
		print "madt=" substr(madt, 2)
		print "cmdline=" cmdline
	}' "$1" | sed 's/0-  *\([0-9a-f]*\) /0-\1 /'
}

# pad: addresses with 16 digits, as Linux reports them; the test kernel has fewer
pad()
{
	sed -E ':a; s/^(scar[^ ]*0-)([0-9a-f]{1,15}) /\10\2 /; ta'
}

# expect KEY OP WANT: whether the prediction agrees; 2 if KEY is not predicted
expect()
{
	local want=$3

	case $1 in
	console)
		[[ $want = *'^shim: '* || $want = warning ]] || return 2
		[[ $want != *' vCPUs parked'* && $want != *' vCPU parked'* && $want != *'vCPUs started'* &&
		   $want != *'warning: CPUID: '* ]] || return 2
		cp "$work/log" "$work/seen"
		;;
	scar.node[0-9]*) want=${want%% vcpus *} ;;
	madt) want=${want//-/} ;;
	cmdline) ;;
	*) return 2 ;;
	esac
	[ "$1" = console ] || sed -n "s/^$1=//p" "$work/views" >"$work/seen"
	case $2 in
	'=') grep -qxF -e "$want" "$work/seen" ;;
	'~') grep -qE -e "$want" "$work/seen" ;;
	'!~') if grep -qE -e "$want" "$work/seen"; then return 1; fi ;;
	esac
}

check_config()
{
	local key op want status options

	options=$(sed -n 's/^lab plan \+//p' "${1%.cfg}.expect")
	# shellcheck disable=SC2086 # options are words
	"$plan" --log --xen 4.17 --root "$root" $options "$1" >"$work/log" \
		2>"$work/err" || [ $? -lt 3 ] || fail "$1: $(cat "$work/err")"
	views "$work/log" | pad >"$work/views"
	while read -r key op want; do
		status=0
		expect "$key" "$op" "$want" || status=$?
		[ "$status" != 1 ] ||
			fail "$1: expected $key $op $want, predicted:" \
				"$(cat "$work/log" "$work/views")"
		[ "$status" != 0 ] || compared=$((compared + 1))
	done < <(grep -E '^[a-z0-9.]+ (=|~|!~) ' "${1%.cfg}.expect")
}

check_configs()
{
	local cfg kernel

	while read -r cfg; do
		! grep -qx 'lab plan none' "${cfg%.cfg}.expect" || continue
		kernel=$(sed -n 's/^\(kernel\|ramdisk\) *= *"\(.*linu.*\|.*text\|.*kernel\|.*efi\|.*kernel-low\|.*grub-pvh\)"/\2/p' \
			"$cfg" | head -n 1)
		if [ -e "$root$kernel" ]; then
			check_config "$cfg"
		else
			skipped=$((skipped + 1))
		fi
	done < <(all_cases)
	[ "$compared" -ge 300 ] || fail "only $compared expectations compared"
	[ "$skipped" = 0 ] || [ ! -e "$root/boot/vmlinuz-6.12" ] ||
		fail "$skipped configs left out"
}

# --- bad configs

good='name = "n"
type = "pvh"
pvshim = 1
pvshim_path = "/s"
kernel = "/k"'

# bad CODE REGEX LINES: a config of $good and LINES ends with exit code CODE and one line
# that matches REGEX
bad()
{
	local code=0

	printf '%s\n%b\n' "$good" "$3" >"$work/bad.cfg"
	"$plan" --log --root "$root" "$work/bad.cfg" >"$work/out" \
		2>"$work/err" || code=$?
	[ "$code" = "$1" ] || fail "exit $code (want $1): $3: $(cat "$work/err")"
	[ "$(wc -l <"$work/err")" = 1 ] || fail "not one line: $(cat "$work/err")"
	grep -qE -e "$2" "$work/err" || fail "want $2: $(cat "$work/err")"
	[ ! -s "$work/out" ] || fail "a plan for: $3"
}

two_vnodes()
{
	echo "vnuma = [ [ \"pnode=0\", \"size=64\", \"vcpus=0-1\", \"$1\" ], \
[ \"pnode=0\", \"size=64\", \"vcpus=2-3\", \"vdistances=20,10\" ] ]"
}

check_bad()
{
	bad 3 'line 6: memory: "x" is no number$' 'memory = "x"'
	bad 3 'line 6: memory: "4G" is no number \(want memory=4096, in MiB\)' \
		'memory = "4G"'
	bad 3 "line 7: config parsing error .*G': .*\(want maxmem=2048, in MiB\)" \
		'\nmaxmem = 2G'
	bad 3 'line 6: config parsing .*\(want kernel="...", with quotes\)' \
		'kernel=/boot/x'
	bad 3 'line 6: config parsing .*\(want pvshim=NUMBER\)' 'pvshim = yes'
	bad 3 'line 6: config parsing .*\(want a closing quote\)' 'extra = "a'
	bad 3 'line 6: config parsing .*\(want a comma before it\)' \
		'vnuma = [ [ "pnode=0" "size=9" ] ]'
	bad 3 'line 6: config parsing .*\(want a closing \]\)' \
		'vnuma = [ [ "pnode=0" ]'
	bad 3 'line 6: config parsing .*\(want a line for each key\)' \
		'memory = 64 vcpus = 2'
	bad 3 'line 6: config parsing .*: dos2unix\)' 'vcpus = 2\r'
	bad 3 'memory: -1 \(want 1 to' 'memory = "-1"'
	bad 3 'memory: "9{30}"' 'memory = 999999999999999999999999999999'
	bad 3 'memory: a list' 'memory = [ "1" ]'
	bad 3 'vcpus: 0 \(want 1 to' 'vcpus = 0'
	bad 2 'vcpus: 5 \(maxvcpus= is 4\)' 'vcpus = 5\nmaxvcpus = 4'
	bad 2 'line 6: maxvcpus: 129 \(Xen takes 128\)' 'maxvcpus = 129'
	bad 2 'line 6: vcpus: 129 \(Xen takes 128\)' 'vcpus = 129'
	bad 3 'type: "hvm" \(want "pvh"' 'type = "hvm"'
	bad 3 'type: "\?\[31m" ' 'type = "\x1b[31m"'
	bad 3 'bad.cfg: line 6: config parsing error near .=' '= ='
	bad 3 'libxlutil cannot read it' 'extra = "a\x00b"'
	bad 3 'vnuma: no list' 'vnuma = "1"'
	bad 3 'vnuma: vnode 0: no list' 'vnuma = [ "x" ]'
	bad 3 'vnode 0: a list in a list' 'vnuma = [ [ [ "x" ] ] ]'
	bad 3 'vnode 0: "colour=red" ' 'vnuma = [ [ "colour=red" ] ]'
	bad 3 'vnode 0: vcpus: "3-1" ' 'vnuma = [ [ "vcpus=3-1" ] ]'
	bad 3 'vnode 0: vcpus: "128" ' 'vnuma = [ [ "vcpus=128" ] ]'
	bad 3 'vnode 0: "colour" ' 'vnuma = [ [ "colour" ] ]'
	bad 3 'vnode 0: "vcpu=1": did you mean vcpus=\?' 'vnuma = [ [ "vcpu=1" ] ]'
	bad 3 '"size=4g" \(want size=4096, in MiB\)' 'vnuma = [ [ "size=4g" ] ]'
	bad 3 '"size=1x" \(want size=MIB\)' 'vnuma = [ [ "size=1x" ] ]'
	bad 3 '"pnode=" \(want pnode=NUMBER\)' 'vnuma = [ [ "pnode=" ] ]'
	bad 3 'more than 2 of them' "$(two_vnodes vdistances=10,20,30)"
	bad 3 'vdistances: "a" is no number' "$(two_vnodes vdistances=a)"
	bad 2 'distance 9 from vnode 0 to 1' "$(two_vnodes vdistances=10,9)"
	bad 2 'line 7: vnuma: vCPU 4 is in no vnode' \
		"maxvcpus = 5\n$(two_vnodes vdistances=10,20)"
	bad 2 'line 7: vnuma: vCPU 4 is in no vnode' \
		"vcpus = 5\n$(two_vnodes vdistances=10,20)"
	bad 2 'line 6: maxvcpus: 3, but vnuma= lists 4' \
		"maxvcpus = 3\n$(two_vnodes vdistances=10,20)"
	bad 2 'maxmem: 100 MiB, but the sizes in vnuma= add up to 128 ' \
		"maxmem = 100\n$(two_vnodes vdistances=10,20)"
	bad 2 'memory: 64 MiB, but the sizes in vnuma= add up to 128 ' \
		"memory = 64\n$(two_vnodes vdistances=10,20)"
	bad 2 'vCPU 1 is in vnode 0 and again in vnode 0' \
		'vnuma = [ [ "size=9", "vcpus=0-1,1" ] ]'
	bad 2 'vCPU 3 is in vnode 0 and again in vnode 1' \
		'vnuma = [ [ "size=9", "vcpus=0-3" ], [ "size=9", "vcpus=3-7" ] ]'
	bad 2 'line 6: vnuma: vCPU 0 is in no vnode' 'vnuma = [ [ "size=9", "vcpus=1" ] ]'
	bad 2 '33 vnodes \(Xen takes 32\)' \
		"vnuma = [ $(yes '[ "size=1" ],' | head -n 33) ]"
	bad 2 'extra: 1024 characters' "extra = \"$(printf '%01024d' 0)\""
	bad 2 'line 6: ramdisk: /boot: not a regular file' 'ramdisk = "/boot"'
	bad 2 'line 6: kernel: missing' 'kernel = ""'
	bad 2 "ramdisk: /boot/sparse-300M: does not fit the guest's memory" \
		'memory = 64\nramdisk = "/boot/sparse-300M"'
	bad 1 'pvshim_path: /boot/text: is not this shim' \
		'pvshim_path = "/boot/text"'
	bad 2 'pvshim_path: /boot/marked: kernel image is neither' \
		'pvshim_path = "/boot/marked"'
	bad 2 "pvshim_path: /usr/.*: does not fit the guest's memory" \
		'memory = 1\npvshim_path = "/usr/lib/xen/boot/shim.elf"'
	"$plan" --root "$root" "$work/bad.cfg" 'pvshim_path="/usr/lib/xen/boot/shim.elf"' \
		'kernel="/boot/text"' memory=64 >"$work/out" || true
	grep -q ': refused: kernel="/boot/text": kernel: /boot/text: kernel image is neither' \
		"$work/out" || fail "no name of a bad kernel: $(cat "$work/out")"
	bad 1 "kernel: /boot/test-kernel-low: is not this shim, and no Linux: what it boots" \
		'pvshim = 0\nkernel = "/boot/test-kernel-low"'
	bad 1 'kernel: /boot/text: is not this shim' \
		'pvshim = 0\nkernel = "/boot/text"'
}

# noted WANT CONFIG-LINES: the note, or for ! that there is none
noted()
{
	printf '%s\n%b\n' "$good" "$2" >"$work/note.cfg"
	"$plan" --root "$root" "$work/note.cfg" >"$work/out" 2>&1 || true
	grep -q '^  note: ' "$work/out" || fail "no notes: $2"
	if [ "${1#!}" != "$1" ]; then
		! grep -qE "note: .*${1#!}" "$work/out" || fail "noted: ${1#!}: $2"
	else
		grep -qE "note: .*$1" "$work/out" || fail "not noted: $1: $2"
	fi
}

# A distribution has a kernel's options beside it.
check_notes()
{
	local kernel='kernel = "/boot/vmlinuz-7.0-x"' config=$root/boot/config-7.0-x

	cp "$root/boot/test-kernel" "$root/boot/vmlinuz-7.0-x"
	noted '!CONFIG_XEN_PVH' "$kernel"
	printf 'CONFIG_XEN=y\n# CONFIG_XEN_PVH is not set\nCONFIG_XEN_PVH=y2\n' >"$config"
	noted '/boot/config-7.0-x has no CONFIG_XEN_PVH=y: ' "$kernel"
	printf 'CONFIG_PVH=y\nCONFIG_XEN_PVH=y\n' >"$config"
	noted '!CONFIG_XEN_PVH' "$kernel"
	printf 'CONFIG_XEN_PVH=y' >"$config"
	noted '!CONFIG_XEN_PVH' "$kernel"
	: >"$config"
	noted '!CONFIG_XEN_PVH' "$kernel"
	rm "$root"/boot/*-7.0-x
	noted 'line 6: xl ignores pvshim_xtra=, did you mean pvshim_extra=' 'pvshim_xtra = "x"'
	noted 'line 6: xl ignores vnumas=, did you mean vnuma=' 'vnumas = [ ]'
	noted '!did you mean' 'cpus = "0"\nvcpus = 2\ncpu_weight = 9'
	noted 'assumes that the bootloader brings Linux the command line' \
		'bootloader = "pygrub"\nkernel = "/boot/text"'
	noted 'kernel=\(of bootloader\)' 'bootloader = "pygrub"\nkernel = "/boot/text"'
}

# Files that are not configs at all
check_files()
{
	local code

	for file in /dev/null /dev/zero "$work" "$work/none" \
		"$build/shim.elf" "$root/boot/sparse-300M"; do
		code=0
		"$plan" "$file" >"$work/out" 2>"$work/err" </dev/null || code=$?
		[ "$code" = 3 ] || fail "exit $code for $file"
		[ "$(wc -l <"$work/err")" = 1 ] ||
			fail "$file: not one line: $(cat "$work/err")"
	done
}

# usage WANT ARG...: prints WANT in one line, exit code 4
usage()
{
	local code=0 want=$1

	shift
	"$plan" "$@" >"$work/out" 2>"$work/err" || code=$?
	[ "$code" = 4 ] || fail "exit $code (want 4): $*"
	[ "$(grep -v AddressSanitizer "$work/err")" = "sidecar-plan: $want" ] ||
		fail "want $want: $(cat "$work/err")"
}

check_usage()
{
	local help='(try --help)'

	usage "no config given $help"
	usage "unknown option: -q $help" -q x.cfg
	usage "unknown option: -q $help" --json -qj x.cfg
	usage "unknown option: --colour $help" --colour x.cfg
	usage "takes no value: --json=1 $help" --json=1 x.cfg
	usage "takes no value: --no-nx=1 $help" --no-nx=1 x.cfg
	usage "a value is missing: --xen $help" x.cfg --xen
	usage "not a Xen version (want 4.17 or newer): 4.16 $help" -x 4.16 x.cfg
	usage "--svg is for one config $help" --svg s x.cfg y.cfg
	usage "--svg - or another form, not both $help" --json --svg - x.cfg
	usage "no config given $help" memory=2
	export ASAN_OPTIONS=max_allocation_size_mb=200:allocator_may_return_null=1
	printf '%s\npvshim_path = "/boot/sparse-300M"\n' "$good" >"$work/huge.cfg"
	usage "out of memory, wanted $((300 << 20)) bytes" \
		--root "$root" "$work/huge.cfg"
	unset ASAN_OPTIONS
}

# --- forms of output

check_forms()
{
	local code=0 all

	mapfile -t all < <(all_cases)
	"$plan" --json "${all[@]}" "$work/bad.cfg" >"$work/json" ||
		code=$?
	[ "$code" = 1 ] || fail "--json: exit $code"
	python3 - "$work/json" <<-'END' || fail "--json"
	import json, sys
	all = {p["config"].split("/")[-1]: p for p in json.load(open(sys.argv[1]))}
	two = all["two-nodes.cfg"]
	assert two["outcome"] == "on" and not two["why"]
	assert [n["base"] for n in two["nodes"]] == [0, 4]
	assert [n["parked"] for n in two["nodes"]] == [[1, 2, 3], [5, 6, 7]]
	assert [n["carve"]["end"] for n in two["nodes"]] == [256 << 20, 512 << 20]
	assert two["linux"]["command_line"].endswith("maxcpus=2 boot_cpus=0,1")
	assert two["linux"]["boots_vcpus"] == 2 and two["linux"]["has_vcpus"] == 8
	assert [v["linux_cpu"] for v in two["vcpus"]] == [0, 2, 3, 4, 1, 5, 6, 7]
	assert all["vcpus-below-max.cfg"]["vcpus"][7]["linux_cpu"] is None
	def boots(name):
	    return [v["vcpu"] for v in all[name]["vcpus"] if v["linux_boots"]]
	assert boots("two-nodes.cfg") == [0, 4]
	assert boots("user-maxcpus.cfg") == [0, 1, 4]
	assert boots("user-nosmp.cfg") == [0]
	assert boots("user-nr-cpus.cfg") == [0, 2, 4]
	assert boots("user-nr-cpus-keep.cfg") == [0]
	assert boots("option-cpu-order.cfg") == [0, 4]
	assert boots("line-2048.cfg") == [0, 4]
	assert "maxcpus" not in all["line-2048.cfg"]["linux"]["command_line"]
	assert all["user-nr-cpus.cfg"]["linux"]["has_vcpus"] == 3
	assert all["user-maxcpus.cfg"]["linux"]["boots_vcpus"] == 3
	assert two["dropped"] == [] and len(two["missing"]) == 3
	assert "kernel=/boot/vmlinuz-6.1" in two["missing"]
	assert all["vnuma-twice.cfg"]["dropped"] == ["vNUMA"]
	assert all["one-vcpu.cfg"]["outcome"] == "off"
	assert all["bad.cfg"]["outcome"] == "no shim" and all["bad.cfg"]["why"]
	END
	"$plan" --svg "$work/svg" "$(find_case unequal)" >"$work/text"
	python3 -c 'import sys, xml.dom.minidom as m
d = m.parse(sys.argv[1])
assert len(d.getElementsByTagName("rect")) > 50' "$work/svg" || fail "--svg"
	grep -q '^  node 1: vCPUs 1B 2-[0-9]*p; Linux CPUs 1 ' "$work/text" || fail "the drawing"
	code=0
	"$plan" --svg "$work/none/svg" "$(find_case unequal)" \
		>"$work/text" 2>"$work/err" || code=$?
	[ "$code" = 4 ] || fail "--svg into no folder: exit $code"
	! "$plan" --no-x2apic "$(find_case two-nodes)" >"$work/text" ||
		fail "--no-x2apic"
	grep -q 'sidecar off: x2apic not available' "$work/text" ||
		fail "--no-x2apic: $(cat "$work/text")"
	! "$plan" --no-nx "$(find_case two-nodes)" >"$work/text" ||
		fail "--no-nx"
	additions
	terminal
	[ "$("$plan" --version)" = "sidecar-plan $(sed -n '1s/.*(\(.*\)).*/\1/p' \
		"$top/debian/changelog")" ] || fail "--version: $("$plan" --version)"
}

# From standard input; KEY=VALUE wins over the config; --svg - is the picture alone.
additions()
{
	local cfg

	cfg=$(find_case two-nodes)
	"$plan" --log "$cfg" >"$work/one"
	"$plan" --log - <"$cfg" >"$work/two"
	cmp "$work/one" "$work/two" || fail "standard input"
	# shellcheck disable=SC2002 # a pipe, not a file
	cat "$cfg" | "$plan" --log - 'extra="quiet"' vcpus=6 >"$work/two"
	grep -q 'command line: quiet maxcpus=2' "$work/two" || fail "extra= was not used"
	grep -q 'Linux boots 2 vCPUs, 4 parked' "$work/two" || fail "vcpus= was not used"
	"$plan" "$cfg" --svg "$work/svg" >"$work/text"
	"$plan" "$cfg" --svg - | cmp - "$work/svg" || fail "--svg -"
	grep -q '^  boots 2 of 8 vCPUs: 0,4$' "$work/text" || fail "$(cat "$work/text")"
}

# Colour on a terminal alone, and not with NO_COLOR.
terminal()
{
	local cfg

	cfg=$(find_case two-nodes)
	TERM=xterm python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' \
		"$plan" "$cfg" </dev/null >"$work/colour"
	grep -q $'\033\[32;1msidecar on\033\[0m' "$work/colour" || fail "no colour"
	sed $'s/\033\\[[0-9;]*m//g; s/\r$//' "$work/colour" >"$work/plain"
	"$plan" "$cfg" | cmp - "$work/plain" || fail "colour changes the text"
	NO_COLOR=1 TERM=xterm python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' \
		"$plan" "$cfg" </dev/null | sed 's/\r$//' | cmp - "$work/plain" ||
		fail "NO_COLOR"
}

# packages CONFIG LINE NOTE: what the plan of CONFIG with that cpuid= and no other notes
# about CPU packages; nothing if NOTE is empty
packages()
{
	local seen

	{ grep -v "^cpuid" "$(find_case "$1")"; echo "$2"; } >"$work/packages.cfg"
	"$plan" --root "$work/none" "$work/packages.cfg" >"$work/text" ||
		[ $? -le 1 ] || fail "$1 with $2"
	seen=$(sed -n '/^  note: .*packages/s/^  note: //p' "$work/text")
	[ "$seen" = "$3" ] || fail "$1 with $2: noted: $seen, want: $3"
}

check_packages()
{
	local good='proccount=8,procpkg=7,nc=7,apicidsize=3'
	local left='leaves CPU packages to the host: if vnodes share one, Linux warns'
	local spans='cpuid= lets vnodes share CPU packages, Linux warns'

	grep -qxF "cpuid = \"host,$good\"" "$(find_case shim-vnuma)" ||
		fail 'shim-vnuma, which people copy, has not the cpuid= that it needs'
	packages shim-vnuma '' "the config $left (want cpuid=\"host,$good\")"
	packages shim-vnuma "cpuid = \"host,$good\"" ''
	packages shim-vnuma 'cpuid = "host,apicidsize=3,nc=7,proccount=8"' ''
	packages shim-vnuma 'cpuid = "host,procpkg=7,proccount=8"' ''
	packages shim-vnuma 'cpuid = "host,nc=7,x2apic=0,aes=k"' \
		"cpuid= $left (want cpuid=\"host,x2apic=0,aes=k,$good\")"
	packages shim-vnuma 'cpuid = "host,aes=0"' \
		"the config $left (want cpuid=\"host,aes=0,$good\")"
	packages shim-vnuma 'cpuid = "host,apicidsize=4,nc=7,proccount=8"' \
		"$spans (want cpuid=\"host,$good\")"
	packages shim-vnuma 'cpuid = "host,procpkg=7,nc=k,proccount=16"' \
		"$spans (want cpuid=\"host,$good\")"
	packages shim-vnuma 'cpuid = [ "1:ebx=x" ]' \
		"cpuid=[...] is not read: without what cpuid=\"host,$good\" sets, vnodes may share CPU packages"
	packages two-nodes '' ''
	packages two-nodes 'cpuid = "host,proccount=4"' ''
	packages two-nodes 'cpuid = "host,proccount=16"' \
		"$spans (want cpuid=\"host,$good\")"
	packages two-nodes 'cpuid = [ "1:ebx=x" ]' ''
	packages interleaved 'cpuid = "host,nc=3,aes=k"' ''
	packages interleaved 'cpuid = "host,nc=3,apicidsize=2,aes=k"' \
		"$spans (want cpuid=\"host,aes=k,proccount=2,procpkg=1,nc=1,apicidsize=1\")"
	packages vnodes-1 'cpuid = "host,nc=127"' ''
	packages no-vnuma '' ''
	packages vnuma-twice '' ''
}

# picture CASE CLASS=NUMBER...: draws it; squares of vCPUs, without those of the legend
picture()
{
	local pair nr config=$1

	shift
	"$plan" --svg "$work/svg" "$(find_case "$config")" >"$work/text" ||
		[ $? -le 1 ] || fail "$config: --svg"
	for pair; do
		nr=$(grep -cE "class=\"${pair%=*}\" .* height=\"32\"" \
			"$work/svg") || true
		[ "$nr" = "${pair#*=}" ] ||
			fail "$config.svg: $nr of class ${pair%=*}, want $pair"
	done
}

# drawn WORDS: they must be in the last picture
drawn()
{
	grep -qF -e "$1" "$work/svg" || fail "not in the picture: $1"
}

check_pictures()
{
	picture option-linux-cpus l=2 o=3 p=3 d=0
	drawn '>Linux boots vCPUs 0,2,4-6 (in each box: vCPU id, Linux CPU)<'
	drawn '>CPU 4<'
	drawn '>sidecar node 1: carve 0x'
	grep -q '^  boots 5 of 8 vCPUs: 0,2,4-6$' "$work/text" ||
		fail "Linux's vCPUs: $(cat "$work/text")"
	picture vcpus-below-max l=1 o=0 p=3 d=4
	drawn '>in no sidecar node<'
	drawn '>not enabled<'
	picture fallback-next l=2 o=0 p=6 d=0
	drawn ', on vnode 1 for want of memory<'
	picture sidecar-off l=0 p=0 d=0
	drawn '>disabled by option (in each box: '
}

# --- what was asked for and is not there

# headline CODE TEXT ARG...: with --strict; TEXT follows "PATH: " in the first line.
# stderr names what was dropped.
headline()
{
	local code=0 want=$1 text=$2

	shift 2
	"$plan" --strict "$@" >"$work/text" 2>"$work/err" || code=$?
	[ "$code" = "$want" ] || fail "exit $code (want $want): --strict $*"
	[[ $(head -n 1 "$work/text") = *": $text" ]] ||
		fail "want $text: $(head -n 1 "$work/text")"
}

# said WORDS: they must be on stderr
said()
{
	grep -qF -e "$1" "$work/err" || fail "want $1: $(cat "$work/err")"
}

# like CASE SED...: its config with the test kernel and changed by SED
like()
{
	sed -e 's|^kernel = .*|kernel = "/boot/test-kernel"|' "${@:2}" \
		"$(find_case "$1")" >"$work/like.cfg"
}

check_strict()
{
	local off='sidecar off: x2apic not available; not using sidecar'
	local here=(--root "$root" "$work/like.cfg")

	like option-cpu-order
	headline 0 'sidecar on' "${here[@]}"
	[ ! -s "$work/err" ] || fail "--strict: $(cat "$work/err")"
	headline 5 "$off; dropped: the sidecar" --no-x2apic "${here[@]}"
	said "dropped: sidecar off: x2apic not available"
	like option-cpu-order -e 's/^pvshim_extra.*/pvshim_extra = "sidecar=off"/'
	headline 1 'sidecar off: disabled by option' "${here[@]}"
	like option-cpu-order -e 's/^pvshim_extra.*/pvshim_extra = "sidecar.park=hotplug sidecar.cpu_order=keep"/'
	headline 5 'sidecar on; dropped: sidecar.cpu_order=keep' "${here[@]}"
	said 'sidecar.park=hotplug has base vCPUs first'
	like option-bad
	headline 5 'sidecar on; dropped: option sidecar.node_max=33, option sidecar.colour=red, option sidecar=maybe' \
		"${here[@]}"
	said 'dropped: ignoring unknown or invalid option: sidecar.colour=red '
	like vnuma-twice
	headline 5 'sidecar on; dropped: vNUMA' "${here[@]}"
	said 'one vnode is used'
	like vnuma-both
	headline 5 'sidecar on; dropped: sidecar.vnuma=' "${here[@]}"
	like vnuma-twice -e 's/^pvshim_extra.*/pvshim_extra = "sidecar.vnuma=32M:0-3,32M:4-7 sidecar.vdistances=10"/'
	headline 5 'sidecar on; dropped: distances' "${here[@]}"
	said 'using 10 and 20'
	like option-cpu-order -e 's/^extra.*/extra = "nr_cpus=1"/'
	headline 5 'sidecar on; dropped: base vCPUs of Linux, parked vCPUs for Linux' \
		"${here[@]}"
	said 'nr_cpus=1: Linux can never boot base vCPUs 4'
	like line-tail-too-long
	headline 5 "sidecar off: Linux's command line would be too long; dropped: the sidecar, what follows --" \
		"${here[@]}"
	like option-cpu-order -e 's|^memory.*|&\nramdisk = "/boot/nowhere"|'
	headline 5 'sidecar on; missing: ramdisk' "${here[@]}"
	said 'not on this machine: ramdisk=/boot/nowhere'
	"$plan" "${here[@]}" >"$work/text" 2>"$work/err" || fail "no --strict"
	[ ! -s "$work/err" ] || fail "no --strict: $(cat "$work/err")"
	# exit codes from good to bad: 0 1 5 2 3
	printf '%s\nmaxvcpus = 129\n' "$good" >"$work/refused.cfg"
	headline 2 'sidecar on; missing: ramdisk' "${here[@]}" \
		"$work/refused.cfg"
	headline 5 'sidecar on; missing: ramdisk' "${here[@]}" \
		"$(find_case sidecar-off)"
	# JSON stays valid
	"$plan" --strict --json "${here[@]}" 2>"$work/err" | python3 -m json.tool \
		>"$work/text" || true
	grep -q '"ramdisk=/boot/nowhere"' "$work/text" || fail "--strict --json"
}

# asked LINE NOTE [COMMAND...]: libvirt.cfg with LINE for pvshim= and extra=, which has
# to be noted; then the plan is that of libvirt.cfg by itself, or COMMAND looks at it
asked()
{
	local line=$1 note=$2

	shift 2
	{ grep -vE '^(pvshim|extra)' "$top/configs/libvirt.cfg"; echo "$line"; } \
		>"$work/asked.cfg"
	"$plan" --root "$root" "$work/asked.cfg" >"$work/text" 2>&1 || true
	grep -qxF "  note: $note" "$work/text" || fail "$line: $(cat "$work/text")"
	if [ $# -gt 0 ]; then
		"$@" "$work/text" || fail "$line: $* $(cat "$work/text")"
		return
	fi
	"$plan" --root "$root" --log "$work/asked.cfg" >"$work/text"
	"$plan" --root "$root" --log "$top/configs/libvirt.cfg" |
		diff - "$work/text" || fail "$line: another log"
}

check_asked()
{
	local needs="needs xl-vnuma: xl itself leaves xen-sidecar to Linux"
	local shim=/usr/lib/xen/boot/shim.elf long

	asked 'extra = "xen-sidecar sidecar.scratch=1M console=hvc0 earlyprintk=xen"' \
		"$needs"
	asked "extra = 'xen-sidecar=\"$shim\"  sidecar.scratch=1M  console=hvc0 earlyprintk=xen'" \
		"$needs"
	asked "extra = \"xen-sidecar console=hvc0 earlyprintk=xen\"
pvshim_extra = \"sidecar.scratch=1M\"" "$needs"
	asked "extra = \"xen-sidecar=/nowhere console=hvc0 earlyprintk=xen\"
pvshim = 1
pvshim_path = \"$shim\"
pvshim_extra = \"sidecar.scratch=1M\"" 'pvshim= is used, not xen-sidecar'
	asked 'extra = "xen-sidecar=/boot/nowhere quiet"' "$needs" \
		grep -q 'missing: pvshim_path'
	asked 'extra = "xen-sidecar=off quiet"' "$needs" \
		grep -qE 'is not this shim|maybe not the shim'
	long=$(printf 'x%.0s' {1..1024})
	asked "extra = \"xen-sidecar $long\"" \
		'xen-sidecar has no effect: 1024 characters behind it (want at most 1023)' \
		grep -qE 'is not this shim|maybe not the shim'
}

make_root
check_configs
check_bad
check_notes
check_files
check_usage
check_forms
check_strict
check_packages
check_asked
check_pictures
echo "sidecar-plan: $compared expectations predicted," \
	"$skipped configs left out: no kernel for them"
