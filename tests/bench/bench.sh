#!/bin/bash
# SPDX-License-Identifier: MIT
# Boots guests one after the other in one run of the lab, in several rounds, and prints
# medians. The series:
#   direct, shim  Linux without and with the shim, as a vmlinux, which nobody unpacks;
#                 wakes, CPUs that move between Linux and the sidecar
#   xz, shimxz, fixed, zstd, shimzstd
#                 two vCPUs: a bzImage of Linux 6.1, and one that stays at its address;
#                 one of 6.12
#   many, count   the sidecar with more and more vCPUs; VM exits by kind
#   trips         round trips between two CPUs
#   gang          a gang of two, and two threads of Linux; then of more and more ranks the
#                 one with most instructions
# trips and the gang of two are by the time of day, with a thread for each CPU of the host:
# they want an idle machine with two cores. In all others an instruction is a nanosecond.
# Writes bench.csv, jitter.json, table.txt and charts to build/bench.
# BENCH_ROUNDS: default 3. BENCH_SERIES: only these. BENCH_SIZES: vCPUs of direct and shim;
# Linux alone with 127 was not ready within twenty minutes.
# Usage: bench.sh [XEN]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=$top/build/bench
xen=${1:-4.17}
log=$top/build/lab/log/$xen
rounds=${BENCH_ROUNDS:-3}
series=${BENCH_SERIES:-direct shim xz shimxz fixed zstd shimzstd many count trips gang}
sizes=${BENCH_SIZES:-2 4 8 16 32 64}
many="4 16 32 64 127"
counted="16 32 64 127"

# config_head NAME VCPUS MIB COMMENT: the first lines of each config
config_head()
{
	cat <<-END
	# $4
	name = "$1"
	type = "pvh"
	memory = $3
	maxmem = $3
	vcpus = $2
	maxvcpus = $2
	END
}

config_shim()
{
	cat <<-END
	pvshim = 1
	pvshim_path = "/usr/lib/xen/boot/shim.elf"
	END
}

# Each vCPU has a CPU of the host; reading the TSC is no VM exit
config_trips()
{
	cat <<-END
	pvshim_extra = "sidecar.shared=2M"
	cpus = [ "1", "2", "3" ]
	tsc_mode = "native"
	END
}

# config_linux [WORDS [FILE]]: a kernel, vmlinux-6.1 if not given, with these words on its
# command line
config_linux()
{
	cat <<-END
	kernel = "/boot/${2:-vmlinux-6.1}"
	ramdisk = "/boot/initrd.img"
	extra = "console=hvc0 quiet lab.take=none${1:+ $1}"
	END
}

# config_vnodes VCPUS MIB: four vnodes of equal size
config_vnodes()
{
	local i first=0 nr

	echo "vnuma = ["
	for i in 0 1 2 3; do
		nr=$((($1 + 3 - i) / 4))
		echo "	[ \"pnode=$((i % 2))\", \"size=$(($2 / 4))\"," \
			"\"vcpus=$first-$((first + nr - 1))\"," \
			"\"vdistances=$(distances "$i")\" ],"
		first=$((first + nr))
	done
	echo "]"
}

distances()
{
	local k sep=

	for k in 0 1 2 3; do
		printf '%s%d' "$sep" "$((k == $1 ? 10 : 20))"
		sep=,
	done
}

# write_case NAME [EXPECTATION]: reads its config
write_case()
{
	cat >"$out/cfg/$1.cfg"
	printf 'lab timeout 1800\nlab plan none\n%s\n' "${2:-}" \
		>"$out/cfg/$1.expect"
}

# write_boots ROUND: Linux alone, and by the shim. With four vCPUs more is measured.
write_boots()
{
	local n more

	for n in $sizes; do
		{ config_head "direct-$n-$1" "$n" 512 "Linux alone"
		  config_linux; } | write_case "direct-$n-$1"
		more=
		[ "$n" != 4 ] || more=lab.bench
		{ config_head "shim-$n-$1" "$n" 512 "Linux by the shim"
		  config_shim; config_linux $more; } |
			write_case "shim-$n-$1" "${more:+lab taint S}"
	done
}

# write_kernels ROUND: the same with kernels that xl unpacks, or they themselves
write_kernels()
{
	{ config_head "xz-2-$1" 2 512 "Linux alone"
	  config_linux '' vmlinuz-6.1; } | write_case "xz-2-$1"
	{ config_head "shimxz-2-$1" 2 512 "Linux by the shim"
	  config_shim; config_linux '' vmlinuz-6.1; } | write_case "shimxz-2-$1"
	{ config_head "fixed-2-$1" 2 512 "the same, at a fixed address"
	  config_shim; config_linux nokaslr vmlinuz-6.1; } |
		write_case "fixed-2-$1"
	{ config_head "zstd-2-$1" 2 512 "Linux 6.12 alone"
	  config_linux '' vmlinuz-6.12; } | write_case "zstd-2-$1"
	{ config_head "shimzstd-2-$1" 2 512 "Linux 6.12 by the shim"
	  config_shim; config_linux '' vmlinuz-6.12; } |
		write_case "shimzstd-2-$1"
}

# write_sidecars ROUND: more and more parked vCPUs, with Linux and alone
write_sidecars()
{
	local n

	for n in $many; do
		{ config_head "many-$n-$1" "$n" 512 "Linux on four vCPUs"
		  config_shim; config_linux; config_vnodes "$n" 512; } |
			write_case "many-$n-$1"
	done
	for n in $counted; do
		{ config_head "count-$n-$1" "$n" 512 "the shim alone"
		  config_shim
		  echo 'kernel = "/boot/test-kernel"'
		  echo 'extra = "off"'; config_vnodes "$n" 512; } |
			write_case "count-$n-$1" 'lab trace yes'
	done
}

# write_trips ROUND: a job on vCPU 1, a thread on vCPU 2, which Linux takes
write_trips()
{
	{ config_head "trips-3-$1" 3 256 "a job beside Linux"
	  config_shim; config_linux "lab.bench=trips isolcpus=2"
	  config_trips; } |
		write_case "trips-3-$1" 'lab host-clock real
lab taint S
bench.trips.linux.eventfd ~ ^[0-9]'
}

# write_gangs ROUND: on vCPUs 1 and 2, which run ranks and are Linux's then; and on eight
write_gangs()
{
	{ config_head "gang-3-$1" 3 256 "two ranks, two threads"
	  config_shim; config_linux "lab.bench=gang isolcpus=1,2"
	  echo 'pvshim_extra = "sidecar.shared=2M sidecar.scratch=4M"'
	  echo 'cpus = [ "1", "2", "3" ]'
	  echo 'tsc_mode = "native"'; } |
		write_case "gang-3-$1" 'lab host-clock real
bench.gang.same = yes
bench.gang.linux.2 ~ ^[0-9]'
	{ config_head "gang-9-$1" 9 512 "more and more ranks"
	  config_shim; config_linux lab.bench=ranks
	  echo 'pvshim_extra = "sidecar.shared=2M sidecar.scratch=8M"'
	  echo 'cpus = [ "1", "2", "3", "4", "5", "6", "7", "8", "9" ]'
	  echo 'tsc_mode = "native"'; } |
		write_case "gang-9-$1" 'lab host-topology 1x10x1
bench.gang.same = yes
bench.gang.count.8 ~ ^[0-9]'
}

rm -rf "$out"
mkdir -p "$out/cfg"
for r in $(seq "$rounds"); do
	write_boots "$r"
	write_kernels "$r"
	write_sidecars "$r"
	write_trips "$r"
	write_gangs "$r"
done
mapfile -t list < <(for r in $(seq "$rounds"); do
	for one in $series; do
		printf '%s\n' "$out/cfg/$one"-*-"$r.cfg" | sort -V
	done
done)
echo "bench: ${#list[@]} guests, $rounds rounds; about $((${#list[@]} * 3 / 4)) minutes"
case " $series " in
*' trips '* | *' gang '*) echo "bench: trips and gangs are by the time of day and want an idle machine: $(nproc) cores, load $(cut -d ' ' -f 1 /proc/loadavg)" ;;
esac
# of another run
for cfg in "$out"/cfg/*.cfg; do
	rm -f "$log/$(basename "$cfg" .cfg)".*
done
whole=1
BENCH=1 "$top/tests/xen/run.sh" -x "$xen" "${list[@]}" || whole=
"$here/collect.sh" "$out/cfg" "$log" >"$out/bench.csv"
jitter=$(sed -n 's/^bench\.jitter=//p' "$log/shim-4-1.report" 2>/dev/null || true)
[ -z "$jitter" ] || echo "$jitter" >"$out/jitter.json"
"$here/table.sh" "$out/bench.csv" | tee "$out/table.txt"
"$here/charts.py" "$out" "$out"
echo "bench: $out/bench.csv, $out/table.txt, $out/*.svg"
[ -n "$whole" ] || {
	echo "bench: some guests failed: their figures are missing, logs: build/lab/log/$xen" >&2
	exit 1
}
