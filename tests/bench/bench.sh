#!/bin/bash
# SPDX-License-Identifier: MIT
# Boots guests one after the other in one run of the lab, in several rounds, and prints
# medians: Linux without and with the shim, the sidecar with more and more vCPUs, VM exits
# by kind, wakes, CPUs moving between Linux and the sidecar. The emulated host's clock
# counts each instruction as one nanosecond.
# Writes bench.csv, table.txt and bench.svg to build/bench. BENCH_ROUNDS: default 3.
# Usage: bench.sh [XEN]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=$top/build/bench
xen=${1:-4.17}
log=$top/build/lab/log/$xen
rounds=${BENCH_ROUNDS:-3}
sizes="2 4 8"
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

# config_linux [WORDS]: a kernel with these words on its command line
config_linux()
{
	cat <<-END
	kernel = "/boot/vmlinuz-6.1"
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
	printf 'lab timeout 900\nlab plan none\n%s\n' "${2:-}" \
		>"$out/cfg/$1.expect"
}

write_cases()
{
	local r n bench

	for r in $(seq "$rounds"); do
		for n in $sizes; do
			bench=
			[ "$n" != 4 ] || bench=lab.bench
			{ config_head "direct-$n-$r" "$n" 512 "Linux alone"
			  config_linux; } |
				write_case "direct-$n-$r"
			{ config_head "shim-$n-$r" "$n" 512 "Linux by the shim"
			  config_shim; config_linux $bench; } |
				write_case "shim-$n-$r"
		done
		for n in $many; do
			{ config_head "many-$n-$r" "$n" 512 "Linux on four vCPUs"
			  config_shim; config_linux
			  config_vnodes "$n" 512; } |
				write_case "many-$n-$r"
		done
		for n in $counted; do
			{ config_head "count-$n-$r" "$n" 512 "the shim alone"
			  config_shim
			  echo 'kernel = "/boot/test-kernel"'
			  echo 'extra = "off"'; config_vnodes "$n" 512; } |
				write_case "count-$n-$r" 'lab trace yes'
		done
	done
}

# --- figures: lines SERIES,VCPUS,ROUND,FIGURE,VALUE

value()
{
	sed -n "s/^$2=//p" "$1" | tail -n 1
}

# smp_us FILES: microseconds in which Linux brought up its secondary CPUs, from its log
smp_us()
{
	sed -n 's/^dmesg=\[ *\([0-9.]*\)\] smp: \(Bringing\|Brought\) .*/\1/p' \
		"$1.report" | awk '{ t[NR] = $1 } END {
			if (NR == 2) printf "%d\n", (t[2] - t[1]) * 1000000 }'
}

# shim_figures FILES: from the shim's log
shim_figures()
{
	sed -n 's/.*sidecar: [0-9]* vCPUs started, \([0-9]*\) by multicall in \([0-9]*\) us, \([0-9]*\) by SIPI in \([0-9]*\) us.*/by_call,\1\ncall_us,\2\nby_sipi,\3\nsipi_us,\4/p
		s/.* vCPUs parked, the last came after \([0-9]*\) us.*/start_us,\1/p
		s/.*shim: jump: \([0-9]*\) us after entry.*/jump_us,\1/p' \
		"$1.console"
	sed -n 's/.*shim: jump: .* after entry: //p' "$1.console" |
		tr ',' '\n' | sed 's/^ */stage./; s/ /,/'
}

# linux_figures FILES: from the guest's report
linux_figures()
{
	local create init

	create=$(value "$1.report" clock.create)
	init=$(value "$1.report" clock.init)
	if [ -n "$init" ]; then
		awk -v a="$create" -v b="$init" \
			'BEGIN { printf "init_ms,%d\n", (b - a) * 1000 }'
		awk -v t="$(value "$1.report" uptime.init)" \
			'BEGIN { printf "linux_ms,%d\n", t * 1000 }'
		echo "smp_us,$(smp_us "$1")"
	fi
	sed -n 's/^\(bench\.[a-z.]*\)=[0-9]* \([0-9]*\) [0-9]*$/\1,\2/p
		s/^\(bench\.[a-z.]*\)=\([0-9]*\)$/\1,\2/p' "$1.report"
	sed -n 's/^bench.jitter=.*"longest_ns": \([0-9]*\),.*"longest_ns": \([0-9]*\),.*/bench.jitter,\1\nbench.linux.jitter,\2/p' \
		"$1.report"
	sed -n 's/^\(trace\.[a-z]*\.*[0-9a-f]*\)=\([0-9]*\)$/\1,\2/p' \
		"$1.report"
}

collect()
{
	local cfg name series vcpus r

	echo "series,vcpus,round,figure,value"
	for cfg in "$out"/cfg/*.cfg; do
		name=$(basename "$cfg" .cfg)
		IFS=- read -r series vcpus r <<<"$name"
		[ -e "$log/$name.report" ] || continue
		{ shim_figures "$log/$name"; linux_figures "$log/$name"; } |
			sed "/,$/d; s/^/$series,$vcpus,$r,/"
	done
}

for tool in gnuplot awk; do
	command -v "$tool" >/dev/null || {
		echo "bench: $tool: not found (want gnuplot-nox and mawk installed)" >&2
		exit 1
	}
done
rm -rf "$out"
mkdir -p "$out/cfg"
write_cases
mapfile -t list < <(printf '%s\n' "$out"/cfg/*.cfg | sort -t - -k 3n)
echo "bench: ${#list[@]} guests, $rounds rounds; about $((${#list[@]} / 2)) minutes"
for cfg in "${list[@]}"; do
	rm -f "$log/$(basename "$cfg" .cfg)".*
done
whole=1
"$top/tests/xen/run.sh" -x "$xen" "${list[@]}" || whole=
collect >"$out/bench.csv"
"$here/table.sh" "$out/bench.csv" | tee "$out/table.txt"
gnuplot -e "csv='$out/bench.csv'; out='$out/bench.svg'" "$here/plot.gp"
echo "bench: $out/bench.csv, $out/table.txt, $out/bench.svg"
[ -n "$whole" ] || {
	echo "bench: some guests failed: their figures are missing, logs: build/lab/log/$xen" >&2
	exit 1
}
